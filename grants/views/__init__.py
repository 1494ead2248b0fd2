"""Pages of agreements, grants, keys and distributions."""

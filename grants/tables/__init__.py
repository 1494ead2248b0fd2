"""Lists as people see them."""

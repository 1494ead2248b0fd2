"""Pages of municipalities, one module per subject."""

"""The messages of reporting: what each is called and what it may tell."""

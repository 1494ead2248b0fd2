"""The messages of invoices: what each is called and what it may tell."""

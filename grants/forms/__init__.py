"""What comes in from people."""

"""Screens that need several apps."""

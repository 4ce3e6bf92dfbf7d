"""Choosing and ordering the final list."""

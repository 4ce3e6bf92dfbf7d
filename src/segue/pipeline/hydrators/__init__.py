"""Adding what later stages read to candidates that are already there."""

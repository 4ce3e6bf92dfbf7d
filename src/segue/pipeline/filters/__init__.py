"""What may be shown. Never part of a rank."""

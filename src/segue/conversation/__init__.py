"""Say why, and listen: what a conversation asks for, and what to recommend in it."""

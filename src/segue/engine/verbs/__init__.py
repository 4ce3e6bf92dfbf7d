"""The verbs of an engine, a room a file, each on the one before."""

"""How learning is run: fit what the settings name, keep versions, say which one serves."""

"""Where candidates come from: every model, and what the request itself knows (session, seeds, words, time)."""

"""The one way to talk to a language model: client, typed answers, budget, cache."""

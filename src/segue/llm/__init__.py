"""Talking to language models and their kin: servers that answer in the OpenAI way, here or elsewhere."""

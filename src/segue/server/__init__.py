"""HTTP: the API under ``/v1`` and the pages, which use nothing but that API. Knows the engine and the nouns only."""

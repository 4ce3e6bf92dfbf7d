"""The request path: sources propose, filters say what may be shown, rankers score, rerankers choose. See `stages`."""

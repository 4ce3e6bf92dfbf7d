"""The knowledge graph: people, works, series, genres, places and themes, and what connects them to the items.

`extract` reads relations out of items by rules and `run` keeps them up to date; `language_model` reads them where one
is configured; `graph` answers questions about them.
"""

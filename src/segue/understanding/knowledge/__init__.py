"""The knowledge graph: people, works, series, genres, places and themes, and what connects them to the items.

`extract` reads relations out of items by rules, `run` keeps them up to date, `graph` answers questions about them.
"""

"""The outside world becomes items, people and events.

An origin (one file in ``sources/`` and one line in `ORIGINS`) reads what somebody else wrote and yields nouns; what it
cannot take it tells to `Problems` and goes on. `run.import_into` writes the nouns to storage in batches, each of them
committed, and counts. Reading the same source again changes nothing.
"""

from __future__ import annotations

from ..plugins import Table
from .origin import Origin

ORIGINS: Table[type[Origin]] = Table(
    "import source",
    "segue.origins",
    {
        "folder": "segue.ingest.sources.folder:Folder",
        "table": "segue.ingest.sources.table:Tables",
        "movielens": "segue.ingest.sources.movielens:MovieLens",
        "recbole": "segue.ingest.sources.recbole:RecBole",
        "sequences": "segue.ingest.sources.sequences:Sequences",
        "lastfm": "segue.ingest.sources.lastfm:LastFm",
        "steam": "segue.ingest.sources.steam:Steam",
        "tmdb": "segue.ingest.sources.tmdb:Tmdb",
        "triples": "segue.ingest.sources.triples:Triples",
        "sampler": "segue.ingest.sources.sampler:Sampler",
    },
)
"""Names of `segue import NAME PATH`; classes of `origin.Origin`, imported on use."""

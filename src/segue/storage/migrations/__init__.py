"""Numbered changes to the tables: ``versions/NNNN_what.py`` with ``revision = "NNNN"``, run in order by Alembic."""

"""Origins: one file each, named in `segue.ingest.ORIGINS`."""

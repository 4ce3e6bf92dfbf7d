"""Contract tests and small worlds, for Segue's own tests and for those who write parts of their own.

Import from the module that is meant: `segue.testing.models`, `segue.testing.worlds` …
"""

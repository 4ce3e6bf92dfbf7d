"""Is it good: splits without leakage, metrics, bootstrap intervals, the offline report as table, JSON and page."""

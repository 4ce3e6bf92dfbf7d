"""Figures that anybody can make again: one file a benchmark, `python -m benchmarks [NAME …]` runs them."""

"""Scoring candidates."""

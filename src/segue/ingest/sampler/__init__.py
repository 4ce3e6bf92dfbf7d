"""A small library of our own: music, films, talk and listeners, made from a seed, whose right answers are known."""

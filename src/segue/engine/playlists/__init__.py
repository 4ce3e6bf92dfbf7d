"""Playlists: made from a sentence, kept, made anew when they are due, changed by hand, handed out as files."""

"""What an item is: encoders read its words, sound and pictures; `fuse` mixes them; `run` does only what has changed."""

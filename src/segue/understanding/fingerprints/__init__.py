"""Which items hold the same: fingerprints of sound and pictures, an index to find copies by, and the links between."""

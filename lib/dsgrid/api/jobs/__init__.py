"""Jobs as they are kept: their rows, their folders, their claims, and which files their specs may name."""

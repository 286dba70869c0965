"""Who may have what of a server, and how much at the same time."""

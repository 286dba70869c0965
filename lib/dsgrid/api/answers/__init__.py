"""What answers of every kind have in common: forms, pages, tags, ranges, and bytes that are sent."""

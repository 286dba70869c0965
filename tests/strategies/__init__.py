"""Random small projects, datasets and queries for hypothesis."""

"""Two tables against each other: results, versions of datasets, tables of files."""

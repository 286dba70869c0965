"""Datasets: files of any accepted layout in, one normalised representation of the facts out."""

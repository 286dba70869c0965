"""Slurm: what a site has, how large a job is to be, its batch script, its cluster, and what became of it."""

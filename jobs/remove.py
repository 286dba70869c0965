"""Remove versions of projects, datasets, dimensions or mappings from a registry: python jobs/remove.py SPEC."""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("remove"))

"""Create an empty registry: python jobs/create_registry.py SPEC."""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("create_registry"))

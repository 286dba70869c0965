"""Check that a registry is whole: python jobs/check_registry.py SPEC."""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("check_registry"))

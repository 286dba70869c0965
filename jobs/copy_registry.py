"""Copy a registry or a part of it: python jobs/copy_registry.py SPEC."""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("copy_registry"))

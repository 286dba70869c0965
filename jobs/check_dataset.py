"""Check a registered dataset once more: python jobs/check_dataset.py SPEC."""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("check_dataset"))

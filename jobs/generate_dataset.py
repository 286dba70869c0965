"""Propose the spec of a dataset, ready to be edited: python jobs/generate_dataset.py SPEC."""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("generate_dataset"))

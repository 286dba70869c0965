"""Register mappings between registered dimensions, all or none: python jobs/register_mappings.py SPEC."""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("register_mappings"))

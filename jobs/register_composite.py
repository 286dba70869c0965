"""Register a query's result as a source of its project: python jobs/register_composite.py SPEC."""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("register_composite"))

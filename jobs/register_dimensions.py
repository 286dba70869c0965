"""Register dimensions that projects and datasets share, all or none: python jobs/register_dimensions.py SPEC."""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("register_dimensions"))

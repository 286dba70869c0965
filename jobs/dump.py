"""Write what a registry holds as specs that register again to the same: python jobs/dump.py SPEC."""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("dump"))

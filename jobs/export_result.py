"""Write a result in a shape that another model reads: python jobs/export_result.py SPEC."""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("export_result"))

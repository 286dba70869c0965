"""Write the specs that register a query's result as a dataset: python jobs/create_derived_dataset.py SPEC."""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("create_derived_dataset"))

"""Make a registry of one of dsgrid-toolkit: python jobs/import_registry.py SPEC."""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("import_registry"))

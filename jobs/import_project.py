"""Translate a repository of dsgrid-toolkit: python jobs/import_project.py SPEC."""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("import_project"))

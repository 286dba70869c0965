"""Propose the spec of a project, ready to be edited: python jobs/generate_project.py SPEC."""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("generate_project"))

"""Register a project with its dimensions and mappings, all or nothing.

spark-submit --py-files build/dsgrid.zip jobs/register_project.py SPEC     on Apache Spark
python jobs/register_project.py SPEC                                       embedded
"""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("register_project"))

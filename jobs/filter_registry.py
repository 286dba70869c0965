"""Make a small registry with some records of a project.

spark-submit --py-files build/dsgrid.zip jobs/filter_registry.py SPEC     on Apache Spark
python jobs/filter_registry.py SPEC                                       embedded
"""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("filter_registry"))

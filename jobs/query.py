"""Query the datasets of a project.

spark-submit --py-files build/dsgrid.zip jobs/query.py SPEC     on Apache Spark
python jobs/query.py SPEC                                       embedded
"""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("query"))

"""Query a dataset without a project.

spark-submit --py-files build/dsgrid.zip jobs/query_dataset.py SPEC     on Apache Spark
python jobs/query_dataset.py SPEC                                       embedded
"""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("query_dataset"))

"""Run many specs in order, and go on where that was interrupted.

spark-submit --py-files build/dsgrid.zip jobs/bulk.py SPEC     on Apache Spark, one session for all
python jobs/bulk.py SPEC                                       embedded
"""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("bulk"))

"""Check a dataset's facts and store them in the registry.

spark-submit --py-files build/dsgrid.zip jobs/register_dataset.py SPEC     on Apache Spark
python jobs/register_dataset.py SPEC                                       embedded
"""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("register_dataset"))

"""Check a dataset's facts, store them in the registry, and submit the dataset to a project, all or nothing.

spark-submit --py-files build/dsgrid.zip jobs/register_and_submit_dataset.py SPEC     on Apache Spark
python jobs/register_and_submit_dataset.py SPEC                                       embedded
"""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("register_and_submit_dataset"))

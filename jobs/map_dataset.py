"""Bring a dataset to the dimensions and the time of its project.

spark-submit --py-files build/dsgrid.zip jobs/map_dataset.py SPEC     on Apache Spark
python jobs/map_dataset.py SPEC                                       embedded
"""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("map_dataset"))

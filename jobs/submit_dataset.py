"""Submit a registered dataset to a project, with the mappings that it needs.

spark-submit --py-files build/dsgrid.zip jobs/submit_dataset.py SPEC     on Apache Spark
python jobs/submit_dataset.py SPEC                                       embedded
"""

import sys

from dsgrid.operations.job import run_job

if __name__ == "__main__":
    sys.exit(run_job("submit_dataset"))

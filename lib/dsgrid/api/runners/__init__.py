"""What carries out jobs: a warm engine, a process for each job, spark-submit, Slurm."""

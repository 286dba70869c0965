"""An archive of the classes that Spark loads: with it a local JVM begins to work several seconds earlier.

Java checks an archive against its own build and the class path, and does without one that does not fit.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from dsgrid.errors import EngineError, StorageError
from dsgrid.operations.launch import archive_file, require_java, script_command, spark_submit_environment

# What a query does: read and write Parquet, join small tables, group, hand over Arrow.
_WORK: Final = """
import sys
import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.getOrCreate()
spark.conf.set("spark.sql.session.timeZone", "UTC")
facts = spark.range(200000).select(
    (F.col("id") % 100).alias("id"), F.timestamp_micros(F.col("id") * 3600000000).alias("timestamp"),
    *((F.col("id") * (7919 + n) % 10007 / 10007).alias(f"m{n}") for n in range(4)),
)
facts.write.option("compression", "zstd").parquet(sys.argv[1])
columns = "id bigint, timestamp timestamp, m0 double, m1 double, m2 double, m3 double"
facts = spark.read.schema(columns).parquet(sys.argv[1])
small = spark.createDataFrame(pa.table({"id": list(range(100)), "code": [n % 7 for n in range(100)]}))
rows = F.broadcast(small).join(facts, on="id").where(F.col("id").isin(list(range(90))))
rows = rows.groupBy("code", "timestamp").agg(*(F.sum(f"m{n}").alias(f"m{n}") for n in range(4)))
cells = F.explode(F.array(*(F.struct(F.lit(n).alias("key"), F.col(f"m{n}").alias("value")) for n in range(4))))
rows = rows.select("code", "timestamp", cells.alias("cell")).select("code", "cell.key", "cell.value")
rows.unionByName(rows).groupBy("code").agg(F.max("value"), F.avg("value"), F.count("value")).toArrow()
spark.stop()
"""


def make_class_archive(progress: Callable[[str], None] | None = None) -> Path:
    """Run a little of what queries do, and keep the classes that Spark loaded for it; return the archive.

    Raises
    ------
    EngineError
        If there is no Java, or it makes no archive.
    """
    require_java()
    say = progress or (lambda _: None)
    target = archive_file()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{target.parent} cannot be made: {error.strerror}") from error
    say("running Spark once, to see which classes it loads (half a minute)")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "typical_work.py")
        script.write_text(_WORK, encoding="utf-8")
        made = target.with_name(f"{target.name}.{secrets.token_hex(4)}")
        command = script_command(script, [f"-XX:ArchiveClassesAtExit={made}", "-Xlog:cds=off"], folder + "/facts")
        try:
            ended = subprocess.run(command, env=spark_submit_environment(), capture_output=True, text=True, check=False)
            if ended.returncode or not made.is_file():
                told = (ended.stderr or ended.stdout).strip().splitlines()[-1:] or ["nothing was said"]
                raise EngineError(f"Java made no archive of Spark's classes: {told[0]}")
            os.replace(made, target)
        finally:
            with contextlib.suppress(OSError):
                made.unlink()
    return target

"""Keys of the cache: fingerprints of everything that an answer depends on.

An answer is a function of the query, of what the query reads in the registry, of this program, of the rules of time
zones, and (to the last digits) of the engine. All of them are in the key, so whatever changes, an old answer is not
found any more. Nothing has to be told stale, and nothing can be.
"""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from dsgrid.bundle import bundle_sha256
from dsgrid.query.expression import Expression, Number, Operation
from dsgrid.query.fingerprint import fingerprint
from dsgrid.query.inputs import Inputs
from dsgrid.query.model import VALUE, Filter, Output, Query
from dsgrid.time.tzdata import tzdata_version

FORMAT = 1
# Functions whose values in another unit are these values times a number.
SCALING = frozenset({"sum", "mean", "weighted_mean", "min", "max", "stddev", "percentile"})


@dataclass(frozen=True)
class Surroundings:
    """What an answer depends on besides the query and the registry.

    Parameters
    ----------
    bundle
        The checksum of this program.
    tzdata
        The version of the rules of time zones.
    engine, engine_version
        What computes.
    """

    bundle: str
    tzdata: str
    engine: str
    engine_version: str


def surroundings(engine: str, engine_version: str | None = None) -> Surroundings:
    """Return the surroundings of this process, for an engine that need not have been started."""
    return Surroundings(bundle_sha256(), tzdata_version(), engine, engine_version or _installed(engine))


def _installed(engine: str) -> str:
    home = os.environ.get("SPARK_HOME", "")
    if engine == "spark" and home:
        # A Spark of the user's own has the Python that goes with it; that which comes with pyspark has none there.
        with contextlib.suppress(OSError, UnicodeDecodeError):
            text = Path(home, "python/pyspark/version.py").read_text("utf-8")
            if found := re.search(r"""^__version__.*?["'](.+?)["']""", text, re.MULTILINE):
                return found[1]
    try:
        return version("pysail" if engine == "sail" else "pyspark")
    except PackageNotFoundError:
        return ""


def result_key(query: Query, inputs: Inputs, around: Surroundings) -> str:
    """Return the key of a query's published tables: what it is called, and where they go, makes no difference."""
    return fingerprint("result", FORMAT, around, _nameless(query), inputs)


def parts_key(query: Query, inputs: Inputs, around: Surroundings) -> str:
    """Return the key of what a query contracts: how its tables look makes no difference."""
    others = tuple(_plain(one) for one in query.others)
    return fingerprint("parts", FORMAT, around, replace(_plain(query), others=others), inputs)


def table_key(query: Query, inputs: Inputs, around: Surroundings) -> str:
    """Return the key of one result of a query before it gets its form: each code with its value."""
    plain = replace(_plain(query), others=())
    if scales(query):
        # In whatever unit: values are told in another when they are taken out.
        plain = replace(plain, output=replace(plain.output, unit=None))
    return fingerprint("table", FORMAT, around, query.output.unit is not None, plain, inputs)


def scales(query: Query) -> bool:
    """Tell whether a query in another unit has the same rows, with values that differ by the factor of the units."""
    filters = [*query.filters, *query.output.filters, *(one for step in query.steps for one in step.filters)]
    return (
        not any(_is_of_values(one) for one in filters)
        and all(step.function in SCALING for step in query.steps)
        and _is_union(query.expression)
    )


def _is_union(expression: Expression) -> bool:
    if isinstance(expression, Operation):
        return expression.operator == "|" and _is_union(expression.left) and _is_union(expression.right)
    return not isinstance(expression, Number)


def _is_of_values(condition: Filter) -> bool:
    return condition.dimension == VALUE


def _nameless(query: Query) -> Query:
    return replace(query, name="", output=replace(query.output, path=None), others=tuple(map(_pathless, query.others)))


def _pathless(query: Query) -> Query:
    return replace(query, output=replace(query.output, path=None))


def _plain(query: Query) -> Query:
    """Return a query without what is about the look of its table."""
    output = query.output
    # Whether there is a table decides what several results share.
    plain = Output(path=None, unit=output.unit, zone=output.zone, filters=output.filters, table=output.table)
    return replace(query, name="", output=plain, exports=())

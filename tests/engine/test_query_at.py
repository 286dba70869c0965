"""Queries that look back: the numbers of then, whatever was registered since."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.desk import Desk

from dsgrid.errors import NotFoundError
from dsgrid.operations.apply import apply
from dsgrid.operations.query import query
from dsgrid.query.result import Result
from dsgrid.registry.registry import Registry

if TYPE_CHECKING:
    from pathlib import Path

    from dsgrid.engine import Engine


def doubled(table: pa.Table) -> pa.Table:
    columns = [
        pc.multiply(column, 2.0) if pa.types.is_floating(column.type) else column for column in table.itercolumns()
    ]
    return pa.table(dict(zip(table.column_names, columns, strict=True)))


def test_a_query_at_a_date_or_version_gives_what_it_gave(engine: Engine, tmp_path: Path) -> None:
    desk = Desk.new(tmp_path, engine)
    desk.run("register_commercial", "submit_commercial")
    with Registry.open(desk.registry) as registry:
        moments = [row["registered_at"] for row in registry.registrations()]

    def asked(at: str | None, in_spec: str | None = None) -> Result:
        spec = {
            "name": "check",
            "project": "three_states_2018",
            "datasets": ["commercial_2018"],
            "step": [{"function": "sum", "by": ["state", "fuel", "scenario", "annual"]}],
            "result": {"path": str(desk.folder / "results")},
        }
        keys = {} if in_spec is None else {"at": in_spec}
        return query({**spec, **keys}, registry=desk.registry, engine=engine, at=at)

    def total(result: Result) -> float:
        return float(result.to_pandas()["value"].sum())

    first = total(asked(None))
    desk.rewrite("commercial/load_data.parquet", doubled)
    apply(desk.specs / "register_commercial.toml", allow="major", engine=engine)
    apply(desk.specs / "submit_commercial.toml", allow="major", engine=engine)

    now, then = asked(None), asked(moments[-1])
    assert total(now) == pytest.approx(2 * first)
    assert total(then) == first
    assert [one["version"] for one in now.manifest["datasets"]] == ["2.0.0"]
    assert [one["version"] for one in then.manifest["datasets"]] == ["1.0.0"]
    assert (now.manifest["at"], then.manifest["at"]) == (None, moments[-1])
    assert then.manifest["project"] == "three_states_2018@1.0.0"
    assert total(asked(None, moments[-1])) == first
    by_version = asked("1.0.0")
    assert (by_version.manifest["project"], by_version.manifest["at"]) == ("three_states_2018@1.0.0", None)
    with pytest.raises(NotFoundError, match="commercial_2018"):
        asked(moments[0])

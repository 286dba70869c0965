"""What was answered before is not computed again, and nothing else is taken for it."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.desk import Desk
from tests.engines import SLOW_ON_SPARK

from dsgrid.operations import query as job
from dsgrid.operations.cache import list_cache, prune_cache
from dsgrid.operations.query import query
from dsgrid.operations.task import How
from dsgrid.query.result import Result, open_result

ASKED: dict[str, Any] = {
    "name": "asked",
    "project": "three_states_2018",
    "datasets": ["commercial_2018"],
    "step": [{"by": ["county", "end_use", "scenario", "hourly"]}],
    "results": {"by_day": {"step": [{"by": ["county", "scenario", "daily"]}], "format": "csv"}},
}


@pytest.fixture
def desk(commercial_desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("DSGRID_CACHE", str(tmp_path / "cache"))
    return commercial_desk


def ask(desk: Desk, place: str = "results", cache: bool = True, **changes: Any) -> Result:
    result = {"path": str(desk.folder / place), **changes.pop("result", {})}
    spec = {**ASKED, **changes, "result": result}
    return query(spec, registry=desk.registry, engine=desk.engine, how=How(cache=cache))


def refuse(*_: Any, **__: Any) -> Any:
    raise AssertionError("the query is computed again")


def contents(result: Result) -> dict[str, bytes]:
    """What a result's files hold, its further results included."""
    return {
        str(path.relative_to(result.folder)): path.read_bytes()
        for path in sorted(Path(str(result.folder)).rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }


def test_the_same_query_again_is_the_same_result_without_an_engine(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ask(desk)
    assert first.reused == ""
    monkeypatch.setattr(job, "_carry_out", refuse)
    again = ask(desk)
    assert again.folder == first.folder
    assert again.reused.startswith("answered from the cache: nothing that it depends on has changed since ")
    assert again.reused in again.report()
    assert set(again.results) == {"by_day"}


@SLOW_ON_SPARK
def test_a_result_that_was_removed_is_there_again_elsewhere_and_under_another_name(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ask(desk)
    before = contents(first)
    monkeypatch.setattr(job, "_carry_out", refuse)
    shutil.rmtree(desk.folder / "results")
    for place, name in (("results", "asked"), ("elsewhere", "asked"), ("results", "other")):
        again = ask(desk, place, name=name)
        assert again.reused
        assert Path(str(again.folder)).parent == desk.folder / place / name
        assert open_result(desk.folder / place / name).folder == again.folder
        assert contents(again) == before
        assert again.manifest["query"] == name
        assert again.to_arrow().equals(pq.read_table(again.path))


@SLOW_ON_SPARK
def test_a_result_that_somebody_has_changed_is_computed_anew(desk: Desk) -> None:
    first = ask(desk)
    before = contents(first)
    # Links lead to the same bytes, so the entry of the cache is damaged with them.
    path = Path(str(first.path))
    data = path.read_bytes()
    path.write_bytes(data[:-9] + bytes(9))
    again = ask(desk)
    assert again.folder != first.folder
    assert contents(again) == before


@SLOW_ON_SPARK
def test_a_file_that_somebody_edits_in_place_is_no_file_of_another_result(desk: Desk) -> None:
    first = ask(desk)
    before = contents(first)
    other, third = ask(desk, "elsewhere"), ask(desk, name="third")
    for edited in (first, other):
        path = Path(str(edited.path))
        with path.open("r+b") as file:
            file.write(b"edited")
    assert contents(third) == before
    # The entry shares its files with the first one, and counts as none.
    again = ask(desk, "elsewhere")
    assert again.folder != other.folder
    assert contents(again) == before | {"spec.json": contents(again)["spec.json"]}


FORMS: dict[str, dict[str, Any]] = {
    "format": {"format": "csv"},
    "pivot": {"pivot": "metric"},
    "names": {"names": True},
    "sort": {"sort": ["hourly", "end_use"]},
    "partition": {"partition": ["end_use"]},
}
EXPORT = {"county_by_hour": {"columns": "county", "files": ["end_use", "scenario"], "format": "csv"}}


@SLOW_ON_SPARK
@pytest.mark.parametrize("form", FORMS)
def test_another_form_is_written_without_an_engine_and_is_what_an_engine_gives(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    fresh = contents(ask(desk, "fresh", cache=False, result=FORMS[form]))
    ask(desk)
    monkeypatch.setattr(job, "_carry_out", refuse)
    again = ask(desk, result=FORMS[form])
    assert not again.reused
    assert again.manifest["engine"]["jobs"] == 0
    different = {name for name, data in contents(again).items() if data != fresh[name]} - {"spec.json"}
    assert not different


@SLOW_ON_SPARK
def test_an_export_is_written_without_an_engine(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(desk)
    monkeypatch.setattr(job, "_carry_out", refuse)
    again = ask(desk, export=EXPORT)
    assert not again.reused
    written = {name for name in contents(again) if name.startswith("exports/county_by_hour/")}
    assert len([name for name in written if name.endswith(".csv")]) > 1
    # It is a part of the result: with it, it is found again.
    assert ask(desk, export=EXPORT).reused


@SLOW_ON_SPARK
def test_another_unit_is_told_without_an_engine(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    alone: dict[str, Any] = {"results": {}}
    fresh = ask(desk, "fresh", cache=False, result={"unit": "kWh"}, **alone).to_arrow()
    ask(desk, result={"unit": "GWh"}, **alone)
    monkeypatch.setattr(job, "_carry_out", refuse)
    again = ask(desk, result={"unit": "kWh"}, **alone).to_arrow()
    assert again.drop(["value"]).equals(fresh.drop(["value"]))
    ratio = pc.divide(again.column("value"), fresh.column("value"))
    assert pc.max(pc.abs(pc.subtract(ratio, 1.0))).as_py() < 1e-12


@SLOW_ON_SPARK
def test_other_questions_are_computed(desk: Desk) -> None:
    ask(desk)
    counted = ask(desk, step=[*ASKED["step"], {"function": "count", "by": ["county", "scenario"]}])
    assert not counted.reused
    assert counted.manifest["engine"]["jobs"] > 0
    filtered = ask(desk, where=[{"dimension": "value", "above": 1.0}])
    assert not filtered.reused
    assert filtered.rows < ask(desk).rows


@SLOW_ON_SPARK
def test_no_cache_computes_anew_and_keeps_nothing(desk: Desk) -> None:
    first = ask(desk, cache=False)
    assert list_cache().entries == ()
    again = ask(desk, cache=False)
    assert again.folder != first.folder
    assert contents(again) == contents(first)


@SLOW_ON_SPARK
def test_a_dataset_that_was_updated_is_another_input(desk: Desk) -> None:
    from dsgrid.operations.apply import apply

    first = ask(desk)
    desk.rewrite("commercial/load_data.parquet", _doubled)
    apply(desk.specs / "register_commercial.toml", registry=desk.registry, engine=desk.engine, allow="major")
    apply(desk.specs / "submit_commercial.toml", registry=desk.registry, engine=desk.engine, allow="major")
    again = ask(desk)
    assert not again.reused
    assert again.manifest["datasets"][0]["version"] != first.manifest["datasets"][0]["version"]
    assert sum(one["found"] for one in again.manifest["sums"]) == pytest.approx(
        2 * sum(one["found"] for one in first.manifest["sums"])
    )


def _doubled(table: Any) -> Any:
    for index, field in enumerate(table.schema):
        if str(field.type) in ("double", "float"):
            table = table.set_column(index, field, pc.multiply(table.column(index), 2).cast(field.type))
    return table


@SLOW_ON_SPARK
def test_two_at_once_give_one_answer(desk: Desk) -> None:
    found: list[Result] = []
    threads = [threading.Thread(target=lambda: found.append(ask(desk))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert contents(found[0]) == contents(found[1])
    assert ask(desk).reused


@SLOW_ON_SPARK
def test_the_cache_is_listed_and_pruned(desk: Desk) -> None:
    ask(desk)
    report = list_cache().report()
    assert "asked (three_states_2018@1.0.0)" in report
    assert "published tables" in report
    assert {entry["kind"] for entry in list_cache().document()["entries"]} == {"results", "tables"}
    pruned = prune_cache(everything=True)
    assert pruned.report().endswith("0 entries, 0 bytes left")
    # The result itself stays.
    assert ask(desk).reused

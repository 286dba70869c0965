"""What a spec demands: from its plan, from its files, or not known."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from tests.unit.query.explaining import plans_of

from dsgrid.cluster import demand as demanding
from dsgrid.cluster.demand import Demand, demand, of_plans
from dsgrid.errors import DsgridError, NotFoundError
from dsgrid.query.explained_source import shuffle_bytes
from dsgrid.query.size import work

QUERY = {"project": "two_counties", "datasets": ["offices"], "name": "q"}


HOURLY = '[[step]]\nby = ["county", "end_use", "time_mst"]\n'


def test_what_a_query_demands_follows_from_its_plan():
    plans = plans_of(HOURLY)
    found, todo = of_plans("query", plans), work(plans)
    assert (found.values, found.rows_read, found.rows) == (todo.values_read, todo.rows_read, todo.rows)
    assert (found.known, found.asks, found.engine, found.registers) == (True, True, True, False)
    assert f"writes {todo.rows:,} rows" in found.says
    assert found.shuffle_bytes == sum(shuffle_bytes(source) for source in plans.first.sources if source.group_first)


def test_what_stages_sort_is_sent_too():
    peak = HOURLY + '[[step]]\nfunction = "max"\nby = ["county", "end_use"]\n'
    plans = plans_of(peak)
    (rows, _), *_ = plans.first.stage_rows
    contracted = sum(shuffle_bytes(source) for source in plans.first.sources if source.group_first)
    assert of_plans("query", plans).shuffle_bytes == contracted + rows * 8 * (1 + len(plans.first.columns)) > contracted


def test_parts_that_an_earlier_run_has_kept_are_found_with_their_engine(tmp_path, monkeypatch):
    monkeypatch.setattr("dsgrid.query.cache.keys.parts_key", lambda asked, inputs, around: f"of-{around.engine}")
    for name in ("of-sail-12", "of-sail-4", "of-sail-99-abcdef", "of-another-7"):
        (tmp_path / ".parts" / name).mkdir(parents=True)
    assert demanding._begun(None, None, tmp_path) == {"sail": 12}
    assert demanding._begun(None, None, tmp_path / "nothing") == {}


def test_a_query_without_its_registry_is_no_demand(tmp_path):
    with pytest.raises(NotFoundError, match="nowhere"):
        demand({"job": "query", **QUERY}, registry=tmp_path / "nowhere")


def test_what_is_registered_is_as_large_as_its_files(tmp_path):
    folder = tmp_path / "data.parquet"
    (folder / "state=CO").mkdir(parents=True)
    (folder / "state=CO/a.parquet").write_bytes(b"x" * 5_000)
    (folder / "b.parquet").write_bytes(b"x" * 5_000)
    spec = {"job": "register_dataset", "data": {"table": str(folder)}}
    found = demand(_dataset(spec, tmp_path))
    assert (found.bytes_read, found.values, found.registers) == (10_000, 4_000, True)
    text = tmp_path / "data.csv"
    text.write_bytes(b"1.0,\n" * 2_000)
    assert demand(_dataset({**spec, "data": {"table": str(text)}}, tmp_path)).values == 1_000, "texts are longer"


def test_what_reads_no_facts_needs_no_engine():
    found = demand({"job": "create_registry", "registry": "somewhere"})
    assert (found.engine, found.known, found.values) == (False, True, 0)


def test_how_much_an_import_reads_is_not_made_up(tmp_path):
    found = demand({"job": "import_registry", "source": str(tmp_path), "target": str(tmp_path / "new")})
    assert (found.known, found.values) == (False, 0)


def test_a_bulk_demands_what_its_specs_do_and_says_what_is_not_known_yet(tmp_path, monkeypatch):
    told = {"a": Demand("query", values=10, bytes_read=100, shuffle_bytes=7, rows=3, says="a"), "b": None}
    told["c"] = Demand("register_dataset", values=5, bytes_read=50, shuffle_bytes=9, rows=1, says="c", registers=True)
    steps = [SimpleNamespace(spec=SimpleNamespace(job="query", name=name), registry=None) for name in told]
    monkeypatch.setattr("dsgrid.operations.bulk.check_bulk", lambda *_: (steps, ()))
    real = demanding.demand

    def demanded(spec, **options):
        if not isinstance(spec, SimpleNamespace):
            return real(spec, **options)
        if told[spec.name] is None:
            raise NotFoundError("its dataset is registered by the spec before it")
        return told[spec.name]

    monkeypatch.setattr(demanding, "demand", demanded)
    (tmp_path / "x.toml").write_text("")
    found = real({"job": "bulk", "specs": ["x.toml"]})
    assert (found.values, found.bytes_read, found.rows, found.registers) == (15, 150, 4, True)
    assert found.shuffle_bytes == 9, "one after the other"
    assert (found.known, found.engine, found.asks) == (False, True, False)
    assert found.says == (
        "3 specs in order; reads about 15 values (150 bytes), and what 1 spec of it will read is not known yet"
    )


def test_what_is_wrong_with_a_spec_is_raised():
    with pytest.raises(DsgridError):
        demand({"job": "query", "projekt": "x"})


def _dataset(spec, folder):
    from tests.project_specs import DATASET

    merged = {**DATASET, **spec, "registry": str(folder / "registry")}
    path = folder / f"spec-{len(list(folder.iterdir()))}.toml"
    _write(path, merged)
    return path


def _write(path, spec):
    """Write a spec as TOML whose tables are all inline; JSON's texts and lists are TOML's."""
    lines = [f"{key} = {_inline(value)}" for key, value in {"spec_version": 1, **spec}.items()]
    path.write_text("\n".join(lines) + "\n")


def _inline(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_inline(child)}" for key, child in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value)

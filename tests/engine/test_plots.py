"""Pictures of what queries have really answered: nothing lost, nothing added up that has no sum, clocks told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.desk import Desk
from tests.engines import few_on_spark

from dsgrid.operations.plot import plot
from dsgrid.operations.query import query
from dsgrid.query.plots.plot import Plot
from dsgrid.query.result import Result

pytestmark = few_on_spark(3)

pytest.importorskip("plotly")

BY = ["state", "fuel", "scenario", "hourly"]


def asked(desk: Desk, *steps: dict[str, Any], **result: Any) -> Result:
    """Return the answer of the demo's commercial dataset by state, fuel, scenario and hour, or by these steps."""
    spec = {
        "spec_version": 1,
        "job": "query",
        "name": "asked",
        "project": "three_states_2018",
        "datasets": ["commercial_2018"],
        "step": list(steps) or [{"by": BY}],
        "result": {"path": str(desk.folder / "results"), **result},
    }
    return query(spec, registry=desk.registry, engine=desk.engine)


def total(found: Plot) -> float:
    """Return the sum of all that is drawn."""
    return float(sum(np.nansum(one.values) for panel in found._prepared.sheet.panels for one in panel.series))


def test_all_that_a_query_has_found_is_drawn_in_every_kind_of_picture(commercial_desk: Desk) -> None:
    result = asked(commercial_desk)
    (expected,) = (one["found"] for one in result.manifest["sums"])
    for kind in ("line", "area", "heat_map", "load_duration", "bar"):
        found = plot(result, kind=kind, output=None)
        assert total(found) == pytest.approx(expected, rel=1e-12), kind
    in_kilowatt_hours = plot(result, unit="kWh", output=None)
    assert total(in_kilowatt_hours) == pytest.approx(1000 * expected, rel=1e-12)
    assert found.figure.layout.yaxis.title.text == "MWh"


def test_every_form_of_a_table_gives_the_same_picture(commercial_desk: Desk) -> None:
    first = plot(asked(commercial_desk), output=None)
    forms: tuple[dict[str, Any], ...] = (
        {"format": "csv"},
        {"format": "arrow"},
        {"partition": ["scenario"]},
        {"pivot": "metric"},
        {"pivot": "scenario", "format": "csv"},
    )
    for form in forms:
        other = plot(asked(commercial_desk, **form), output=None)
        assert other.picture == first.picture, form
        assert total(other) == pytest.approx(total(first), rel=1e-12)
        assert other.figure.layout.xaxis2.title.text == "UTC-07:00, hour beginning"
        assert [one.name for one in other.figure.data] == [one.name for one in first.figure.data]


def test_maxima_are_drawn_beside_each_other(commercial_desk: Desk) -> None:
    result = asked(commercial_desk, {"by": BY}, {"function": "max", "by": ["state", "fuel", "scenario", "daily"]})
    found = plot(result, output=None)
    assert (found.picture.kind, found.picture.x) == ("line", "daily")
    assert {*found.picture.by, *found.picture.facet} == {"state", "fuel", "scenario"}
    assert found.picture.summed == ()
    assert found.figure.layout.yaxis.title.text == "MWh"


def test_clocks_of_places_are_told(commercial_desk: Desk) -> None:
    result = asked(commercial_desk, {"by": ["county", "fuel", "scenario", "hourly"]}, zone="geography")
    found = plot(result, by="county", output=None)
    (expected,) = (one["found"] for one in result.manifest["sums"])
    assert total(found) == pytest.approx(expected, rel=1e-12)
    assert "Times are local time of each place, hour beginning, on the standard time of each place." in found.html()


def test_a_report_is_drawn(commercial_desk: Desk) -> None:
    spec = {
        "spec_version": 1,
        "job": "query",
        "name": "asked",
        "project": "three_states_2018",
        "datasets": ["commercial_2018"],
        "step": [{"by": BY}],
        "report": [
            {"kind": "peak_load", "name": "peaks", "by": ["state", "scenario"]},
            {"kind": "load_duration", "name": "curve", "by": ["scenario"]},
        ],
        "result": {"path": str(commercial_desk.folder / "results")},
    }
    result = query(spec, registry=commercial_desk.registry, engine=commercial_desk.engine)
    peaks = plot(result, name="peaks", output=None)
    assert (peaks.picture.kind, peaks.picture.x, peaks.picture.by) == ("bar", "state", ("scenario",))
    table = result.results["peaks"].to_pandas()
    assert total(peaks) == pytest.approx(table.groupby(["state", "scenario"])["peak"].max().sum())
    curve = plot(result, name="curve", output=None)
    assert (curve.picture.kind, curve.picture.x, curve.picture.by) == ("line", "hours", ("scenario",))
    assert total(curve) == pytest.approx(result.results["curve"].to_pandas()["load"].sum())

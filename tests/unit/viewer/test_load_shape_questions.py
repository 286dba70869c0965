"""What the load shape asks of the server, for any kind of time; and who is asked before it runs."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.unit.viewer.conftest import ViewerOf
from tests.unit.viewer.made_datasets import TIME, answers, entry
from tests.unit.viewer.showing import Viewer, links, piece, pieces, problem, words

from dsgrid.spec.load import load_spec
from dsgrid.viewer.pages.dataset import shape, shape_drawn
from dsgrid.viewer.pages.dataset.shape_question import (
    COURSE,
    HOURS,
    PERIODS,
    YEARS,
    Metric,
    key_of,
    kind_of,
    metric_groups,
    spec_of,
    units,
    wish_of,
    zones,
)

METRICS = [
    Metric("cooling", "Cooling", "kWh", 10.0),
    Metric("lights", "", "kWh", -30.0),
    Metric("gas", "Gas", "therm", 8.0),
]
SEVERAL = {"geography": ["06037", "08031"], "scenario": ["reference", "high"]}
REPRESENTATIVE = {
    "kind": "representative",
    "by": ["month", "day_of_week", "hour"],
    "step": "1h",
    "zone": "geography",
    "name": "week",
}


@pytest.mark.parametrize(
    ("time", "kind"),
    [
        (TIME, HOURS),
        ({**TIME, "step": "15min"}, HOURS),
        ({**TIME, "kind": "index"}, HOURS),
        ({**TIME, "step": "1d"}, COURSE),
        ({**TIME, "step": "3h"}, COURSE),
        (REPRESENTATIVE, PERIODS),
        ({"kind": "annual"}, YEARS),
        ({"kind": "none"}, YEARS),
    ],
)
def test_what_is_drawn_follows_from_the_time(time: dict[str, Any], kind: str) -> None:
    assert kind_of(time) == kind


@pytest.mark.parametrize(
    ("time", "by"),
    [
        (TIME, [["hourly"]]),
        ({**TIME, "step": "1d"}, [["time"]]),
        (REPRESENTATIVE, [["month_of_year", "day_of_week", "hour_of_day"]]),
        ({"kind": "annual", "start": "2018", "end": "2020"}, [["model_year", "annual"]]),
        ({"kind": "none"}, [["model_year"]]),
    ],
)
def test_every_question_is_a_spec_that_the_schema_takes(time: dict[str, Any], by: list[list[str]]) -> None:
    spec = spec_of(entry(time=time), wish_of({"unit": "MWh"}, time, METRICS, SEVERAL))
    assert load_spec(spec, "query_dataset").job == "query_dataset"
    assert [step["by"] for step in spec["step"]] == by


def test_mean_days_are_means_of_hours_that_were_added_up_before() -> None:
    spec = spec_of(entry(), wish_of({}, TIME, METRICS, SEVERAL))
    for name, word in (("by_season", "season"), ("by_month", "month_of_year")):
        first, second = spec["results"][name]["step"]
        assert first == {"by": ["hourly"]}
        assert second == {"function": "mean", "by": [word, "day_type", "hour_of_day"]}


def test_alternatives_are_never_added_up_and_the_rest_is() -> None:
    wish = wish_of({}, TIME, METRICS, SEVERAL)
    assert wish.only == {"scenario": "reference"}
    assert wish_of({"geography": "08031", "scenario": "high"}, TIME, METRICS, SEVERAL).only == {
        "geography": "08031",
        "scenario": "high",
    }


def test_years_that_are_drawn_are_not_chosen() -> None:
    several = {**SEVERAL, "model_year": ["2018", "2030"]}
    assert "model_year" not in wish_of({"model_year": "2030"}, {"kind": "none"}, METRICS, several).only
    assert wish_of({}, TIME, METRICS, several).only["model_year"] == "2018"


@pytest.mark.parametrize(
    ("chosen", "ids"),
    [
        ("", ("lights",)),
        ("gas", ("gas",)),
        ("unit:kWh", ("cooling", "lights")),
        ("nonsense", ("lights",)),
        ("unit:PS", ("lights",)),
    ],
)
def test_the_metric_is_one_that_there_is(chosen: str, ids: tuple[str, ...]) -> None:
    assert wish_of({"metric": chosen}, TIME, METRICS, SEVERAL).metrics == ids


def test_a_metric_that_is_called_like_a_unit_is_that_metric() -> None:
    metrics = [Metric("unit:kWh", "", "kWh", 1.0), Metric("other", "", "kWh", 2.0)]
    assert wish_of({"metric": "unit:kWh"}, TIME, metrics, {}).metrics == ("unit:kWh",)


def test_metrics_stand_under_their_units_and_several_of_one_can_be_added_up() -> None:
    groups = metric_groups(METRICS)
    assert groups["kWh"][0] == ("unit:kWh", "all 2 added up")
    assert groups["therm"] == [("gas", "Gas (gas)")]
    assert [*metric_groups([Metric("t", "", ""), Metric("u", "", "")])] == ["no unit"]


def test_only_energy_is_converted() -> None:
    assert dict(units(METRICS, ["gas"]))["MWh"] == "MWh"
    assert "kWh" not in dict(units(METRICS, ["cooling"]))
    assert units([Metric("t", "", "degF")], ["t"]) == []
    assert wish_of({"unit": "MWh"}, TIME, [Metric("t", "", "degF")], {}).unit == ""
    further = spec_of(entry(), wish_of({"unit": "MWh"}, TIME, METRICS, SEVERAL))
    assert {further["result"]["unit"], *(one["unit"] for one in further["results"].values())} == {"MWh"}


def test_the_clock_is_the_datas_own_unless_told() -> None:
    assert wish_of({}, TIME, METRICS, SEVERAL).zone == "-07:00"
    assert wish_of({"zone": "America/Denver"}, TIME, METRICS, SEVERAL).zone == "America/Denver"
    assert wish_of({}, {"kind": "none"}, METRICS, SEVERAL).zone == ""
    assert zones({**TIME, "zone": "UTC"})[0] == ("", "the data's own: UTC")
    assert [zone for zone, _ in zones({**TIME, "zone": "UTC"})].count("UTC") == 0
    assert wish_of({}, {**TIME, "zone": "project_geography"}, METRICS, SEVERAL).zone == "geography"


def test_the_same_question_has_the_same_key_and_another_one_another() -> None:
    first, same = (spec_of(entry(), wish_of({}, TIME, METRICS, SEVERAL)) for _ in range(2))
    other = spec_of(entry(), wish_of({"geography": "08031"}, TIME, METRICS, SEVERAL))
    assert key_of(first) == key_of(same) != key_of(other)


@pytest.mark.parametrize(
    ("expected", "cheap"),
    [
        ({"values_read": 1_000, "time": [{"high": 0.2}]}, True),
        ({"values_read": 1_000, "time": []}, True),
        ({"values_read": shape.CHEAP_VALUES + 1, "time": []}, False),
        ({"values_read": 1_000, "time": [{"high": 60.0}]}, False),
    ],
)
def test_what_is_dear_is_not_run_without_being_asked_for(expected: dict[str, Any], cheap: bool) -> None:
    assert shape.is_cheap({"expected": expected}) is cheap


def test_the_offer_says_what_it_takes() -> None:
    plan = {
        "expected": {"values_read": 300_000_000, "bytes_read": 2_000_000_000, "time": [{"seconds": 75.0, "high": 90.0}]}
    }
    text = words(shape.offer(plan))
    assert "300,000,000 values, 2.0 GB" in text
    assert "1 min 15 s" in text


# The page -------------------------------------------------------------------------------------------------------------


def shown_to(viewer: Viewer, query: str = "") -> Any:
    with viewer.at(f"/datasets/homes?tab=shape{query}") as visit:
        return shape.show(visit, visit.ask.get("/datasets/homes"))


def test_an_analyst_gets_what_is_chosen_as_a_question(viewer_of: ViewerOf) -> None:
    shown = shown_to(viewer_of(answers()), "&metric=gas&geography=08031")
    spec = piece(shown, "dataset-shape-wanted").data["spec"]
    where = {one["dimension"]: one for one in spec["where"]}
    assert (where["end_use"]["in"], where["county"]["equals"]) == (["gas"], "08031")
    assert spec["dataset"] == "homes@1.1.0"
    chosen = {each.value for each in pieces(shown, "Option") if each.selected}
    assert {"gas", "08031", "reference"} <= chosen


@pytest.mark.parametrize("role", ["reader", None])
def test_who_may_not_ask_is_told_why_and_what_to_do(viewer_of: ViewerOf, role: str | None) -> None:
    shown = shown_to(viewer_of(answers(), role="reader")) if role else shape.may_not(_nobody())
    assert "made by a query" in words(shown)
    assert ("role analyst" in words(shown)) == (role == "reader")
    assert ("Sign in" in links(shown)) == (role is None)
    assert not [each for each in pieces(shown) if getattr(each, "id", None) == "dataset-shape-wanted"]


def _nobody() -> Any:
    from dsgrid.viewer.sessions import Sessions
    from dsgrid.viewer.visit import Visit

    def connected(_token: str | None) -> Any:
        return None

    return Visit(Sessions(connected).anonymous(), "/")


def test_dimensions_of_very_many_records_are_typed(viewer_of: ViewerOf, monkeypatch: pytest.MonkeyPatch) -> None:
    dims = [{**one, "records": 9_000} if one["type"] == "geography" else one for one in entry()["dimensions"]]
    shown = shown_to(viewer_of(answers(**{"/datasets/homes": entry(dimensions=dims)})))
    assert [each.name for each in pieces(shown, "Select")][:1] == ["metric"]
    assert [each.name for each in pieces(shown, "Input")] == ["geography"]


class Jobs:
    """A server that runs queries, as far as it takes to draw them."""

    def __init__(self, first: dict[str, Any], then: dict[str, Any]) -> None:
        self.first, self.then = first, then
        self.keys: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/me":
            return httpx.Response(200, json={"name": "ada", "role": "analyst"})
        self.keys.append(request.headers["Idempotency-Key"])
        return httpx.Response(200, json=self.first if len(self.keys) == 1 else self.then)


def begun(jobs: Jobs, viewer_of: ViewerOf) -> Any:
    with viewer_of(jobs).at("/datasets/homes") as visit:
        return shape.begun(visit, {"job": "query_dataset"})


def test_a_picture_whose_result_is_gone_is_asked_for_anew(viewer_of: ViewerOf) -> None:
    jobs = Jobs({"id": "a", "state": "succeeded", "results_removed_at": "2026-11-26"}, {"id": "b", "state": "queued"})
    assert begun(jobs, viewer_of)["id"] == "b"
    assert len(set(jobs.keys)) == 2


def test_a_picture_that_is_there_is_asked_for_once(viewer_of: ViewerOf) -> None:
    jobs = Jobs({"id": "a", "state": "succeeded", "results_removed_at": None}, {})
    assert begun(jobs, viewer_of)["id"] == "a"
    assert len(jobs.keys) == 1


def test_tables_of_several_pages_are_put_together(viewer_of: ViewerOf) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/me":
            return httpx.Response(200, json={"name": "ada", "role": "analyst"})
        assert request.url.path == "/v1/jobs/ab/result/results/by_month/table.json"
        is_second = request.url.params.get("cursor") == "x+y"
        found = {"columns": ["value"], "rows": [[2.0]] if is_second else [[1.0]]}
        return httpx.Response(200, json={**found, "next": None if is_second else "/v1/jobs?limit=1&cursor=x%2By"})

    with viewer_of(answer).at() as visit:
        assert shape_drawn.table_of(visit, "ab", "by_month") == (["value"], [[1.0], [2.0]])


def test_an_empty_result_says_where_to_look(viewer_of: ViewerOf) -> None:
    told = {
        "/jobs/ab/result": {"units": [], "rows": 0, "columns": [], "time": {}},
        "/jobs/ab/result/table.json": {"columns": ["hourly", "value", "unit"], "rows": [], "next": None},
    }
    with viewer_of(told).at() as visit:
        assert "no values here" in words(shape_drawn.drawn(visit, "ab", HOURS, "UTC", ""))


@pytest.mark.parametrize("path", ["/explain", "/queries"])
def test_what_the_server_refuses_is_told_in_its_words(viewer_of: ViewerOf, path: str) -> None:
    refused = problem(422, "invalid", 'values of "rate" do not add up over "state"')
    told = {"/explain": {"expected": {"values_read": 10}}, path: refused}
    with viewer_of(told).at() as visit:
        shown = shape.planned(visit, {"spec": {"dataset": "rates@1.0.0"}, "kind": YEARS, "zone": "", "by": ""})
    assert "do not add up" in words(shown)
    # What cannot be planned can be asked in other words.
    assert ("/build?dataset=rates%401.0.0" in links(shown).values()) == (path == "/explain")


def test_data_with_the_clocks_of_a_projects_places_lead_to_the_project(viewer_of: ViewerOf) -> None:
    used = [{"kind": "submission", "id": "conus/homes"}, {"kind": "query", "id": "x"}]
    told = entry(time={"kind": "representative", "zone": "project_geography"}, used_by=used)
    assert shape.projects_of(told) == ["conus"]
    assert shape.projects_of(entry(used_by=used)) == []
    refused = problem(409, "conflict", "4 records of it have no time_zone")
    wanted = {"spec": {"dataset": "homes@1.0.0"}, "kind": YEARS, "zone": "", "by": "", "projects": ["conus"]}
    with viewer_of({"/explain": refused}).at("/") as visit:
        shown = shape.planned(visit, wanted)
    assert "no time_zone" in words(shown)
    assert links(shown)["conus"] == "/build?project=conus"


def test_what_is_dear_is_offered_and_not_run(viewer_of: ViewerOf) -> None:
    dear = {"/explain": {"expected": {"values_read": shape.CHEAP_VALUES + 1}}}
    with viewer_of(dear).at() as visit:
        shown = shape.planned(visit, {"spec": {"dataset": "homes@1.0.0"}, "kind": HOURS, "zone": "", "by": ""})
    assert words(piece(shown, "dataset-shape-run")) == "Draw"

"""Maps: what is coloured how, what they say to who cannot see them, and texts of the registry in them."""

from __future__ import annotations

import pytest
from tests.unit.viewer.showing import pieces, words

from dsgrid.viewer.parts.figures import COLOURS
from dsgrid.viewer.parts.map_colours import palette, scale
from dsgrid.viewer.parts.map_legends import unseen
from dsgrid.viewer.parts.maps import choropleth, figure_of
from dsgrid.viewer.parts.shapes import Shapes, shapes_for

COUNTIES = ["06037", "08001", "36047"]


@pytest.fixture
def visit(viewer_of):
    with viewer_of(prefix="/viewer/").at("/viewer/") as visit:
        yield visit


def shapes(*ids: str) -> Shapes:
    found = shapes_for(ids or COUNTIES)
    assert found is not None
    return found


def drawn(visit, values, of=None, **options):
    figure, colours = figure_of(visit, of or shapes(), values, title="homes", names={}, **options)
    return [one for one in figure["data"][1:] if one["type"] == "choropleth"], colours, figure["layout"]["geo"]


def test_shapes_come_from_the_viewer_itself_wherever_it_is(visit):
    figure, _ = figure_of(visit, shapes(), {"06037": 1}, title="homes", names={})
    assert {trace["geojson"] for trace in figure["data"] if trace["type"] == "choropleth"} == {
        "/viewer/assets/shapes/states.json",
        "/viewer/assets/shapes/counties.json",
    }
    shown = choropleth(visit, shapes(), {"06037": 1}, id="m", title="homes")
    (graph,) = pieces(shown, "Graph")
    assert graph.config["topojsonURL"] == "/viewer/assets/shapes/"


def test_numbers_are_one_scale_and_records_without_a_number_stay_grey(visit):
    (none, trace), colours, _ = drawn(visit, {"06037": 3, "36047": 1.5, "08001": None}, unit="MWh")
    assert (trace["locations"], trace["z"]) == (["06037", "36047"], [3, 1.5])
    assert none["locations"] == ["08001"]
    assert "no value (1 of 3)" in words(choropleth(visit, shapes(), {"06037": 3, "36047": 1.5}, id="m", title="homes"))
    assert "no value" not in words(choropleth(visit, shapes(), dict.fromkeys(COUNTIES, 0), id="m", title="homes"))
    assert trace["colorbar"]["title"]["text"] == "homes (MWh)"
    assert "homes: 1.5 MWh" in trace["text"][1]
    assert colours == {}


def test_numbers_of_which_few_are_far_larger_are_coloured_by_their_logarithm():
    logs, ticks = scale([10, 100, 100, 100_000])
    assert logs == pytest.approx([1, 2, 2, 5])
    assert ticks["ticktext"] == ["10", "100", "1,000", "10,000", "100,000"]
    assert scale([1, 2, 3]) == ([1, 2, 3], {})
    assert scale([0, 1, 1, 1_000]) == ([0, 1, 1, 1_000], {})


def test_texts_are_categories_with_a_colour_each_by_name(visit):
    traces, colours, _ = drawn(visit, {"06037": "west", "36047": "east", "08001": "west"})
    assert colours == {"east": COLOURS[0], "west": COLOURS[1]}
    assert [trace["locations"] for trace in traces] == [["36047"], ["06037", "08001"]]
    _, colours, _ = drawn(visit, {"06037": True, "36047": False})
    assert list(colours) == ["no", "yes"]


def test_counties_that_are_too_small_to_be_seen_are_dots_in_their_colour(visit):
    figure, _ = figure_of(visit, shapes(), {"06037": 0, "08001": 10, "36047": 4}, title="homes", names={})
    dots = figure["data"][1]
    assert (dots["type"], dots["customdata"]) == ("scattergeo", ["36047"])
    assert dots["lon"] == pytest.approx([-73.95], abs=0.1)
    assert dots["lat"] == pytest.approx([40.64], abs=0.1)
    assert dots["marker"]["color"] == ["#6bb79b"]
    figure, colours = figure_of(visit, shapes(), {"36047": "east"}, title="homes", names={})
    assert figure["data"][1]["marker"]["color"] == [colours["east"]]
    # Of a map that is looked at closely nothing is too small.
    figure, _ = figure_of(visit, shapes("36047", "36061"), {"36047": 1}, title="homes", names={})
    assert {trace["type"] for trace in figure["data"]} == {"choropleth"}


@pytest.mark.parametrize("number", [1, 12, 13, 60, 150])
def test_there_are_as_many_different_colours_as_are_asked_for(number):
    assert len(set(palette(number))) == number


def test_texts_of_the_registry_are_no_markup_in_a_map(visit):
    evil = "<a href='javascript:alert(1)'>x</a>"
    (trace,), _, _ = drawn(visit, dict.fromkeys(COUNTIES, evil))
    assert "<a" not in trace["text"][0]
    assert "&lt;a href" in trace["text"][0]
    figure, _ = figure_of(visit, shapes(), {"06037": 1}, title=evil, unit=evil, names={"06037": evil})
    assert "<a" not in str(figure)


def test_a_part_of_the_country_is_looked_at_closely_and_the_whole_from_afar(visit):
    _, _, geo = drawn(visit, {"06037": 1}, shapes("06037", "32003"))
    west, east = geo["lonaxis"]["range"]
    assert (geo["projection"]["type"], west < -124, east > -115) == ("mercator", True, True)
    _, _, geo = drawn(visit, {"06037": 1})
    assert geo["projection"]["type"] == "albers usa"
    assert geo["visible"] is False


def test_a_map_of_alaska_is_one_of_the_whole_country(visit):
    _, _, geo = drawn(visit, {"02020": 1}, shapes("02020"))
    assert geo["scope"] == "usa"


def test_who_cannot_see_a_map_reads_its_numbers(visit):
    shown = choropleth(visit, shapes(), {"06037": 3_300_000, "36047": 12.5}, id="m", title="homes", unit="MWh")
    said = words(shown)
    assert "homes: 12.5 to 3,300,000, median 1,650,006 MWh" in said
    assert "Los Angeles, CA 06037 3,300,000" in said
    counted = words(choropleth(visit, shapes(), dict.fromkeys(COUNTIES, "cold"), id="m", title="climate"))
    assert "cold 3" in counted
    nothing = words(choropleth(visit, shapes(), {}, id="m", title="climate"))
    assert "No record has a value of climate" in nothing


def test_records_without_a_shape_are_counted_and_named():
    of = Shapes("counties", {"06037": "06037"}, tuple(f"z{number}" for number in range(50)))
    said = words(unseen(of, {"z0": "Elsewhere"}))
    assert "50 of 51 records have no shape" in said
    assert "z0 (Elsewhere)" in said
    assert "and 10 more" in said
    assert unseen(Shapes("counties", {"06037": "06037"}), {}) is None

"""The dependency graph: complete, walked both ways, and written so that other programs can read it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from registry_links import Builder, example_chain, plans, reference_parents
from tests.rounds import rounds

from dsgrid.cli import commands
from dsgrid.errors import NotFoundError, UsageError
from dsgrid.operations.ending import Ended
from dsgrid.operations.graph import dependency_graph
from dsgrid.registry import drawing
from dsgrid.registry.graph import KINDS, Graph, Node, place
from dsgrid.registry.registry import Registry

PROJECT = "project conus_2022@1.0.0"
COUNTY = "dimension conus_2022/county@1.0.0"


@pytest.fixture
def chain(folder: Path) -> Path:
    """The example registry, with a dataset made by a query, and one made of that."""
    with Registry.open(folder, write=True) as registry:
        example_chain(registry)
    return folder


@pytest.fixture
def graph(chain: Path) -> Iterator[Graph]:
    with Registry.open(chain) as registry:
        yield registry.graph()


def named(nodes: object) -> set[str]:
    return {str(node) for node in nodes}  # type: ignore[attr-defined]


# What it holds -------------------------------------------------------------------------------------------------------


@rounds(6)
@given(plan=plans)
def test_the_graph_has_a_link_for_every_foreign_key_between_versions(plan, tmp_path_factory) -> None:
    with Registry.create(tmp_path_factory.mktemp("graph") / "registry") as registry:
        Builder(registry).build(plan)
        graph = registry.graph()
        links = {(str(parent), str(child)) for parent, child in graph.links}
        assert links == set(_foreign_keys(registry))
        assert len(graph.nodes) == len({(node.kind, node.key) for node in graph.nodes})
        for node in graph.nodes:
            assert graph.ancestors([node]) == reference_parents(graph, node)
            assert all(node in graph.ancestors([below]) for below in graph.descendants([node]))


def _foreign_keys(registry: Registry) -> Iterator[tuple[str, str]]:
    """Yield the links that the declared foreign keys say, whatever the view of dependencies is made of."""
    database = registry._database
    things = {
        "project_versions": "project",
        "dataset_versions": "dataset",
        "dimension_versions": "dimension",
        "mapping_versions": "mapping",
        "submissions": "submission",
        "queries": "query",
    }
    # Rows of these tables stand for the thing that they belong to, by this column.
    parts = {
        "base_dimensions": ("project_versions", "project_version"),
        "supplemental_dimensions": ("project_versions", "project_version"),
        "dataset_dimensions": ("dataset_versions", "dataset_version"),
        "derived_datasets": ("dataset_versions", "dataset_version"),
        "submission_mappings": ("submissions", "submission"),
        "submission_shapes": ("submissions", "submission"),
        "query_datasets": ("queries", "query"),
    }
    titles = {
        table: {node.key: str(node) for node in registry.graph().nodes if node.kind == kind}
        for table, kind in things.items()
    }
    owners = {**{table: (table, "key") for table in things}, **parts}
    for table, (owner, column) in owners.items():
        for key in database.rows(f"PRAGMA foreign_key_list({table})"):
            if key["table"] in things and key["from"] != column:
                for parent, child in database.rows(f'SELECT "{column}", "{key["from"]}" FROM {table}'):
                    if child is not None:
                        yield titles[owner][parent], titles[key["table"]][child]


def test_a_node_without_any_link_is_in_the_graph(folder: Path) -> None:
    with Registry.open(folder, write=True) as registry:
        Builder(registry).build([("dimension", 0, 0)])
        assert "dimension census/extra_0@1.0.0" in named(registry.graph().nodes)
    assert "needed by nothing" in dependency_graph(folder, "census/extra_0").text()


def test_a_dataset_made_by_a_query_is_linked_to_all_that_the_query_read(graph: Graph) -> None:
    (peaks,) = graph.find("peaks")
    assert peaks.is_derived
    assert {node.kind: node.version for node in graph.children(peaks) if node.kind == "query"} == {"query": "second"}
    assert {"dataset totals@1.0.0", "query by_state@run", "dataset comstock@1.0.0", PROJECT, COUNTY} <= named(
        graph.descendants([peaks])
    )
    (comstock,) = graph.find("comstock")
    assert not comstock.is_derived
    assert {"dataset totals@1.0.0", "dataset peaks@1.0.0"} <= named(graph.ancestors([comstock]))


def test_every_thing_is_found_by_what_the_graph_calls_it(graph: Graph) -> None:
    for node in graph.nodes:
        assert graph.find(node.reference) == (node,)
        assert graph.find(str(node)) == (node,)


def test_what_is_not_there_gets_the_closest_id_or_the_versions(graph: Graph) -> None:
    with pytest.raises(NotFoundError, match=r'has the id "comstok"; did you mean "comstock"\?'):
        graph.find("comstok")
    with pytest.raises(NotFoundError, match=r"dataset comstock has no version 2; there are: 1\.0\.0"):
        graph.find("comstock@2")
    assert graph.find("comstock@1") == graph.find("comstock@1.0") == graph.find("comstock")
    assert named(graph.find("conus_2022/comstock@1")) == {"submission conus_2022/comstock@1.0.0+1.0.0"}


def test_an_id_that_two_kinds_share_needs_the_kind_in_front() -> None:
    nodes = (Node("project", "efs", "1.0.0"), Node("dataset", "efs", "1.0.0"))
    with pytest.raises(UsageError, match='use one of: "project efs@1", "dataset efs@1"'):
        Graph(nodes, ()).find("efs@1")
    assert Graph(nodes, ()).find("dataset efs@1") == nodes[1:]


def test_versions_stand_in_the_order_of_their_numbers() -> None:
    nodes = [Node("project", "p", version) for version in ("1.10.0", "1.9.0", "10.0.0", "2.0.0")]
    assert [node.version for node in sorted(nodes, key=place)] == ["1.9.0", "1.10.0", "2.0.0", "10.0.0"]


# The walk ------------------------------------------------------------------------------------------------------------


def test_a_depth_cuts_the_walk(chain: Path) -> None:
    near = dependency_graph(chain, "peaks", up=False, depth=1).graph
    assert {node.kind for node in near.nodes} == {"dataset", "dimension", "query"}
    assert all(str(parent) == "dataset peaks@1.0.0" for parent, _ in near.links)
    two = dependency_graph(chain, "peaks", up=False, depth=2).graph
    assert PROJECT in named(two.nodes)
    assert COUNTY not in named(two.nodes)
    whole = dependency_graph(chain, "peaks", up=False)
    assert COUNTY in named(whole.graph.nodes)


def test_up_and_down_are_walked_apart(chain: Path) -> None:
    up = dependency_graph(chain, "comstock", down=False)
    down = dependency_graph(chain, "comstock", up=False)
    assert "query by_state@run" in named(up.graph.nodes)
    assert not any(node.kind == "dimension" for node in up.graph.nodes)
    assert named(down.graph.nodes) >= {"dimension comstock/comstock_geography@1.0.0"}
    assert not any(node.kind in ("query", "submission") for node in down.graph.nodes)
    both = dependency_graph(chain, "comstock")
    assert set(both.graph.nodes) == {*up.graph.nodes, *down.graph.nodes}
    assert set(both.graph.links) == {*up.graph.links, *down.graph.links}


def test_the_newest_version_is_meant_and_the_others_are_named(folder: Path) -> None:
    with Registry.open(folder, write=True) as registry:
        Builder(registry).build([("project version", 0, 1)])
    newest = dependency_graph(folder, "conus_2022")
    assert str(newest.root) == "project conus_2022@2.0.0"
    assert "other versions: 1.0.0" in newest.text()
    assert str(dependency_graph(folder, "conus_2022@1").root) == PROJECT


# Trees ---------------------------------------------------------------------------------------------------------------


def test_a_tree_shows_what_a_shared_node_is_made_of_once(chain: Path) -> None:
    lines = dependency_graph(chain, "peaks", up=False).text().splitlines()
    projects = [number for number, line in enumerate(lines) if PROJECT in line]
    assert len(projects) > 1
    assert not lines[projects[0]].endswith(drawing.ABOVE)
    assert all(lines[number].endswith(drawing.ABOVE) for number in projects[1:])
    below = [len(line) - len(line.lstrip("│├└─ ")) for line in lines]
    assert below[projects[0] + 1] > below[projects[0]]
    assert all(number + 1 == len(lines) or below[number + 1] <= below[number] for number in projects[1:])


def test_a_derived_dataset_is_shown_as_such(chain: Path) -> None:
    assert dependency_graph(chain, "totals").text().startswith("dataset totals@1.0.0 (derived)\n")
    users = dependency_graph(chain, "comstock", down=False).text()
    assert "query by_state@run\n│  └─ dataset totals@1.0.0 (derived)\n" in users


@given(
    st.text(min_size=1, max_size=90),
    st.sampled_from(KINDS),
    st.integers(50, 100),
)
def test_a_line_fits_the_width_and_keeps_the_version(id_: str, kind: str, width: int) -> None:
    node = Node(kind, id_, "1.0.0")
    line = drawing.fitted("│  └─ ", node, f" {drawing.ABOVE}", width)
    assert len(line) <= width
    assert line.startswith(f"│  └─ {kind} ")
    assert line.endswith(f"@1.0.0 {drawing.ABOVE}")
    assert drawing.ELLIPSIS in line or id_ in line


def test_the_tree_of_a_deep_graph_needs_no_deep_stack() -> None:
    nodes = tuple(Node("dataset", f"d{number}", "1.0.0") for number in range(5000))
    graph = Graph(nodes, tuple(pairwise(nodes)))
    assert sum(1 for _ in drawing.tree(nodes[0], graph.children, width=80)) == 4999
    assert graph.parents_first(reversed(nodes)) == nodes


# Other programs ------------------------------------------------------------------------------------------------------

any_nodes = st.lists(
    st.builds(Node, st.sampled_from(KINDS), st.text(), st.text(), st.booleans()), min_size=1, max_size=5, unique=True
)


@st.composite
def any_graphs(draw: st.DrawFn) -> Graph:
    nodes = draw(any_nodes)
    pairs = [(one, other) for place, one in enumerate(nodes) for other in nodes[place + 1 :]]
    return Graph(tuple(nodes), tuple(draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else ()))


@given(any_graphs())
def test_dot_says_the_graph_whatever_the_ids_are(graph: Graph) -> None:
    labels, edges = _read_dot(drawing.dot(graph))
    assert list(labels.values()) == [
        re.sub(r"[\x00-\x09\x0b-\x1f\x7f]", " ", drawing.title(node)) for node in graph.nodes
    ]
    names = dict(zip(graph.nodes, labels, strict=True))
    assert edges == [(names[parent], names[child]) for parent, child in graph.links]


def _read_dot(text: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Read a graph by the grammar of the DOT language, as far as we write it; anything else fails."""
    word, quoted, mark = r"(?P<id>[A-Za-z_][A-Za-z_0-9]*)", r'"(?P<text>(?:[^"\\]|\\.)*)"', r"(?P<mark>->|[{}\[\];=,])"
    token = re.compile(rf"\s*(?:{word}|{quoted}|{mark})", re.S)
    tokens, place = [], 0
    while place < len(text.rstrip()):
        found = token.match(text, place)
        assert found, f"no token at {text[place : place + 30]!r}"
        tokens.append((found.lastgroup, found[found.lastgroup or 0]))
        place = found.end()
    assert tokens[:3] == [("id", "digraph"), ("id", "dependencies"), ("mark", "{")]
    assert tokens[-1] == ("mark", "}")
    assert tokens[3:7] == [("id", "rankdir"), ("mark", "="), ("id", "LR"), ("mark", ";")]
    labels: dict[str, str] = {}
    edges: list[tuple[str, str]] = []
    rest = tokens[7:-1]
    while rest:
        end = rest.index(("mark", ";"))
        statement, rest = rest[:end], rest[end + 1 :]
        name = statement[0][1]
        assert statement[0][0] == "id"
        if statement[1] == ("mark", "->"):
            assert [kind for kind, _ in statement] == ["id", "mark", "id"]
            edges.append((name, statement[2][1]))
            continue
        marks = ["id", "mark", "id", "mark", "id", "mark", "id", "mark", "text", "mark"]
        assert [kind for kind, _ in statement] == marks
        assert [statement[2][1], statement[6][1]] == ["shape", "label"]
        # In a label a backslash begins an escape; the only ones that we mean are these three.
        labels[name] = re.sub(r"\\(.)", lambda escape: "\n" if escape[1] == "n" else escape[1], statement[8][1])
    return labels, edges


@given(any_graphs())
def test_mermaid_says_the_graph_whatever_the_ids_are(graph: Graph) -> None:
    labels, edges = _read_mermaid(drawing.mermaid(graph))
    assert list(labels.values()) == [drawing.title(node) for node in graph.nodes]
    names = dict(zip(graph.nodes, labels, strict=True))
    assert edges == [(names[parent], names[child]) for parent, child in graph.links]


def _read_mermaid(text: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Read a flowchart of Mermaid, as far as we write it: a quoted label in brackets of a known shape, and arrows."""
    shapes = {"[[": "]]", "[(": ")]", "([": "])", "{{": "}}", "[": "]", "[/": "/]"}
    first, *lines = text.split("\n")
    assert first == "flowchart LR"
    labels: dict[str, str] = {}
    edges: list[tuple[str, str]] = []
    for line in lines:
        arrow = re.fullmatch(r" {4}(n\d+) --> (n\d+)", line)
        if arrow:
            edges.append((arrow[1], arrow[2]))
            continue
        # Inside the quotes nothing that Mermaid or HTML reads: entities by number stand for all that is not plain.
        node = re.fullmatch(r' {4}(n\d+)(\W{1,2})"((?:[A-Za-z0-9 ()+,./:=@_-]|#\d+;)*)"(\W{1,2})', line)
        assert node, line
        assert shapes[node[2]] == node[4]
        labels[node[1]] = re.sub(r"#(\d+);", lambda entity: chr(int(entity[1])), node[3])
    return labels, edges


def test_every_kind_has_its_shape() -> None:
    nodes = tuple(Node(kind, "id", "1") for kind in KINDS)
    assert len(set(re.findall(r"shape=(\w+)", drawing.dot(Graph(nodes, ()))))) == len(KINDS)
    assert len(set(re.findall(r'n\d(\W+)"', drawing.mermaid(Graph(nodes, ()))))) == len(KINDS)


# The command ---------------------------------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    done = CliRunner().invoke(commands, ["registry", "graph", *arguments], obj=Ended(), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_command_writes_every_format(chain: Path) -> None:
    where = ("--registry", str(chain))
    assert run("comstock", *where).startswith("dataset comstock@1.0.0\n\nmade of\n├─ dimension")
    assert "needed by" not in run("comstock", "--down", *where)
    assert "made of" not in run("comstock", "--up", *where)
    assert run("comstock", "--format", "mermaid", *where).startswith("flowchart LR\n")
    assert run("comstock", "--format", "dot", *where).startswith("digraph dependencies {\n")
    for asked in (("--format", "json"), ("--json",)):
        document = json.loads(run("comstock", "--up", "--depth", "1", *asked, *where))
        assert document["root"] == {"kind": "dataset", "id": "comstock", "version": "1.0.0"}
        assert {link["parent"]["kind"] for link in document["links"]} == {"submission", "query"}
        assert all(link["child"] == document["root"] for link in document["links"])


def test_a_large_graph_is_read_once(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Registry.open(template) as registry:
        asked: list[str] = []
        rows = registry._database.rows
        monkeypatch.setattr(registry._database, "rows", lambda sql, *more: asked.append(sql) or rows(sql, *more))
        graph = registry.graph()
        graph.around(graph.find("conus_2022"))
    assert len(asked) <= 3

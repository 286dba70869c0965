"""Loading: what a spec is, and what is said about files that are none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dsgrid.errors import DsgridError, NotFoundError, SpecError
from dsgrid.spec.load import load_spec, parse_spec

ROOT = Path(__file__).resolve().parents[3]

QUERY = """\
spec_version = 1
job = "query"
name = "annual"
project = "conus_2022"
datasets = ["comstock", "resstock"]

[result]
path = "results"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def problems(path: Path | str, **more: object) -> list[str]:
    with pytest.raises(DsgridError) as caught:
        load_spec(path, **more)  # type: ignore[arg-type]
    return [str(problem).split("\n")[0] for problem in caught.value.problems]


def test_a_spec_knows_its_values_and_their_places(folder: Path) -> None:
    spec = load_spec(write(folder / "query.toml", QUERY))
    assert spec.job == "query"
    assert spec.text == QUERY
    assert spec.path == folder / "query.toml"
    node = spec.root["datasets"][1]
    assert (node.value, node.where, node.key) == ("resstock", "query.toml:5:25", "datasets[1]")
    assert [child.value for child in spec.root["datasets"]] == ["comstock", "resstock"]
    assert [key for key, _ in spec.root.items()][-1] == "result"
    assert spec.root.get("step") is None
    assert "step" not in spec.root
    assert spec.root["result"].string("format", "parquet") == "parquet"
    assert spec.root["result"].scalar("unit") is None


def test_equal_hashes_ask_for_the_same(folder: Path) -> None:
    path = write(folder / "query.toml", QUERY.replace('"results"', '"${place}"'))
    hashes = [load_spec(path, variables={"place": place}).sha256 for place in ("a", "b", "a")]
    assert hashes[0] == hashes[2] != hashes[1]


def test_paths_resolve_against_the_folder_of_the_spec(folder: Path) -> None:
    (folder / "specs").mkdir()
    root = load_spec(write(folder / "specs" / "query.toml", QUERY)).root
    assert root["result"].resolve("path") == folder / "specs" / "results"
    with pytest.raises(NotFoundError) as caught:
        root["result"].file("path")
    assert str(caught.value) == 'specs/query.toml:8:8: result.path: no file "results" in specs; there are: "query.toml"'
    (folder / "specs" / "results").mkdir()
    assert root["result"].file("path") == folder / "specs" / "results"


def test_a_spec_keeps_its_folder_when_the_working_directory_changes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "elsewhere").mkdir()
    write(folder / "query.toml", QUERY)
    spec = load_spec("query.toml")
    monkeypatch.chdir("elsewhere")
    assert spec.path == Path("query.toml")
    assert spec.root["result"].resolve("path") == folder / "results"
    assert spec.root["name"].where == f"{folder}/query.toml:3:8"


def test_a_file_that_is_missing_is_named_with_the_closest_one(folder: Path) -> None:
    (folder / "results").touch()
    root = load_spec(write(folder / "query.toml", QUERY.replace('"results"', '"reslts"'))).root
    with pytest.raises(NotFoundError, match='did you mean "results"'):
        root["result"].file("path")
    root = load_spec(write(folder / "query.toml", QUERY.replace('"results"', '"no/where"'))).root
    with pytest.raises(NotFoundError, match=r'no file "no/where": there is no folder no$'):
        root["result"].file("path")


def test_a_mapping_is_a_spec_without_places() -> None:
    spec = load_spec({"name": "annual", "project": "p1", "datasets": ("d1",)}, "query")
    assert (spec.job, spec.path, spec.root["name"].where) == ("query", None, "")
    assert spec.root["spec_version"].value == 1
    # What plans any job is told by the mapping which one.
    assert load_spec({"job": "query", "name": "annual", "project": "p1", "datasets": ("d1",)}).job == "query"
    assert problems({"name": 5, "project": "p1", "dataset": ["d1"]}, job="query") == [
        'name: found the integer 5, expected a string; put it in quotes: "5"',
        'dataset: unknown key; did you mean "datasets"?',
    ]


def test_a_spec_is_loaded_once() -> None:
    spec = load_spec({"name": "annual", "project": "p1", "datasets": ["d1"]}, "query")
    assert load_spec(spec, "query") is spec
    with pytest.raises(SpecError, match='found a spec for "query", expected one for "submit_dataset"'):
        load_spec(spec, "submit_dataset")


def test_a_text_without_a_file_resolves_against_a_folder(tmp_path: Path) -> None:
    spec = parse_spec(QUERY, folder=tmp_path)
    assert spec.root["result"].resolve("path") == tmp_path / "results"


def test_line_ends_and_marks_of_windows_do_not_matter(folder: Path) -> None:
    text = QUERY.replace("\n", "\r\n")
    spec = load_spec(write(folder / "query.toml", b"\xef\xbb\xbf" + text.encode()))
    assert spec.root["result"]["path"].where == "query.toml:8:8"
    assert spec.root["name"].value == "annual"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("job = query\n", 'query.toml:1:7: no valid TOML: found query, expected a value; texts need quotes: "query"'),
        ("a = True\n", "query.toml:1:5: no valid TOML: found True, expected true"),
        ('a = 1\nb "x"\n', "query.toml:2:3: no valid TOML: expected '=' after a key in a key/value pair"),
        ("[result\n", "query.toml:1:8: no valid TOML: expected ']' at the end of a table declaration"),
        ('a = "x\n', "query.toml:1:7: no valid TOML: the line ends inside a string; its closing quote is missing"),
        ("a = [1\n", "query.toml:2:1: no valid TOML: unclosed array"),
        ("a = 1\n\na = 2\n", "query.toml:3:1: a: is there twice; the first is in line 1"),
        ("x.a = 1\nx.a = 2\n", "query.toml:2:3: x.a: is there twice; the first is in line 1"),
        ("[t]\n[u]\n[t]\n", "query.toml:3:1: t: is there twice; the first is in line 1"),
        ("t = { a = 1, a = 2 }\n", "query.toml:1:14: t.a: is there twice; the first is in line 1"),
        (f"a = {'[' * 9000}\n", "query.toml: arrays and tables are nested too deeply"),
        (b'job = "caf\xe9"\n', "query.toml:1:11: the byte 0xe9 is not UTF-8; save the file as UTF-8"),
    ],
)
def test_a_text_that_is_no_toml_is_refused_with_its_place(folder: Path, text: str | bytes, expected: str) -> None:
    assert problems(write(folder / "query.toml", text)) == [expected]


def test_a_syntax_error_shows_the_line(folder: Path) -> None:
    with pytest.raises(SpecError) as caught:
        load_spec(write(folder / "query.toml", "ok = 1\njob = query\n"))
    assert str(caught.value).split("\n")[1:] == ["    job = query", "          ^"]


def test_an_inline_table_over_several_lines_is_refused(folder: Path) -> None:
    text = QUERY.replace('[result]\npath = "results"', 'result = { path = "results",\n  format = "csv" }')
    assert problems(write(folder / "query.toml", text)) == [
        "query.toml:7:10: an inline table { } has to stay on one line; write a [table] or [[table]] instead"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 'query.toml:1:1: the spec is empty; missing key "job", one of '),
        ("spec_version = 1\n", 'query.toml:1:1: missing key "job", one of '),
        ('job = "qerry"\n', 'query.toml:1:7: job: found "qerry", which is no job; did you mean "query"?'),
        ("job = 3\n", 'query.toml:1:7: job: found 3, which is no job; there are: "bulk"'),
    ],
)
def test_without_a_known_job_only_the_job_is_asked_for(folder: Path, text: str, expected: str) -> None:
    (found,) = problems(write(folder / "query.toml", text))
    assert found.startswith(expected)


def test_a_spec_for_another_job_is_refused(folder: Path) -> None:
    path = write(folder / "query.toml", QUERY)
    assert problems(path, job="submit_dataset") == [
        'query.toml:2:7: job: found a spec for "query", expected one for "submit_dataset"'
    ]


def test_a_missing_spec_is_named_with_the_closest_file(folder: Path) -> None:
    write(folder / "query.toml", QUERY)
    with pytest.raises(NotFoundError, match=r'no file "qery.toml" in \.; did you mean "query.toml"'):
        load_spec("qery.toml")


def test_a_folder_is_no_spec_but_its_specs_are_named(folder: Path) -> None:
    write(folder / "query.toml", QUERY)
    assert problems(folder) == ['.: is a folder; expected a spec, a TOML file in it: "query.toml"']


def test_variables_are_filled_before_anything_is_checked(folder: Path) -> None:
    text = QUERY.replace('"results"', '"${place}/${year}"').replace('"comstock"', '"${dataset}"')
    path = write(folder / "query.toml", text)
    root = load_spec(path, variables={"place": "out", "year": "2018", "dataset": "comstock"}).root
    assert root["result"]["path"].value == "out/2018"
    assert root["datasets"].value == ["comstock", "resstock"]
    assert problems(path, variables={"place": "out", "year": "2018", "dataset": "not an id"}) == [
        'query.toml:5:13: datasets[0]: found "not an id", expected an id, or an id with a version such as "name@1" or '
        '"name@1.2.0"'
    ]


def test_a_variable_without_a_value_is_an_error_at_its_place(folder: Path) -> None:
    path = write(folder / "query.toml", QUERY.replace('"annual"', '"${yaer}"').replace('"results"', '"${place}"'))
    assert problems(path, variables={"year": "2018"}) == [
        'query.toml:3:8: name: no value for ${yaer}; did you mean "year"?',
        'query.toml:8:8: result.path: no value for ${place}; there are: "year"',
        'query.toml: --set year: the spec has no ${year}; did you mean "yaer"?',
    ]
    assert problems(path)[0] == "query.toml:3:8: name: no value for ${yaer}; set it with --set yaer=VALUE"


def test_a_value_that_no_variable_takes_is_an_error(folder: Path) -> None:
    path = write(folder / "query.toml", QUERY)
    assert problems(path, variables={"year": "2018"}) == [
        "query.toml: --set year: the spec has no ${year}; it has no variables"
    ]


def test_a_spec_is_checked_without_what_takes_long_to_import() -> None:
    code = (
        "import sys; from dsgrid.spec.load import load_spec; load_spec('specs/examples/good/register_project.toml'); "
        "print(*sorted({'numpy', 'pandas', 'pyarrow', 'pyspark', 'pint', 'rich'} & set(sys.modules)))"
    )
    environment = {"PYTHONPATH": str(ROOT / "lib")}
    done = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=environment, capture_output=True)
    assert done.stdout.split() == []

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.load import load_dimension, load_mapping, load_records, load_subset
from dsgrid.dimensions.mapping import Association
from dsgrid.dimensions.records import Record, Records
from dsgrid.errors import DataError, NotFoundError, SpecError
from dsgrid.spec.node import Node, Source


@pytest.fixture
def node(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def make(value: object) -> Node:
        return Node(value, (), Source(None, "", tmp_path))

    return make


@pytest.fixture
def csv(node, tmp_path):
    """Write a CSV file and return the node that names it."""

    def make(text: str | bytes, name: str = "t.csv") -> Node:
        data = text if isinstance(text, bytes) else text.encode()
        Path(tmp_path, name).write_bytes(data)
        return node(name)

    return make


def message(error: pytest.ExceptionInfo[Exception]) -> str:
    return str(error.value)


COUNTIES = "id,name,state,time_zone\n06037,Los Angeles,CA,America/Los_Angeles\n36005,Bronx,NY,\n"


# -- records


def test_ids_stay_text_and_further_columns_are_attributes(csv):
    records = load_records(csv(COUNTIES), "county", "geography")
    assert records.ids == ("06037", "36005")
    assert records.by_id["06037"] == Record("06037", "Los Angeles", {"state": "CA", "time_zone": "America/Los_Angeles"})
    assert records.by_id["36005"].get("time_zone") is None


def test_a_byte_order_mark_windows_lines_blanks_and_empty_lines_are_tolerated(csv):
    text = "\ufeff" + COUNTIES.replace("\n", "\r\n").replace("06037,", " 06037 ,") + "\r\n,,,\r\n"
    assert load_records(csv(text), "county", "geography") == load_records(csv(COUNTIES), "county", "geography")


def test_an_id_is_its_own_name(csv):
    assert load_records(csv("id\n2018\n"), "model_year", "model_year").rows == (Record("2018", "2018"),)


def test_parquet_gives_the_same_records_as_csv(csv, node, tmp_path):
    columns = {
        "id": pa.array(["06037", "36005"]).dictionary_encode(),
        "name": pa.array([" Los Angeles", "Bronx"], pa.large_string()),
        "state": ["CA", "NY"],
        "time_zone": ["America/Los_Angeles", None],
    }
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    assert load_records(node("t.parquet"), "county", "geography") == load_records(csv(COUNTIES), "county", "geography")


def test_parquet_in_a_folder_named_like_a_partition_keeps_its_columns(node, tmp_path):
    (tmp_path / "state=06").mkdir()
    pq.write_table(pa.table({"id": ["06037"]}), tmp_path / "state=06" / "t.parquet")
    assert load_records(node("state=06/t.parquet"), "county", "geography").columns == ("id", "name")


def test_inline_records_are_records_too(node):
    records = load_records(node([{"id": "com", "name": "Commercial"}, {"id": "res"}]), "sector", "sector")
    assert records.rows == (Record("com", "Commercial"), Record("res", "res"))


def test_cells_of_known_columns_are_converted(csv):
    text = "id,name,unit,base_year,base_value,note\ngdp,GDP,,2012,1.5,x\n"
    (record,) = load_records(csv(text), "pegged_index", "metric")
    assert record.attributes == {"unit": "", "base_year": 2012, "base_value": 1.5, "note": "x"}
    (state,) = load_records(csv("id,is_conus\nCA,True\n"), "state", "geography")
    assert state.get("is_conus") is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id,name\na,A\nb\n", "t.csv:3: 1 cells where the header has 2\nb"),
        ("id,name\na,A,surplus\n", "t.csv:2: 3 cells where the header has 2\na,A,surplus"),
        ("id,name\na,A\na,B\n", 't.csv:3: id "a" occurs twice; first in t.csv:2'),
        ("id,name\n ,A\n", "t.csv:2: the id is blank"),
        ("ids,name\na,A\n", 't.csv: there is no column "id"; did you mean "ids"?'),
        ("id,id\na,A\n", 't.csv:1: column "id" occurs twice'),
        ("id,name,\na,A,\n", "t.csv:1: column 3 has no name"),
        ("id;name\na;A\n", "t.csv:1: cells are separated by semicolons; a CSV table has commas"),
        ("id,name\n", "t.csv: the table has no records"),
        ("", "t.csv: the file is empty; a table has at least a header"),
        (b"id,name\na,Caf\xe9\n", "t.csv: the file is not UTF-8 (byte 0xe9); save it as UTF-8"),
        ('id,name\na,"A\n', "t.csv:2: the file is no CSV table: unexpected end of data"),
    ],
)
def test_a_table_that_breaks_a_rule_is_refused_with_its_line(csv, expected, text):
    with pytest.raises(DataError) as error:
        load_records(csv(text), "sector", "sector")
    assert message(error) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('id,name\n"a\nb",A\n', r't.csv:2: the id "a\nb" holds a control character (U+000A); it is text in one line'),
        ('id,name\n"a\rb",A\n', r't.csv:2: the id "a\rb" holds a control character (U+000D); it is text in one line'),
        ("id,name\n\x1bA,A\n", r't.csv:2: the id "\x1bA" holds a control character (U+001B); it is text in one line'),
        ("id,name\na,\x00A\n", r't.csv:2: the name "\x00A" holds a control character (U+0000); it is text in one line'),
        ("id\na\u2028b\n", r't.csv:2: the id "a\u2028b" holds a control character (U+2028); it is text in one line'),
    ],
)
def test_control_characters_in_ids_and_names_are_refused(csv, text, expected):
    with pytest.raises(DataError) as error:
        load_records(csv(text), "sector", "sector")
    assert message(error) == expected


def test_ids_of_any_printable_text_are_taken(csv):
    text = 'id,name\n"a,b","say ""hi"""\nGröße 5%,x\n[1] {2},\u200b\n'
    records = load_records(csv(text), "sector", "sector")
    assert [(each.id, each.name) for each in records] == [
        ("a,b", 'say "hi"'),
        ("Größe 5%", "x"),
        ("[1] {2}", "\u200b"),
    ]


def test_all_problems_of_a_table_are_told_at_once_up_to_a_limit(csv):
    with pytest.raises(DataError) as error:
        load_records(csv("id\n" + "a\n" * 50), "sector", "sector")
    assert len(error.value.problems) == 21
    assert message(error).endswith("t.csv: and 29 more problems")


def test_a_metric_needs_a_unit(csv):
    with pytest.raises(DataError, match='there is no column "unit"'):
        load_records(csv("id,name\ncooling,Cooling\n"), "energy_end_use", "metric")
    with pytest.raises(DataError, match=r't.csv:2: id "cooling": the unit is blank, but energy_end_use has one'):
        load_records(csv("id,unit\ncooling,\n"), "energy_end_use", "metric")


def test_a_growth_rate_has_no_unit(csv):
    (record,) = load_records(csv("id,fuel_id,unit\ncooling,electricity,\n"), "growth_rate", "metric")
    assert record.get("unit") == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id,unit,base_year,base_value\na,,soon,1\n", '"base_year" is a number, not "soon"'),
        ("id,unit,base_year,base_value\na,,2012.5,1\n", '"base_year" is a whole number, not "2012.5"'),
        ("id,unit,base_year,base_value\na,,2012,\n", '"base_value" is blank'),
    ],
)
def test_cells_that_are_not_what_the_class_says_are_refused(csv, text, expected):
    with pytest.raises(DataError) as error:
        load_records(csv(text), "pegged_index", "metric")
    assert expected in message(error)


@pytest.mark.parametrize("cell", [b"CA", ["CA"], {"state": "CA"}])
def test_an_attribute_of_parquet_that_is_no_single_value_is_refused(node, tmp_path, cell):
    pq.write_table(pa.table({"id": ["06037"], "state": [cell]}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match='"state" is a text, a number or a truth value, not'):
        load_records(node("t.parquet"), "county", "geography")


def test_integer_ids_in_parquet_are_refused_because_zeros_are_lost(node, tmp_path):
    pq.write_table(pa.table({"id": [6037], "name": ["Los Angeles"]}), tmp_path / "t.parquet")
    with pytest.raises(DataError) as error:
        load_records(node("t.parquet"), "county", "geography")
    assert message(error) == (
        't.parquet: column "id" holds int64: as numbers, ids such as 06037 lose their leading zeros; store it as text'
    )


def test_a_null_id_in_parquet_is_blank(node, tmp_path):
    pq.write_table(pa.table({"id": ["a", None]}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match=r"t.parquet \(row 2\): the id is blank"):
        load_records(node("t.parquet"), "sector", "sector")


def test_a_file_that_is_no_parquet_is_refused(csv):
    with pytest.raises(DataError, match=r"t.parquet: the file is no Parquet table"):
        load_records(csv("id\n", "t.parquet"), "sector", "sector")


def test_an_inline_number_is_no_id(node):
    with pytest.raises(DataError, match='an id is text: write id = "2018"'):
        load_records(node([{"id": 2018}]), "model_year", "model_year")


def test_a_missing_file_names_the_closest_one(csv, node):
    csv("id\na\n", "sectors.csv")
    with pytest.raises(NotFoundError, match=r'did you mean "sectors.csv"'):
        load_records(node("sector.csv"), "sector", "sector")


@pytest.mark.parametrize("name", ["t.xlsx", "folder"])
def test_only_csv_and_parquet_files_are_tables(csv, node, tmp_path, name):
    (tmp_path / "folder").mkdir()
    csv("id\n", "t.xlsx")
    with pytest.raises(DataError, match=name):
        load_records(node(name), "sector", "sector")


# -- dimensions


def test_a_dimension_has_the_plain_class_of_its_type_unless_it_says_so(node):
    records = [{"id": "com"}]
    assert load_dimension(node({"records": records}), "sector", "sector").record_class == "sector"
    found = load_dimension(node({"class": "county", "records": records, "description": "x"}), "county", "geography")
    assert (found.name, found.type, found.record_class, found.description) == ("county", "geography", "county", "x")


@pytest.mark.parametrize(
    ("class_", "expected"),
    [
        ("county", 'class "county" is of geography, not of sector; of sector there are: sector'),
        ("sectr", 'there is no class "sectr"; did you mean "sector"?'),
    ],
)
def test_a_class_of_another_type_is_refused(node, class_, expected):
    with pytest.raises(SpecError) as error:
        load_dimension(node({"class": class_, "records": [{"id": "a"}]}), "x", "sector")
    assert expected in message(error)


# -- mappings


@pytest.mark.parametrize("header", ["from,to,fraction", "from_id,to_id,from_fraction"])
def test_mapping_columns_have_two_names_and_any_order(csv, header):
    rows = "06037,CA,0.5\n06073,,1\n"
    found = load_mapping(csv_table(csv, f"{header}\n{rows}"))
    assert found.associations == (Association("06037", "CA", 0.5), Association("06073", None, 1.0))
    swapped = ",".join(reversed(header.split(",")))
    assert load_mapping(csv_table(csv, f"{swapped}\n0.5,CA,06037\n")).associations == found.associations[:1]


def csv_table(csv, text: str, **values) -> Node:
    name = csv(text)
    return Node({"kind": "many_to_many_explicit_multipliers", "records": name.value, **values}, (), name.source)


def test_without_a_fraction_it_is_1_and_the_tolerance_can_be_given(csv, node):
    found = load_mapping(csv_table(csv, "from,to\na,x\n", tolerance=0.01))
    assert found.associations == (Association("a", "x", 1.0),)
    assert found.tolerance == 0.01
    inline = {"kind": "duplication", "records": [{"from": "a", "to": "x"}, {"from": "a", "to": "y", "fraction": 1}]}
    assert load_mapping(node(inline)).associations == (Association("a", "x", 1.0), Association("a", "y", 1.0))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from,too\na,x\n", 'there is no column "to" (or "to_id"); did you mean "too"?'),
        ("from,from_id,to\na,a,x\n", 'columns "from" and "from_id" say the same; keep one'),
        ("from,to,share\na,x,1\n", 'a mapping has the columns from, to and fraction, not "share"'),
        ("from,to,fraction\na,x,half\n", 't.csv:2: the fraction is a finite number, not "half"'),
        ("from,to,fraction\na,x,\n", 't.csv:2: the fraction is a finite number, not ""'),
        ("from,to,fraction\na,x,nan\n", 't.csv:2: the fraction is a finite number, not "nan"'),
        ("from,to,fraction\na,x,1_0\n", 't.csv:2: the fraction is a finite number, not "1_0"'),
        ("from,to\n,x\n", "t.csv:2: the `from` id is blank"),
        (
            'from,to\na,"x\ty"\n',
            r't.csv:2: the `to` id "x\ty" holds a control character (U+0009); it is text in one line',
        ),
        ('from,to\n"a\rb",x\n', r't.csv:2: the `from` id "a\rb" holds a control character (U+000D)'),
    ],
)
def test_a_mapping_table_that_breaks_a_rule_is_refused(csv, text, expected):
    with pytest.raises(DataError) as error:
        load_mapping(csv_table(csv, text))
    assert expected in message(error)


@pytest.mark.parametrize(
    ("fractions", "expected"),
    [
        ([0.5, None], r"t.parquet (row 2): the fraction is a finite number, not NULL"),
        ([b"half", b"2"], "t.parquet (row 1): the fraction is a finite number"),
        ([date(2018, 1, 1), None], 't.parquet (row 1): the fraction is a finite number, not "2018-01-01"'),
    ],
)
def test_a_parquet_cell_that_is_no_number_is_no_fraction(node, tmp_path, fractions, expected):
    pq.write_table(pa.table({"from": ["a", "b"], "to": ["x", "x"], "fraction": fractions}), tmp_path / "t.parquet")
    with pytest.raises(DataError) as error:
        load_mapping(node({"kind": "many_to_many_explicit_multipliers", "records": "t.parquet"}))
    assert expected in message(error)


def test_an_unknown_kind_names_the_closest(node):
    with pytest.raises(SpecError, match='did you mean "one_to_one"'):
        load_mapping(node({"kind": "one-to-one", "records": []}))


# -- subsets

BASE = Dimension("county", "geography", "county", Records((Record("06037", "LA"), Record("06073", "SD"))))


def test_a_cell_that_is_not_blank_makes_a_member_and_numeric_ids_stay_text(csv):
    name = csv("id,coast,south\n06037,x,\n06073,1,yes\n")
    values = {"selectors": name.value, "attributes": {"coast": {"name": "Coast", "fuel_id": "e"}}, "description": "d"}
    found = load_subset(Node(values, (), name.source), "part", BASE)
    assert [(selector.name, selector.ids) for selector in found.selectors] == [
        ("coast", ("06037", "06073")),
        ("south", ("06073",)),
    ]
    assert (found.selectors[0].description, found.selectors[0].attributes) == ("Coast", {"fuel_id": "e"})
    assert (found.name, found.of, found.description) == ("part", "county", "d")


def test_tables_of_selectors_may_be_of_noughts_and_ones(csv, node, tmp_path):
    text = "id,coast,north,east\n06037,1,0,yes\n36047,0,TRUE,No\n08031,x,False,\n"
    three = Dimension(
        "county", "geography", "county", Records(tuple(Record(id_, id_) for id_ in ("06037", "36047", "08031")))
    )
    found = load_subset(Node({"selectors": csv(text).value}, (), csv(text).source), "part", three)
    members = {selector.name: selector.ids for selector in found.selectors}
    assert members == {"coast": ("06037", "08031"), "north": ("36047",), "east": ("06037",)}
    table = pa.table(
        {"id": ["06037", "36047", "08031"], "coast": [1, 0, 1], "north": [False, True, None], "east": [1, 0, 0]}
    )
    pq.write_table(table, tmp_path / "t.parquet")
    again = load_subset(node({"selectors": "t.parquet"}), "part", three)
    assert {selector.name: selector.ids for selector in again.selectors} == members


def test_inline_selectors_are_lists_of_ids(node):
    found = load_subset(node({"selectors": {"coast": ["06037"]}}), "part", BASE)
    assert found.selectors[0].ids == ("06037",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id,coast\n6037,x\n", 'selector "coast": id "6037" lost its leading zero; did you mean "06037"?'),
        ("id,coast\n06037,x\n06037,\n", 'id "06037" occurs twice'),
        ("id\n06037\n", "the table has no selectors"),
        ("fips,coast\n06037,x\n", 'there is no column "id"'),
        ("id,coast\n,x\n", "the id is blank"),
        ("id,coast,north\n06037,x,\n", 'selector "north" selects nothing'),
        ('id,"co\nast"\n06037,x\n', r'the name of a selector "co\nast" holds a control character (U+000A)'),
    ],
)
def test_a_selector_table_that_breaks_a_rule_is_refused(csv, text, expected):
    with pytest.raises(DataError) as error:
        load_subset(Node({"selectors": csv(text).value}, (), csv(text).source), "part", BASE)
    assert expected in message(error)


def test_attributes_of_a_selector_that_does_not_exist_are_refused(node):
    with pytest.raises(SpecError, match='no selector "cost"; did you mean "coast"'):
        load_subset(node({"selectors": {"coast": ["06037"]}, "attributes": {"cost": {}}}), "part", BASE)

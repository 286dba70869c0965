"""Mistakes in data files: files that cannot be read, columns that are not what the spec says, lookups, gaps."""

from __future__ import annotations

import pyarrow as pa
from tests.mistakes.good import Files
from tests.mistakes.mistake import (
    added,
    all_facts,
    both,
    column,
    edited,
    everywhere,
    homes,
    is_now,
    moved,
    offices,
    people,
    put,
    table,
    with_column,
    without,
)


def _emptied(files: Files) -> Files:
    return {**{name: content for name, content in files.items() if "part-" not in name}, "offices/_SUCCESS": b""}


IN_TABLES = (
    homes(
        "an empty file of data",
        is_now("homes.csv", ""),
        "homes.csv: the file is empty",
    ),
    homes(
        "a header and no data",
        without("homes.csv", *range(2, 98)),
        "homes.csv: the table holds no rows",
    ),
    homes(
        "semicolons",
        everywhere("homes.csv", ",", ";"),
        "homes.csv:1: cells are separated by semicolons; a CSV table has commas",
    ),
    homes(
        "tabs",
        everywhere("homes.csv", ",", "\t"),
        "homes.csv:1: cells are separated by tabs; a CSV table has commas",
    ),
    homes(
        "data in UTF-16",
        edited("homes.csv", lambda text: text.decode().encode("utf-16")),
        "homes.csv: the file is UTF-16; save it as UTF-8",
    ),
    homes(
        "Latin 1 in data",
        edited("homes.csv", lambda text: text.replace(b"lighting", b"licht\xfc")),
        "homes.csv:26: the line is not UTF-8 (byte 0xfc); save the file as UTF-8",
    ),
    homes(
        "a line with a cell too many",
        put("homes.csv", "06037,heating,2018-07-10 03:00:00,3.5", "06037,heating,2018-07-10 03:00:00,3,5"),
        "homes.csv:5: the line has 5 cells, the header has 4",
    ),
    homes(
        "a line with a cell too few",
        put("homes.csv", "06037,heating,2018-07-10 03:00:00,3.5", "06037,heating,2018-07-10 03:00:00"),
        "homes.csv:5: the line has 3 cells, the header has 4",
    ),
    homes(
        "no header",
        without("homes.csv", 1),
        'homes.toml:11:9: data.table: no column of homes.csv has a name that says what it is: "06037", '
        '"heating", "2018-07-10 00:00:00", "0.5"; are these names of columns?',
    ),
    homes(
        "an index that pandas wrote",
        with_column("homes.csv", "", "0", first=True),
        "homes.csv: a column has no name, which no spec can say (pandas writes an index so; index=False leaves it out)",
    ),
    homes(
        "a column twice",
        put("homes.csv", "timestamp", "metric"),
        'homes.csv: column "metric" occurs more than once',
    ),
    homes(
        "a blank after the comma in the header",
        put("homes.csv", "fips,metric", "fips, metric"),
        'homes.csv: the name of column " metric" has blanks around it, which no spec can say',
    ),
    homes(
        "a file without an ending",
        both(moved("homes.csv", "homes"), put("homes.toml", '"homes.csv"', '"homes"')),
        'homes: no table: the name ends in "", expected one of .parquet, .csv, .json, .jsonl, .ndjson',
    ),
    homes(
        "a spreadsheet",
        both(moved("homes.csv", "homes.xlsx"), put("homes.toml", '"homes.csv"', '"homes.xlsx"')),
        'homes.xlsx: no table: the name ends in ".xlsx", expected one of .parquet, .csv, .json, .jsonl, '
        ".ndjson; text files may be compressed (.gz, .bz2, .zst)",
    ),
    homes(
        "CSV that is called Parquet",
        both(moved("homes.csv", "homes.parquet"), put("homes.toml", '"homes.csv"', '"homes.parquet"')),
        "homes.parquet: not a Parquet file, or only a part of one: it has no footer",
    ),
    homes(
        "Parquet that is called CSV",
        lambda files: {**files, "homes.csv": files["offices/part-0.parquet"]},
        "homes.csv: the file is Parquet, not CSV; its name has to end in .parquet",
    ),
    offices(
        "Parquet that is cut off",
        edited("offices/part-1.parquet", lambda content: content[:-100]),
        "offices/part-1.parquet: not a Parquet file, or only a part of one: it has no footer",
    ),
    offices(
        "a folder of several formats",
        added("offices/readme.csv", "id\n1\n"),
        "offices: the folder mixes formats: csv, parquet",
    ),
    offices(
        "a folder with a text file",
        added("offices/readme.txt", "These are offices.\n"),
        'offices/readme.txt: no table: the name ends in ".txt", expected one of .parquet, .csv, .json, '
        ".jsonl, .ndjson; text files may be compressed (.gz, .bz2, .zst)",
    ),
    offices(
        "a folder in the folder",
        added("offices/year=2018/part-0.parquet", ""),
        "offices: the file part-0.parquet lies beside the folder year=2018",
    ),
    offices(
        "an empty folder",
        _emptied,
        "offices: the folder holds no files",
    ),
    offices(
        "files with other columns",
        table("offices/part-1.parquet", lambda found: found.rename_columns(["id", "timestamp", "heat", "lights"])),
        'offices/part-1.parquet: its columns are not those of part-0.parquet: no "light", surplus "lights"',
    ),
    homes(
        "a column of another name",
        put("homes.csv", "timestamp", "time"),
        'homes.toml:11:9: data.table: no column "timestamp" in homes.csv; did you mean "time"? Then '
        'write [time] column = "time"',
    ),
    homes(
        "a column that nothing explains",
        with_column("homes.csv", "note", "x"),
        'homes.toml:11:9: data.table: column "note" of homes.csv is neither declared nor ignored',
    ),
    homes(
        "no column of values",
        put("homes.csv", "kwh", "kw"),
        'homes.toml:11:9: data.table: no column "kwh" in homes.csv; did you mean "kw"? Then write [data] value = "kw"',
    ),
    homes(
        "a misspelt column in the spec",
        put("homes.toml", "[data.columns.fips]", "[data.columns.fip]"),
        'homes.toml:14:1: data.columns.fip: no column "fip" in homes.csv; did you mean "fips"?',
    ),
    homes(
        "a misspelt type of a column",
        put("homes.toml", 'dimension = "geography"', 'dimension = "geografy"'),
        'homes.toml:15:13: data.columns.fips.dimension: found "geografy", expected one of "geography", '
        '"sector", "subsector", "metric", "scenario", "model_year", "weather_year"; did you mean '
        '"geography"?',
    ),
    homes(
        "a column to ignore that is not there",
        put("homes.toml", 'value = "kwh"', 'value = "kwh"\nignore = ["notes"]'),
        'homes.toml:13:11: data.ignore[0]: no column "notes" to ignore; there are: "fips", "metric", '
        '"timestamp", "kwh"',
    ),
    homes(
        "a column that two types claim",
        put("homes.toml", 'dimension = "geography"', 'dimension = "metric"'),
        'homes.toml:11:9: data.table: columns "fips" and "metric" of homes.csv both hold "metric"',
        'homes.toml:18:1: dimension.geography: dimension "geography" has 2 records but no column; there '
        'are: "fips", "metric", "timestamp", "kwh"',
    ),
    offices(
        "no column for a record",
        table("offices/part-1.parquet", lambda found: found.drop_columns(["light"])),
        'offices/part-1.parquet: its columns are not those of part-0.parquet: no "light"',
    ),
    offices(
        "no column for a record in any file",
        all_facts(lambda found: found.drop_columns(["light"])),
        'offices.toml:10:9: data.table: no column for 1 of 2 records of "metric": "light"',
    ),
    offices(
        "a misspelt record among the columns",
        all_facts(lambda found: found.rename_columns(["id", "timestamp", "heat", "ligth"])),
        'offices.toml:10:9: data.table: no column for 1 of 2 records of "metric": "light"; did you mean "ligth"?',
    ),
    offices(
        "no ids in the facts",
        all_facts(lambda found: found.drop_columns(["id"])),
        'offices.toml:10:9: data.table: no column "id" in offices; there are: "timestamp", "heat", "light"',
    ),
    offices(
        "no ids in the lookup",
        put("offices_lookup.csv", "id,", "key,"),
        'offices.toml:11:10: data.lookup: no column "id" in offices_lookup.csv; did you mean "key"? Then '
        'write [data] id = "key"',
    ),
    offices(
        "ids that are texts in the facts",
        column("offices/part-1.parquet", "id", lambda ids: [f"no. {id_}" for id_ in ids]),
        "offices: ids are text here and integers in offices_lookup.csv",
    ),
    offices(
        "ids that are texts in the lookup",
        put("offices_lookup.csv", "\n2,", "\ntwo,"),
        'offices_lookup.csv:3: column "id": "two" is not an integer',
    ),
    offices(
        "a row twice in the lookup",
        added("offices_lookup.csv", "1,west,small,10\n"),
        "offices_lookup.csv:5: 1 row given more than once",
    ),
    offices(
        "ids that the lookup lacks",
        without("offices_lookup.csv", 3),
        "offices: 1 id that offices_lookup.csv lacks: 2",
        "offices: 2 combinations are missing: subsector=large",
    ),
    offices(
        "ids that the facts lack",
        added("offices_lookup.csv", "4,east,large,1\n"),
        "offices_lookup.csv: 1 id that offices lacks: 4",
    ),
    offices(
        "a combination twice in the lookup",
        both(
            put("offices_lookup.csv", "2,west,large", "2,west,small"),
            put("offices_missing.csv", "east,large", "*,large"),
        ),
        "offices: several time arrays for 2 combinations of records, the first: west, heat",
    ),
    offices(
        "a scaling factor that is NaN",
        put("offices_lookup.csv", "west,small,10", "west,small,nan"),
        "offices_lookup.csv:2: 1 row with a scaling_factor that is NaN or infinite",
    ),
    offices(
        "a scaling factor that is a word",
        put("offices_lookup.csv", "west,small,10", "west,small,ten"),
        'offices_lookup.csv:2: column "scaling_factor": "ten" is not a number',
    ),
    offices(
        "a misspelt id in the lookup",
        put("offices_lookup.csv", "west,large", "west,larg"),
        'offices_lookup.csv:3: column "subsector": there is no record of subsector "larg"; did you mean "large"?',
    ),
    offices(
        "a blank id of a record in the lookup",
        put("offices_lookup.csv", "west,large", ",large"),
        "offices_lookup.csv:3: 1 row without a geography",
    ),
    offices(
        "an unknown column in the lookup",
        put("offices_lookup.csv", "scaling_factor", "scale_factor"),
        'offices.toml:11:10: data.lookup: column "scale_factor" of offices_lookup.csv is neither '
        'declared nor ignored; did you mean "scaling_factor"?',
    ),
    offices(
        "a type in the facts and in the lookup",
        all_facts(lambda found: found.append_column("subsector", pa.array(["small"] * len(found)))),
        'offices.toml:11:10: data.lookup: "subsector" is a column of both the table and the lookup',
    ),
    offices(
        "a gap that is not declared",
        put("offices.toml", '"offices_missing.csv"', ""),
        "offices.toml:13:11: data.missing: found no items, expected at least 1",
    ),
    offices(
        "a gap that has data",
        added("offices_missing.csv", "west,large\n"),
        "offices: 2 combinations with data declared missing by offices_missing.csv, the first: west, large, heat",
    ),
    offices(
        "gaps of a misspelt id",
        put("offices_missing.csv", "east,large", "east,larges"),
        'offices_missing.csv:2: column "subsector": there is no record of subsector "larges"; did you mean "large"?',
    ),
    offices(
        "gaps of a misspelt type",
        put("offices_missing.csv", "subsector", "subsectors"),
        'offices_missing.csv: column "subsectors" is no dimension type; did you mean "subsector"?',
    ),
    offices(
        "gaps with a blank",
        put("offices_missing.csv", "east,large", "east,"),
        'offices_missing.csv: column "subsector" has empty cells; * means every id',
    ),
    offices(
        "gaps of everything",
        put("offices_missing.csv", "east,large", "*,*"),
        "offices_missing.csv: a row with * in every column would declare everything missing",
    ),
    offices(
        "gaps in a file that is not there",
        put("offices.toml", '"offices_missing.csv"', '"office_missing.csv"'),
        'offices.toml:13:12: data.missing[0]: no file "office_missing.csv" in files; did you mean '
        '"offices_missing.csv"?',
    ),
    offices(
        "data that nobody expects",
        both(
            put("offices.toml", 'missing = ["offices_missing.csv"]', 'expected = ["offices_expected.csv"]'),
            added("offices_expected.csv", "geography,subsector\nwest,small\neast,small\n"),
        ),
        "offices: 2 combinations with data match no row of offices_expected.csv, the first: west, large, heat",
    ),
    people(
        "gaps that lost their zeros",
        both(
            put("people.toml", '"people.csv"', '"people.csv"\nmissing = ["gaps.csv"]'),
            added("gaps.csv", "geography\n6037\n"),
        ),
        'gaps.csv:2: column "geography": id "6037" lost its leading zero; did you mean "06037"?',
    ),
)

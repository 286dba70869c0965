from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dsgrid.importers.document import Entry
from dsgrid.importers.unmapped import unmapped

Make = Callable[..., Entry]


def _states(repository: Path) -> dict[str, object]:
    return {"class": "State", "type": "geography", "name": "own_state", "file": str(repository / "states.csv")}


def test_records_that_neither_the_project_nor_a_mapping_knows_are_told(
    project_file: Make, dataset_file: Make, repository: Path
) -> None:
    (remark,) = unmapped(
        project_file(), dataset_file(dimensions=[_states(repository)]), {"geography": {"to": "county"}}
    )
    assert remark.kind == "decide"
    assert remark.message.startswith(
        '2 of 2 records of geography are none of the project\'s ("CA", "NY"), and no mapping'
    )


def test_what_is_mapped_or_known_to_the_project_needs_no_word(
    project_file: Make, dataset_file: Make, repository: Path
) -> None:
    assert unmapped(project_file(), dataset_file(), {}) == ()
    states = dataset_file(dimensions=[_states(repository)])
    assert unmapped(project_file(), states, {"geography": {"kind": "duplication", "records": "states.csv"}}) == ()
    assert unmapped(project_file(), states, {"geography": {"reverse_of": "state", "kind": "duplication"}}) == ()


def test_a_table_that_is_not_there_is_said_elsewhere(project_file: Make, dataset_file: Make, repository: Path) -> None:
    absent = dataset_file(dimensions=[_states(repository) | {"file": "absent.csv"}])
    assert unmapped(project_file(), absent, {}) == ()

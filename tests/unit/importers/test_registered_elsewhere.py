"""Dimensions and mappings that a project refers to, and that are registered by files of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsgrid.errors import SpecError
from dsgrid.importers.document import Entry
from dsgrid.importers.project import project
from dsgrid.importers.registered import RegisteredMappings
from dsgrid.spec.load import load_spec

from .conftest import PROJECT, Make

STATES = {"name": "US States", "type": "geography", "version": "1.0.0"}
COUNTIES = {"name": "county", "type": "geography", "version": "1.0.0"}


def _mappings(repository: Path, source: dict[str, Any] = COUNTIES) -> Entry:
    mapping = {"file": "county_to_state.csv", "from_dimension": source, "to_dimension": STATES}
    return Entry({"mappings": [mapping]}, repository / "dimension_mappings_with_ids.json5")


def _project(make: Make, **changes: Any) -> Entry:
    own = PROJECT["dimensions"] | {"supplemental_dimensions": [], "supplemental_dimension_references": [STATES]}
    return make(dimensions=own, **changes)


@pytest.mark.parametrize("named", [True, False])
def test_a_supplemental_dimension_by_reference_takes_the_mapping_that_leads_to_it(
    project_file: Make, repository: Path, named: bool
) -> None:
    references = {
        "base_to_supplemental_references": [
            {"mapping_names": {"from": "county", "to": "US States"}, "version": "1.0.0"}
        ]
    }
    document = _project(project_file, dimension_mappings=references if named else None)
    spec = project(document, registered=RegisteredMappings.of([_mappings(repository)])).spec
    assert spec["supplemental"] == {
        "US States": {
            "of": "county",
            "use": "US States",
            "mapping": {"kind": "many_to_one_aggregation", "records": str(repository / "county_to_state.csv")},
        }
    }
    load_spec(spec)


def test_references_by_id_are_found_by_the_ids_of_a_registry(project_file: Make, repository: Path) -> None:
    (entry,) = _mappings(repository, {"type": "geography", "dimension_id": "47-11"}).entries("mappings")
    own = PROJECT["dimensions"] | {
        "supplemental_dimensions": [],
        "supplemental_dimension_references": [{"type": "geography", "dimension_id": "08-15"}],
    }
    target = Entry(
        {**entry.value, "to_dimension": {"type": "geography", "dimension_id": "08-15"}}, entry.file, entry.path
    )
    references = {"base_to_supplemental_references": [{"mapping_id": "aa-bb", "version": "1.0.0"}]}
    names = {"47-11": "county", "08-15": "US States"}
    document = project_file(dimensions=own, dimension_mappings=references)
    spec = project(document, names, registered=RegisteredMappings(by_id={"aa-bb": target})).spec
    assert spec["supplemental"]["US States"]["of"] == "county"


def test_without_the_mapping_the_reference_is_refused(project_file: Make) -> None:
    with pytest.raises(SpecError, match=r'references\[0\]: not supported: .*"US States" by reference without the file'):
        project(_project(project_file))


def test_a_mapping_from_something_else_is_an_error(project_file: Make, repository: Path) -> None:
    other = RegisteredMappings.of([_mappings(repository, COUNTIES | {"name": "zips"})])
    with pytest.raises(SpecError, match='the mapping leads from "zips", which is no base dimension'):
        project(_project(project_file), registered=other)

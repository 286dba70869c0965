"""What was called otherwise in an imported registry is found by its names of there."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.records import Record, Records
from dsgrid.errors import NotFoundError
from dsgrid.operations.history import history
from dsgrid.registry.registry import Registry
from dsgrid.registry.whole_dump import dump_all

OLD = "20be0525-3b71-42aa-878e-04b09b230699"


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    opened = Registry.create(tmp_path / "registry")
    with opened.registration("first", submitter="anne", registered_at="2025-03-01T10:30:00.000000Z") as registration:
        registration.add_dimensions("shared", [sectors("com")])
        registration.add_alias("dimension", (OLD, "1.0.0"), ("shared/sector", "1.0.0"))
        registration.add_alias("dimension", ("shared/sector", "1.4.0"), ("shared/sector", "1.0.0"))
    return opened


def sectors(*ids: str) -> Dimension:
    records = Records(tuple(Record(id_, id_) for id_ in ids))
    return Dimension("sector", "sector", "sector", records)


def test_an_alias_stands_for_an_id_everywhere(registry: Registry) -> None:
    assert registry.kind(OLD) == "dimension"
    assert registry.dimension(OLD).id == "shared/sector"
    assert registry.dimension(f"{OLD}@1").version == "1.0.0"
    assert registry.entry(OLD)["dimension"] == "shared/sector"
    assert registry.history(OLD).id == "shared/sector"
    assert registry.references(OLD[:8]) == [(OLD, "dimension")]
    assert registry.own_reference(f"{OLD}@1.0.0") == "shared/sector@1.0.0"
    with registry.records(OLD) as table:
        assert table.columns[0] == "id"


def test_numbers_of_before_are_looked_at_where_there_are_none_of_here(registry: Registry) -> None:
    assert registry.dimension("shared/sector@1.4").version == "1.0.0"
    assert registry.dimension("shared/sector").version == "1.0.0"
    with pytest.raises(NotFoundError, match=r"no version 3; there are: 1\.0\.0"):
        registry.dimension("shared/sector@3")
    with pytest.raises(NotFoundError, match="has no version 2"):
        registry.dimension(f"{OLD}@2")


def test_a_new_version_is_what_an_alias_without_a_number_means(registry: Registry) -> None:
    proposal = registry.proposals.dimensions("shared", [sectors("com", "res")])
    with registry.registration("second") as registration:
        registration.write(proposal)
    newest = registry.dimension("shared/sector").version
    assert newest != "1.0.0"
    assert registry.dimension(OLD).version == newest
    assert registry.dimension(f"{OLD}@1.0.0").version == "1.0.0"


def test_a_number_that_meant_something_is_not_given_again(registry: Registry) -> None:
    with registry.registration("second") as registration:
        for version in ("1.1.0", "2.0.0"):
            registration.add_alias("dimension", ("shared/sector", version), ("shared/sector", "1.0.0"))
    (part,) = registry.proposals.dimensions("shared", [sectors("com", "res")]).parts
    assert part.new == "1.2.0"


def test_a_removal_by_an_alias_takes_the_alias_along(registry: Registry) -> None:
    removal = registry.removal([OLD])
    assert [node.id for node in removal.nodes] == ["shared/sector"]
    with registry.registration("away") as registration:
        registration.remove([OLD], False, removal)
    assert registry.aliases() == []
    with pytest.raises(NotFoundError):
        registry.kind(OLD)


def test_the_list_and_the_history_tell_aliases(registry: Registry) -> None:
    first, second = registry.aliases()
    assert (first["id"], first["of_id"], first["submitter"]) == (OLD, "shared/sector", "anne")
    assert (second["version"], second["of_version"]) == ("1.4.0", "1.0.0")
    told = history(registry.folder, OLD).report()
    assert f"also called {OLD}@1.0.0, 1.4.0" in told
    assert "2025-03-01 10:30 UTC  anne" in told


def test_a_dump_of_everything_says_that_it_leaves_aliases_out(registry: Registry, tmp_path: Path) -> None:
    notes = dump_all(registry, tmp_path / "dump").notes
    assert "2 aliases of an imported registry left out; `dsgrid registry copy` takes them along" in notes

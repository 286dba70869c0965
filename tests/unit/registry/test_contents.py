"""What is stored has the checksum that it was registered with, whatever the values are."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from registry_values import projects, register
from tests.rounds import rounds

from dsgrid.registry import contents
from dsgrid.registry.model import Project
from dsgrid.registry.registry import Registry


@rounds(8)
@given(projects())
def test_stored_records_and_associations_have_their_checksums(project: Project) -> None:
    with tempfile.TemporaryDirectory() as folder, Registry.create(Path(folder) / "registry") as registry:
        register(registry, project)
        database = registry.database
        for table, stored in (
            ("record_tables", contents.stored_records_sha256),
            ("association_tables", contents.stored_associations_sha256),
        ):
            count = table.removesuffix("_tables") + "s"
            for row in database.select(table, f"key, sha256, {count} AS count", order="key"):
                assert stored(database, row["key"]) == (row["count"], row["sha256"])

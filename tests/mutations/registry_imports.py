"""An import of a registry that was spoilt, and what holds of every such import."""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random
from typing import Any, Final

from tests.mutations.imports import SECONDS, at_most
from tests.mutations.in_registry import Folder, spoilt
from tests.mutations.tree import snapshot

from dsgrid.errors import DsgridError
from dsgrid.operations.import_registry import import_registry
from dsgrid.registry.registry import Registry

# A spec or the place is wrong, something is not there, data or models are wrong, the registry is damaged or locked.
CODES: Final = (0, 2, 3, 4, 5, 6)
NUMBERS: Final = (1, 1, 2, 3)


def import_spoilt(source: Path, work: Path, seed: str, engine: Any = None) -> None:
    """Spoil a registry, import it to a folder beside, and check that this ends as it should."""
    random = Random(seed)
    edits = spoilt(Folder(source), random, random.choice(NUMBERS))
    print("\n".join(map(str, edits)))  # shown when it fails
    before = snapshot(source)
    target = work / "registry"
    spec = {"spec_version": 1, "job": "import_registry", "source": str(source), "target": str(target)}
    try:
        with at_most(SECONDS):
            import_registry(spec, engine=engine)
    except DsgridError as error:
        code, said = error.exit_code, str(error)
    else:
        code, said = 0, "all of it"
    assert code in CODES, said
    assert said
    assert "defect" not in said
    assert snapshot(source) == before, "the other registry has changed"
    assert set(os.listdir(work)) <= {source.name, target.name}, "something was left beside the registry"
    # All of it is there, or nothing.
    assert target.exists() == (code in (0, 4)), said
    if target.exists():
        assert json.loads((target / "import_report.json").read_text("utf-8"))
        with Registry.open(target) as opened:
            assert len(opened.projects()) <= 1

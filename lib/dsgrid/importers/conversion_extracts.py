"""Files of a repository that say what a small copy of a registry keeps."""

from __future__ import annotations

from functools import partial
from typing import Final

from dsgrid.importers.conversion import Conversion, safe_name
from dsgrid.importers.filter_file import filter_file

EXTRACTS: Final = "extracts"


def extracts(conversion: Conversion) -> None:
    """Translate the files of filtered registries; each becomes a spec by project, which no bulk runs by itself."""
    repository, outcomes = conversion.repository, conversion.outcomes
    for document in repository.of_kind("filter"):
        name = safe_name(document.file.stem)
        target = conversion.settings.target / EXTRACTS / name
        made = outcomes.attempt(
            document.file,
            partial(filter_file, document, target, repository.projects),
        )
        for translation in made or ():
            about = str(translation.spec.get("project") or translation.spec["projects"][0])
            conversion.add(
                document, EXTRACTS, translation, f"{name}_{safe_name(about)}" if len(made or ()) > 1 else name
            )

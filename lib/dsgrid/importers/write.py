"""A translation as files: the spec, and copies of its records beside it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dsgrid.importers.notes import noted
from dsgrid.importers.tables import write_csv
from dsgrid.importers.translation import Target, Translation
from dsgrid.registry.toml import escaped
from dsgrid.toml_text import WIDTH, Inline, dumps

# More records than this are easier to read and to diff in a file of their own.
_INLINE: Final = 12

# Lists that read better as one table per item.
_ARRAYS_OF_TABLES: Final = ("where", "step", "together")

# Keys whose values are small tables that belong to the spec; everything else (the facts) stays where it is.
_RECORDS: Final = "records"
_FOLDERS: Final = {"selectors": "dimensions", "missing": "associations", "expected": "associations"}
_FACTS: Final = ("table", "lookup", "path")
# Keys at the top of a spec that name a folder.
_PLACES: Final = (("registry",), ("result",), ("output",), ("target",))


def write(
    translation: Translation,
    folder: Path,
    name: str = "",
    schemas: Path | None = None,
    notes: Mapping[Target, str] | None = None,
) -> Path:
    """Write a spec and the records it names; return the path of the spec.

    Record tables are copied to ``dimensions/``, ``mappings/`` and ``associations/`` in the folder. Facts are neither
    copied nor changed: the spec says where they are.

    Parameters
    ----------
    name
        The file's name without ``.toml``; the name of the job by default.
    schemas
        The folder of the schemas, for editors.
    notes
        Comments by the key of the spec that they are about; where there is no such key, they go to the table around it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    spec = _Places(folder.resolve()).place(translation.spec, ())
    schema = schemas and Path(os.path.relpath(schemas, folder)) / f"{translation.job}.schema.json"
    path = folder / f"{name or translation.job}.toml"
    first = f"#:schema {schema.as_posix()}\n" if schema else ""
    styled = _styled(spec, ())
    for target, note in (notes or {}).items():
        styled, above = noted(styled, target, note)
        first += above
    path.write_text(first + dumps(escaped(styled)), encoding="utf-8")
    return path


def _styled(value: Any, path: tuple[str, ...]) -> Any:
    """Mark the tables that read best in one line: records, and short tables that are deep inside."""
    if isinstance(value, Mapping):
        table = {key: _styled(child, (*path, key)) for key, child in value.items()}
        short = len(path) > 2 and len(dumps({path[-1]: Inline(table)})) <= WIDTH
        return Inline(table) if short else table
    if isinstance(value, list) and path[-1] not in _ARRAYS_OF_TABLES:
        return [Inline(item) if isinstance(item, Mapping) else item for item in value]
    if isinstance(value, list):
        return [{key: _styled(child, (*path, key)) for key, child in item.items()} for item in value]
    return value


@dataclass(frozen=True)
class _Places:
    """Puts files into the folder of a spec, and says the paths they have from there."""

    folder: Path

    def place(self, value: Any, path: tuple[str, ...]) -> Any:
        """Return a value of the spec with all paths relative to the folder."""
        if isinstance(value, Mapping):
            return {key: self.place(child, (*path, key)) for key, child in value.items()}
        key = path[-1] if path else ""
        if key == _RECORDS:
            return self._records(value, path)
        if key in _FOLDERS and self._names_files(value, path):
            if isinstance(value, list):
                return [self._copy(Path(item), _FOLDERS[key]) for item in value]
            return self._copy(Path(value), _FOLDERS[key])
        if (key in _FACTS and path[0] in ("data", "result")) or path in _PLACES:
            return self._from_here(value)
        if isinstance(value, list):
            return [self.place(item, path) for item in value]
        return value

    def _names_files(self, value: Any, path: tuple[str, ...]) -> bool:
        # `selectors` are a file of a subset, but names in filters and requirements.
        return path[0] == "data" or (path[0] == "subset" and isinstance(value, str))

    def _records(self, value: Any, path: tuple[str, ...]) -> Any:
        kind = "mappings" if "mapping" in path else "dimensions"
        if isinstance(value, str):
            return self._copy(Path(value), kind)
        if len(value) <= _INLINE:
            return value
        owner = next(part for part in reversed(path) if part not in (_RECORDS, "mapping"))
        target = self._free(kind, f"{_file_name(owner)}.csv", None)
        write_csv(target, value)
        return target.relative_to(self.folder).as_posix()

    def _copy(self, source: Path, kind: str) -> str:
        if not source.is_file():  # a Parquet table of several files, or nothing to copy
            return self._from_here(source)
        target = self._free(kind, source.name, source)
        if not target.exists():
            shutil.copyfile(source, target)
        return target.relative_to(self.folder).as_posix()

    def _from_here(self, path: Path | str) -> str:
        return Path(os.path.relpath(path, self.folder)).as_posix()

    def _free(self, kind: str, name: str, source: Path | None) -> Path:
        """Return a path that is free, or that holds the same bytes already: specs of one folder share their files."""
        (self.folder / kind).mkdir(exist_ok=True)
        for candidate in _candidates(self.folder / kind / name):
            if not candidate.exists() or (source and candidate.read_bytes() == source.read_bytes()):
                return candidate
        raise AssertionError  # the candidates never end


def _candidates(path: Path) -> Iterator[Path]:
    yield path
    number = 2
    while True:
        yield path.with_stem(f"{path.stem}_{number}")
        number += 1


def _file_name(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name).lower()

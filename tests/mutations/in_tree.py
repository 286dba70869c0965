"""Edits of the folders of a repository: what is moved, lost, copied, linked, or called otherwise."""

from __future__ import annotations

from pathlib import PurePosixPath
from random import Random
from typing import Final

from tests.mutations.edit import Change, Edit
from tests.mutations.tree import CONFIGURATIONS, Tree

_ODD_NAMES: Final = (
    "with blanks and ümläuts",
    "数据",
    "a%20b",
    "-rf",
    "#1",
    "q'uo\"te",
    "UPPER",
    "tab\there",
    "数" * 80,
    "né" * 40,
)
# Bytes that are no letters in UTF-8, as Python has them in names of files.
_NO_LETTERS: Final = "latin-\udce9"


def _some(tree: Tree, random: Random) -> str | None:
    """Return a file: a configuration as often as any other."""
    names = tree.named(*CONFIGURATIONS) if random.random() < 0.5 else sorted(tree.files)
    return random.choice(names) if names else None


def _removed(tree: Tree, random: Random) -> Edit | None:
    file = _some(tree, random)
    if file is None:
        return None
    tree.remove(file)
    return Edit("is removed", file, is_lost=True)


def _moved(tree: Tree, random: Random) -> Edit | None:
    file = _some(tree, random)
    if file is None:
        return None
    folder = random.choice(sorted({str(PurePosixPath(path).parent) for path in tree.files}))
    new = str(PurePosixPath(folder) / PurePosixPath(file).name)
    if new in tree.files:
        return None
    tree.files[new] = tree.remove(file)
    return Edit(f"is moved to {folder}", file)


def _renamed(tree: Tree, random: Random) -> Edit | None:
    file = _some(tree, random)
    if file is None:
        return None
    path = PurePosixPath(file)
    stem = random.choice([*_ODD_NAMES, _NO_LETTERS, path.stem.upper(), "project", "dataset", "query"])
    new = str(path.with_name(stem + path.suffix))
    if new in tree.files:
        return None
    tree.files[new] = tree.remove(file)
    return Edit(f"is called {stem!r}", file)


def _renamed_folder(tree: Tree, random: Random) -> Edit | None:
    folders = sorted({str(PurePosixPath(path).parent) for path in tree.files} - {"."})
    if not folders:
        return None
    folder = random.choice(folders)
    new = str(PurePosixPath(folder).with_name(random.choice([*_ODD_NAMES, _NO_LETTERS])))
    for path in sorted(tree.files):
        if path.startswith(f"{folder}/"):
            tree.files[new + path[len(folder) :]] = tree.remove(path)
    return Edit(f"is called {PurePosixPath(new).name!r}", folder)


def _copied_folder(tree: Tree, random: Random) -> Edit | None:
    """Copy a folder with a configuration, as people do before they change it: two of each id."""
    folders = sorted({str(PurePosixPath(path).parent) for path in tree.named(*CONFIGURATIONS)} - {"."})
    if not folders:
        return None
    folder = random.choice(folders)
    for path in sorted(tree.files):
        if path.startswith(f"{folder}/"):
            tree.files[f"{folder} copy{path[len(folder) :]}"] = tree.files[path]
    return Edit("is there twice", folder)


def _second_project(tree: Tree, random: Random) -> Edit | None:
    if "project.json5" not in tree.files:
        return None
    other = random.choice(["project_old.json5", "old/project.json5", "project.json"])
    tree.files[other] = tree.files["project.json5"].replace(b'"Demo"', b'"Other"')
    return Edit("is there twice", "project.json5")


def _no_project(tree: Tree, random: Random) -> Edit | None:
    if "project.json5" not in tree.files:
        return None
    tree.remove("project.json5")
    return Edit("is removed", "project.json5")


def _folder_for_file(tree: Tree, random: Random) -> Edit | None:
    file = _some(tree, random)
    if file is None:
        return None
    tree.remove(file)
    tree.folders.add(file)
    return Edit("is a folder", file, is_lost=True)


def _pipe_for_file(tree: Tree, random: Random) -> Edit | None:
    file = _some(tree, random)
    if file is None:
        return None
    tree.remove(file)
    tree.pipes.add(file)
    return Edit("is a pipe that nobody writes to", file, is_lost=True)


def _link(target: str, what: str) -> Change:
    def edit(tree: Tree, random: Random) -> Edit | None:
        file = _some(tree, random)
        if file is None:
            return None
        tree.remove(file)
        tree.links[file] = target
        return Edit(what, file, is_lost=True)

    return edit


def _loop(tree: Tree, random: Random) -> Edit | None:
    """Link a folder back to the one above it."""
    folder = random.choice(sorted({str(PurePosixPath(path).parent) for path in tree.files}))
    name = str(PurePosixPath(folder) / "again")
    tree.links[name] = random.choice(["..", ".", "../..", "again"])
    return Edit(f"is a link to {tree.links[name]}", name)


def _strangers(tree: Tree, random: Random) -> Edit | None:
    """Add files that belong to no project."""
    name, content = random.choice(
        [
            ("package.json", b'{"name": "x", "dependencies": {}}'),
            ("notes.json5", b"{a: 1}"),
            (".git/config.json", b"{}"),
            ("node_modules/x/package.json", b"{}"),
            ("huge.json", b'{"a": "' + b"x" * 2_000_000 + b'"}'),
            ("geo.json", b'{"type": "FeatureCollection", "features": []}'),
            ("dataset.json5", b"{}"),
            ("more/dataset.json5", b'{"dataset_id": "more"}'),
            ("more/dataset.json5", b'{"dataset_id": null, "data_layout": null}'),
            ("query.json5", b'{"project": {"dataset": {"source_datasets": null}}}'),
            ("query.json5", b'{"project": "demo", "name": 1, "result": []}'),
            ("bulk.json5", b'{"projects": null, "datasets": {}, "dataset_submissions": [null, 1, {}]}'),
            ("bulk.json5", b'{"projects": [{"project_id": "x", "config_file": "../../no.json5"}], "datasets": 1}'),
            ("plan.json5", b'{"mapping_plan": null, "name": [], "dataset_id": "x", "mappings": [{"name": 1}, null]}'),
            ("shared/dimensions.json5", b'{"dimensions": [null, {}, {"type": "time"}, "a"]}'),
            ("dimension_mappings.json5", b'{"mappings": [{}, null, {"dimension_type": "time"}], "references": 3}'),
            ("requirements.json5", b'{"dataset_id": "x", "required_dimensions": []}'),
            ("subsets.json5", b'{"subset_dimensions": [{"name": 1}], "supplemental_dimensions": null}'),
            ("dimension_time_update.json5", b'{"ranges": "none", "time_type": 5}'),
        ]
    )  # fmt: skip
    if name in tree.files:
        return None
    tree.files[name] = content
    return Edit("is there, too", name)


CHANGES: Final[tuple[Change, ...]] = (
    *(_removed,) * 3, _moved, _renamed, _renamed_folder, _copied_folder, _second_project, _no_project,
    _folder_for_file, _pipe_for_file, _loop, *(_strangers,) * 4,
    _link("nowhere", "is a link to nothing"),
    _link("/dev/zero", "is a link to a device that never ends"),
    # What can be opened, but not read: root may read everything else.
    _link("/proc/self/mem", "is a link to what cannot be read"),
    _link("..", "is a link to a folder"),
)  # fmt: skip

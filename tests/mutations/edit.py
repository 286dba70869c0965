"""An edit of a repository: one thing that somebody, or a disk, did to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.mutations.tree import Tree


@dataclass(frozen=True)
class Edit:
    """What was done, and how the report has to show it when nothing else was done.

    Parameters
    ----------
    what, file, place
        The kind of edit, the file in the repository, and where in it.
    names
        A word that a line of the report about this file has to hold; empty where none is known for sure.
    tells
        Whether what comes out has to be different at all, in the specs or in the report.
    is_lost
        Whether the file is not there any more, or no file.
    """

    what: str
    file: str
    place: str = ""
    names: str = ""
    tells: bool = False
    is_lost: bool = False

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.place, self.what) if part)


# Changes the tree, and says what it did; nothing when there is nothing to do it to.
Change = Callable[[Tree, Random], Edit | None]
_TRIES: Final = 20


def edited(tree: Tree, random: Random, changes: Sequence[Change], number: int) -> list[Edit]:
    """Do so many edits to a tree, and return them."""
    done: list[Edit] = []
    for _ in range(number * _TRIES):
        if len(done) == number:
            break
        edit = random.choice(changes)(tree, random)
        if edit is not None:
            done.append(edit)
    return done

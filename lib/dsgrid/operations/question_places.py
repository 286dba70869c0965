"""Where somebody said something who has no file: the options of a command line, or the calls in Python."""

from __future__ import annotations

from dataclasses import dataclass, field

from dsgrid.errors import DsgridError, Problem
from dsgrid.operations.question import Aggregation, Condition

Place = tuple[str, str]  # the option, the call


@dataclass(frozen=True)
class Places:
    """What said the parts of a spec, by the beginnings of their key paths.

    Parameters
    ----------
    python
        Whether messages name calls, and not options.
    """

    python: bool = False
    said: dict[str, Place] = field(default_factory=dict)

    def __setitem__(self, key: str, place: Place) -> None:
        self.said[key] = place

    def word(self, option: str, call: str) -> str:
        """Return what of the two a message is to say."""
        return call if self.python else option

    def of(self, key: str) -> str:
        """Return what said a part of a spec; its key path where nothing is known of it."""
        known = [one for one in self.said if key == one or key.startswith((f"{one}.", f"{one}["))]
        return self.word(*self.said[max(known, key=len)]) if known else key

    def reworded(self, error: DsgridError) -> DsgridError:
        """Return an error that says by options or calls where it is: there is no file to look at."""
        problems = [
            Problem(one.message, one.where, self.of(one.key), one.detail, one.table)
            for one in dict.fromkeys(error.problems)
        ]
        return type(error)(list(dict.fromkeys(problems)))


def of_condition(condition: Condition) -> Place:
    """Return what said a test."""
    return f'--where "{condition.written}"', f".where({condition.written})"


def of_step(step: Aggregation) -> Place:
    """Return what said a step."""
    return "--by", f".{step.function}({', '.join(map(_quoted, step.by))})"


def _quoted(name: str) -> str:
    return f'"{name}"'

"""What the server says to who types commands, in the words of the viewer."""

from __future__ import annotations

from typing import Final

_WORDS: Final = (
    ("--by or --facet", "Colours or Panels"),
    ("--facet", "Panels"),
    ("--by", "Colours"),
    ("--kind line", "Lines"),
    ("--kind bar", "Bars"),
    ("--where ", "Only "),
    ("--where", "Only"),
    ("--unit", "Unit"),
)


def in_words(message: str) -> str:
    """Return a message that names options of a command with what they are called here.

    Examples
    --------
    >>> in_words("choose a shorter time with --where")
    'choose a shorter time with Only'
    """
    for option, word in _WORDS:
        message = message.replace(option, word)
    return message

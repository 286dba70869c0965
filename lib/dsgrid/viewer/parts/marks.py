"""Texts in which what was looked for is marked."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from dash import html


def words_of(text: str) -> tuple[str, ...]:
    """Return the words that a search of the server looks for: without case and accents."""
    return tuple(dict.fromkeys("".join(_plain(letter) for letter in text).split()))


def marked(text: str, words: Sequence[str]) -> list[Any]:
    """Return a text in pieces, of which those that a search has found are marks.

    Parameters
    ----------
    words
        Such as `words_of` gives them.

    Examples
    --------
    >>> marked("Doña Ana", ["dona"])
    [Mark('Doña'), ' Ana']
    """
    # A letter of the text may become several ones, or none.
    places = [index for index, letter in enumerate(text) for _ in _plain(letter)]
    plain = "".join(map(_plain, text))
    is_marked = [False] * len(text)
    for word in words:
        start = plain.find(word) if word else -1
        while start >= 0:
            for index in range(places[start], places[start + len(word) - 1] + 1):
                is_marked[index] = True
            start = plain.find(word, start + 1)
    pieces: list[Any] = []
    begin = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or is_marked[end] != is_marked[begin]:
            pieces.append(html.Mark(text[begin:end]) if is_marked[begin] else text[begin:end])
            begin = end
    return pieces


def _plain(letter: str) -> str:
    folded = letter.casefold()
    if folded.isascii():
        return folded
    return "".join(each for each in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(each))

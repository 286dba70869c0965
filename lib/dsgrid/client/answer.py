"""What a server answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dsgrid.errors import ServerError


@dataclass(frozen=True)
class Answer:
    """What a server answered, when that was no error."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def media_type(self) -> str:
        """The media type, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """Return the body as JSON.

        Raises
        ------
        ServerError
            If it is none: what answers is no dsgrid server.
        """
        try:
            return json.loads(self.body)
        except ValueError:
            kind = self.media_type or "no media type"
            raise ServerError(f"{self.url} answers with {kind}, and not as a dsgrid server does") from None

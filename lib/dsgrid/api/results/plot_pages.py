"""Pictures of results: as pages, which a browser lets run their own scripts and nothing else, and as JSON."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from dsgrid.api.problems.redaction import Redaction
from dsgrid.query.plots.plot import draw
from dsgrid.query.result import Result

_SCRIPT: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)
# The script that draws styles what it draws, and saves pictures from a blob. In the sandbox the page has an origin of
# its own: it can neither ask the server nor see what else the browser has of it.
_REST: Final = (
    "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "sandbox allow-scripts allow-downloads"
)


def drawn_page(result: Result, choice: Mapping[str, Any]) -> tuple[bytes, str]:
    """Return a picture as a page, and its content security policy.

    Parameters
    ----------
    choice
        See `dsgrid.query.plots.plot.draw`.
    """
    page = draw(result, **choice).html()
    scripts = " ".join(f"'{_hash(found[1])}'" for found in _SCRIPT.finditer(page))
    return page.encode(), f"default-src 'none'; script-src {scripts}; {_REST}"


def drawn_document(result: Result, choice: Mapping[str, Any], hidden: Redaction) -> bytes:
    """Return a picture as JSON.

    Parameters
    ----------
    choice
        See `dsgrid.query.plots.plot.draw`.
    hidden
        What takes the server's paths out of its words; the numbers are left alone.
    """
    told = draw(result, **choice).document()
    drawn = told.pop("figure")
    words = hidden.document(told)
    return json.dumps({**words, "figure": drawn}, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


@lru_cache(maxsize=4)
def _hash(script: str) -> str:
    """Return the hash by which a policy names a script; the large one is the same each time."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"

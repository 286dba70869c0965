"""Whether what is shown is still what it was, without keeping it."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def digest(*given: Any) -> str:
    """Return a short text that is the same for the same JSON values only."""
    return hashlib.sha256(json.dumps(given, sort_keys=True, default=str).encode()).hexdigest()[:24]

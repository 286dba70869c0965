"""Whether all nodes are going to see a folder: one on this machine's own disk they do not."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

_OWN: Final = ("/tmp", "/var/tmp", "/dev/shm", "/run")


def unseen(places: Iterable[tuple[str, Path]], scratch: str | None) -> Iterator[str]:
    """Yield a warning for each disk of this machine alone that some of these places are most likely on.

    Parameters
    ----------
    places
        Each with what it is.
    scratch
        The nodes' own disk, as the site names it: what stands before its first variable counts.
    """
    roots = [Path(one) for one in (*_OWN, os.environ.get("TMPDIR", "")) if os.path.isabs(one)]
    fixed = (scratch or "").partition("${")[0].rstrip("/")
    if fixed:
        roots.append(Path(fixed))
    found: dict[Path, dict[str, None]] = {}
    for what, place in places:
        # Links lead elsewhere; what is not there yet is where its folder is.
        real = Path(os.path.realpath(place))
        root = next((one for one in roots if real.is_relative_to(one)), None)
        if root is not None:
            found.setdefault(root, {})[f"{what} ({place})"] = None
    for root, told in found.items():
        are = "is" if len(told) == 1 else "are"
        yield f"each node has a {root} of its own, and there {are} {', '.join(told)}: other nodes will not find that"

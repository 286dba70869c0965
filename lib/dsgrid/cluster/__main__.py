"""What batch scripts call: ``python -m dsgrid.cluster lead|work|environment|demand``. People use `dsgrid submit`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from dsgrid.cluster import ending
from dsgrid.cluster.ending import EndingError
from dsgrid.operations.ending import exit_code


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the commands and return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    command = arguments[0] if arguments else ""
    if command == "lead" and len(arguments) > 1:
        # Not by argparse: options behind a spec are those of `dsgrid run`.
        rest = arguments[2:]
        return _lead(arguments[1], rest[1:] if rest[:1] == ["--"] else rest)
    if command == "work" and len(arguments) == 3:
        from dsgrid.cluster.worker import work

        with exit_code() as ended:
            ended.code = work(Path(arguments[1]), arguments[2])
        return ended.code
    if command == "environment" and len(arguments) == 1:
        return _environment()
    if command == "demand":
        return _demand(arguments[1:])
    print(f"usage: {__doc__}", file=sys.stderr)
    return 64


def _lead(kind: str, arguments: Sequence[str]) -> int:
    # Before what takes a while to import: Slurm tells a short job of its limit at once.
    ending.heed_signals()
    try:
        from dsgrid.cluster.lead import lead

        return lead(kind, arguments)
    except EndingError as end:
        print(f"error: {end.reason}", file=sys.stderr)
        return end.code


def _environment() -> int:
    from dsgrid.cluster.site import environment_lines, load_site

    with exit_code() as ended:
        print(environment_lines(load_site(None)), end="")
    return ended.code


def _demand(arguments: Sequence[str]) -> int:
    import dataclasses
    import json

    from dsgrid.cluster.demand import demand
    from dsgrid.errors import DsgridError
    from dsgrid.operations.asking import ASKING
    from dsgrid.operations.request import pairs
    from dsgrid.spec.load import load_spec

    parser = argparse.ArgumentParser(prog="python -m dsgrid.cluster demand")
    parser.add_argument("spec", type=Path)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--registry", type=Path)
    parser.add_argument("--at")
    given = parser.parse_args(arguments)
    with exit_code() as ended:
        spec = load_spec(given.spec, None, pairs(given.set))
        try:
            found = demand(spec, registry=given.registry, at=given.at)
        except DsgridError:
            # Of other jobs it is not certain that they fail: a bulk makes what it needs.
            if spec.job in ASKING:
                raise
        else:
            print(json.dumps(dataclasses.asdict(found), default=str))
    return ended.code


if __name__ == "__main__":
    sys.exit(main())

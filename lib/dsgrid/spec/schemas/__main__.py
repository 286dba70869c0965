"""``python -m dsgrid.spec.schemas [--check] [FOLDER]``: write the schema files, or say which are not current."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dsgrid.spec.schemas import stale, write


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 1 when `--check` finds a file that is not current."""
    parser = argparse.ArgumentParser(
        prog="python -m dsgrid.spec.schemas", description="Write the JSON Schemas of the specs."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is not current")
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path("schemas"), help="where the files are (default: schemas)"
    )
    options = parser.parse_args(arguments)
    names = stale(options.folder) if options.check else write(options.folder)
    verb = "is not current" if options.check else "written"
    sys.stdout.writelines(f"{options.folder / name}: {verb}\n" for name in names)
    return 1 if options.check and names else 0


if __name__ == "__main__":
    sys.exit(main())

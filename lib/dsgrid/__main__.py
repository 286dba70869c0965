"""``python -m dsgrid`` and the console script."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line, or say how to get it where only the core is installed."""
    try:
        from dsgrid.cli import run
    except ImportError as error:
        if error.name not in ("click", "rich"):
            raise
        sys.exit("the command line is an extra; install it with: pip install 'dsgrid[cli]' (the jobs run without it)")
    sys.exit(run())


if __name__ == "__main__":
    main()

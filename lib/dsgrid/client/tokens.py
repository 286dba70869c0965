"""The tokens of a user: what is sent to which server, and the file that keeps them.

The file stands in the user's configuration folder, beside ``config.toml``, and only its user can read it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dsgrid.client.address import Address
from dsgrid.errors import NotFoundError, UsageError
from dsgrid.operations.configuration import configuration_file
from dsgrid.registry import disk

VARIABLE: Final = "DSGRID_TOKEN"
_NAME: Final = "tokens.json"
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,512}")


def token_file() -> Path:
    """Return where the tokens are kept, or would be."""
    return configuration_file().with_name(_NAME)


def token_for(address: Address, given: str | None = None) -> str | None:
    """Return the token for a server: the one that is given, else ``DSGRID_TOKEN``, else the one that is kept.

    Raises
    ------
    UsageError
        If it cannot be one, or if others than the user can read the file.
    """
    if given is not None:
        return checked_token(given, "the token")
    if os.environ.get(VARIABLE, "").strip():
        return checked_token(os.environ[VARIABLE], f"the token in {VARIABLE}")
    return _read(token_file()).get(address.url)


def keep_token(address: Address, token: str) -> Path:
    """Keep the token of a server in the user's file, which only they can read; return the file."""
    with _changing() as (path, tokens):
        tokens[address.url] = checked_token(token, "the token")
        _write(path, tokens)
    return path


def forget_token(address: Address) -> Path:
    """Remove the token of a server from the user's file; return the file.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    with _changing() as (path, tokens):
        if tokens.pop(address.url, None) is None:
            raise NotFoundError(f"{path} has no token for {address}")
        _write(path, tokens)
    return path


def checked_token(text: str, what: str) -> str:
    """Return a token without blanks around it, or say that it is none; the text itself is never shown."""
    token = text.strip()
    if not _TOKEN.fullmatch(token):
        found = "is empty" if not token else "has blanks or other characters inside that no token has"
        raise UsageError(f"{what} {found}; expected what `dsgrid tokens create` prints, dsg_...")
    return token


@contextlib.contextmanager
def _changing() -> Iterator[tuple[Path, dict[str, str]]]:
    """Yield the file and its tokens, while nobody else changes them."""
    path = token_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(path.with_name(f".{_NAME}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UsageError(f"{path.parent}: {error.strerror}; the token cannot be kept there") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path, _read(path)
    finally:
        os.close(lock)


def _read(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise UsageError(f"others than you can read {path}; chmod 600 {path}, and have new tokens made")
            data = file.read()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    with contextlib.suppress(ValueError):
        tokens = json.loads(data)
        if isinstance(tokens, dict) and all(isinstance(one, str) for one in tokens.values()):
            return {url: checked_token(token, f"the token of {url} in {path}") for url, token in tokens.items()}
    raise UsageError(f"{path} is damaged: expected a JSON object with a token for each URL; remove it and log in again")


def _write(path: Path, tokens: dict[str, str]) -> None:
    text = json.dumps(tokens, indent=2, sort_keys=True) + "\n"
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # Never for a moment with other rights.
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as opened:
            os.fchmod(opened.fileno(), 0o600)
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        disk.swap_file(path, new)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise UsageError(f"{path}: {error.strerror}") from None

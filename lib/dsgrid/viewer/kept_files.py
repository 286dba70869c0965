"""Files that browsers keep: joined and packed once, with addresses that change with what they hold."""

from __future__ import annotations

import functools
import gzip
import hashlib
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import flask
from dash.fingerprint import check_fingerprint
from flask import Flask, Response, request

FOLDERS: Final = ("/assets/", "/_dash-component-suites/")
ASSETS: Final = Path(__file__).parent / "assets"
KINDS: Final = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_ALONE: Final = ("theme.js",)
_FOREVER: Final = "public, max-age=31536000, immutable"
_SMALL: Final = 1_024
_PACKED: Final = frozenset({"application/json", "application/javascript", "image/svg+xml", "application/xml"})


@dataclass
class _Kept:
    """What was packed, by address. Only what there really is gets here, under one name, so it stays bounded."""

    packed: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


def install(app: Flask) -> None:
    """Give what is kept before anything else is asked, and pack what is large."""
    kept = _Kept()

    @app.route("/assets/all.<kind>")
    def joined(kind: str) -> Response:
        if kind not in KINDS:
            flask.abort(404)
        return flask.make_response(_content(f"all.{kind}"), 200, {"Content-Type": KINDS[kind]})

    @app.before_request
    def known() -> Response | None:
        found = kept.packed.get(_name()) if request.method == "GET" and _is_lasting() and _takes_gzip() else None
        return None if found is None else _answer(*found)

    @app.after_request
    def pack(answer: Response) -> Response:
        if answer.status_code != 200 or (request.method != "GET" and request.method != "POST"):
            return answer
        if not _is_text(answer.mimetype or "") or "Content-Encoding" in answer.headers:
            return answer
        lasting = request.method == "GET" and _is_lasting()
        if answer.is_streamed and not request.path.startswith(FOLDERS):
            return answer
        answer.direct_passthrough = False
        data = answer.get_data()
        answer.headers["Vary"] = "Accept-Encoding"
        if lasting:
            answer.headers["Cache-Control"] = _FOREVER
        if not _takes_gzip() or len(data) < _SMALL:
            return answer
        if not lasting:
            # Once for each answer: quickly, for what is saved on the way is little on this machine.
            answer.set_data(gzip.compress(data, 1, mtime=0))
        else:
            with kept.lock:
                found = kept.packed.get(_name())
                if found is None:
                    packed = gzip.compress(data, 6, mtime=0)
                    found = kept.packed[_name()] = (packed, str(answer.headers["Content-Type"]))
            answer.set_data(found[0])
        answer.headers["Content-Encoding"] = "gzip"
        if (tag := answer.headers.get("ETag", "")).startswith('"'):
            # It is that of the file; what goes out is another form of it.
            answer.headers["ETag"] = f"W/{tag}"
        return answer


@functools.cache
def mark_of(name: str) -> str:
    """Return what stands behind the address of an asset, such as ``?m=1a2b3c4d``: it changes with the content."""
    return f"?m={hashlib.sha256(_content(name)).hexdigest()[:8]}"


@functools.cache
def _content(name: str) -> bytes:
    """Return what an asset holds; ``all.css`` and ``all.js`` are all of their kind, but what stands before the page."""
    stem, _, kind = name.partition(".")
    if stem != "all":
        return (ASSETS / name).read_bytes()
    files = sorted(each for each in ASSETS.glob(f"*.{kind}") if each.name not in _ALONE)
    return b"\n".join(each.read_bytes() for each in files)


def _answer(packed: bytes, kind: str) -> Response:
    return flask.make_response(
        packed,
        200,
        {"Content-Type": kind, "Content-Encoding": "gzip", "Vary": "Accept-Encoding", "Cache-Control": _FOREVER},
    )


def _is_lasting() -> bool:
    """Say whether the address changes with the content."""
    if request.path.startswith("/_dash-component-suites/"):
        return bool(check_fingerprint(request.path)[1])
    return request.path.startswith("/assets/") and bool(request.args.get("m"))


def _name() -> str:
    # One name for all fingerprints, right or made up.
    return str(check_fingerprint(request.path)[0]) if request.path.startswith(FOLDERS[1]) else request.path


def _takes_gzip() -> bool:
    return bool(request.accept_encodings.quality("gzip"))


def _is_text(kind: str) -> bool:
    return kind.startswith("text/") or kind in _PACKED

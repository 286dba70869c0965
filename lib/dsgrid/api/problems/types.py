"""The kinds of problems that the server answers with; each has a page, so that its URI says something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FOLDER: Final = "/v1/problems"


@dataclass(frozen=True)
class ProblemType:
    """One kind of problem.

    Parameters
    ----------
    name
        The end of its URI.
    status
        The status code that it usually has.
    title
        What it is, in short.
    advice
        What to do about it.
    """

    name: str
    status: int
    title: str
    advice: str

    @property
    def uri(self) -> str:
        """Its URI, relative to the server."""
        return f"{FOLDER}/{self.name}"


TYPES: Final = (
    ProblemType("bad-request", 400, "bad request", "Correct the request as the detail says."),
    ProblemType("token-in-url", 400, "token in the URL", "Send tokens as `Authorization: Bearer dsg_...` only."),
    ProblemType("no-token", 401, "no token", "Send a token: `Authorization: Bearer dsg_...`; an admin makes one."),
    ProblemType("wrong-token", 401, "wrong token", "The token is unknown, has expired, or was revoked: get another."),
    ProblemType("not-allowed", 403, "not allowed", "The role of your token does not suffice; ask an admin."),
    ProblemType(
        "wrong-origin", 403, "wrong origin", "Pages of this origin may not ask; the server's file lists `origins`."
    ),
    ProblemType("not-found", 404, "not found", "Look at the names that the detail offers, or at the listing."),
    ProblemType("method-not-allowed", 405, "method not allowed", "The header Allow says which methods there are."),
    ProblemType("not-acceptable", 406, "not acceptable", "Ask for one of the media types that the detail lists."),
    ProblemType("slow-request", 408, "slow request", "The body took too long; send it again, faster."),
    ProblemType("conflict", 409, "conflict", "What is there already forbids it; the detail says what."),
    ProblemType("changed-meanwhile", 409, "changed meanwhile", "List it again from its first page."),
    ProblemType("gone", 410, "gone", "It was there, and has been removed; jobs can be asked again."),
    ProblemType("precondition-failed", 412, "precondition failed", "It is not what you have seen; read it again."),
    ProblemType("too-large", 413, "too large", "`GET /v1/limits` says how large a request may be."),
    ProblemType("long-address", 414, "long address", "Shorten the path or the query of the address."),
    ProblemType(
        "unsupported-media-type", 415, "unsupported media type", "Send one of the media types that the detail lists."
    ),
    ProblemType("range-not-satisfiable", 416, "range not satisfiable", "Ask for bytes that there are."),
    ProblemType("wrong-host", 421, "wrong host", "Use a name of the server that its file lists under `hosts`."),
    ProblemType("invalid", 422, "invalid", "Correct what `problems` lists: `key` says where it is."),
    ProblemType("too-many-requests", 429, "too many requests", "Wait as long as the header Retry-After says."),
    ProblemType(
        "defect", 500, "a defect in dsgrid", "Report it, with the id of the request; the server's log has more."
    ),
    ProblemType("engine", 500, "an engine failed", "Try again; if it goes on, tell who runs the server."),
    ProblemType("storage", 502, "storage fails", "A disk or an object store fails; tell who runs the server."),
    ProblemType("cluster", 502, "the cluster fails", "Slurm refuses or does not answer; tell who runs the server."),
    ProblemType("busy", 503, "busy", "Try again after as many seconds as the header Retry-After says."),
    ProblemType("registry-unavailable", 503, "registry unavailable", "Tell who runs the server; the detail says why."),
    ProblemType("slow-answer", 503, "slow answer", "The answer took too long; ask for less, or ask it as a job."),
    ProblemType("full", 507, "disk full", "A disk of the server is full; tell who runs it."),
)
BY_NAME: Final = {each.name: each for each in TYPES}
_BY_TITLE: Final = {(each.status, each.title): each for each in TYPES}
# The first of each status is the plain one.
_BY_STATUS: Final = {each.status: each for each in reversed(TYPES)}


def problem_type(status: int, title: str = "") -> ProblemType:
    """Return the kind that has a title, else the plain one of a status."""
    found = _BY_TITLE.get((status, title)) or _BY_STATUS.get(status)
    return found or BY_NAME["bad-request" if status < 500 else "defect"]

"""Which result one is compared with: the other results that there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import dcc, html

from dsgrid.viewer.pages.comparison.pair import Pair
from dsgrid.viewer.pages.result.place import Place
from dsgrid.viewer.parts.blocks import table
from dsgrid.viewer.parts.numbers import count, moment
from dsgrid.viewer.parts.states import empty
from dsgrid.viewer.visit import Visit

_MOST: Final = 200
_RESULTS: Final = frozenset({"query", "query_dataset", "map_dataset"})


def chooser(visit: Visit, pair: Pair, name: str) -> Any:
    """Return the finished jobs that have results, those of the same name first."""
    jobs = visit.ask.all("/jobs", most=_MOST, state="succeeded")
    others = alike_first(jobs, pair.first.job, name)
    if not others:
        return empty(
            "There is no other result to compare with.",
            html.Span(["Ask something else first: ", dcc.Link("Ask", href=visit.href("build"))]),
        )
    rows = [
        [
            dcc.Link(str(job["name"] or job["id"]), href=pair.href(visit, Place(str(job["id"])))),
            moment(job["ended_at"]),
            count((job.get("expected") or {}).get("rows")),
            html.Code(job["id"]),
        ]
        for job in others
    ]
    told = f"the newest {count(_MOST)} jobs" if len(jobs) >= _MOST else "your results"
    caption = f"Compare with one of {told}; those of the same name come first"
    return table(["result", "answered", "rows, about", "job"], rows, caption=caption, numeric=["rows, about"])


def alike_first(jobs: Sequence[Mapping[str, Any]], own: str, name: str) -> list[Mapping[str, Any]]:
    """Return the other jobs that have results, those of a name first, else in their order."""
    found = [job for job in jobs if job["id"] != own and job["kind"] in _RESULTS and not job.get("results_removed_at")]
    return sorted(found, key=lambda job: job["name"] != name)

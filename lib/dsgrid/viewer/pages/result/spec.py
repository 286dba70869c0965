"""The spec that a result answers: seen, copied, taken home, changed and asked again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.parts.copying import copy_button
from dsgrid.viewer.visit import Visit


def spec_part(visit: Visit, job: Mapping[str, Any]) -> Any:
    """Return the spec as it was sent."""
    path = path_of("jobs", str(job["id"]), "spec")
    text, suffix = spaced_out(visit.ask.text(path))
    again = visit.href("build", job=job["id"])
    return html.Div(
        [
            html.Div(
                [
                    dcc.Link("Change it and ask again", href=again, className="button main"),
                    copy_button("#results-spec", "Copy the spec"),
                    html.A(
                        "Download",
                        href=visit.download(path),
                        download=f"{job.get('name') or job['id']}.{suffix}",
                        className="button",
                    ),
                ],
                className="bar",
            ),
            html.Div(
                html.Pre(html.Code(text, id="results-spec"), className="spec"),
                className="scroll",
                tabIndex=0,
                role="region",
                **{"aria-label": "The spec"},
            ),
        ]
    )


def spaced_out(spec: str) -> tuple[str, str]:
    """Return a spec as people read it, and the suffix of its file: JSON comes from programs without a line's end."""
    try:
        return json.dumps(json.loads(spec), indent=2, ensure_ascii=False), "json"
    except ValueError:
        return spec, "toml"

"""The pages of the viewer, in the order of the way around."""

from __future__ import annotations

from typing import Final

from dsgrid.viewer.page import Page
from dsgrid.viewer.pages import (
    builder,
    comparison,
    dataset,
    dimension,
    home,
    job,
    jobs,
    lineage,
    mapping,
    project,
    result,
    search,
)

PAGES: Final[tuple[Page, ...]] = (
    home.PAGE,
    search.PAGE,
    project.PAGE,
    dimension.PAGE,
    mapping.PAGE,
    dataset.PAGE,
    lineage.PAGE,
    builder.PAGE,
    jobs.PAGE,
    job.PAGE,
    result.PAGE,
    comparison.PAGE,
)

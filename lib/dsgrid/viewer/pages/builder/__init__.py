"""The page ``/build``: a query is put together by a form, or as text, planned as it grows, and run."""

from __future__ import annotations

from dsgrid.viewer.page import Page
from dsgrid.viewer.pages.builder.callbacks import register
from dsgrid.viewer.pages.builder.showing import show

PAGE = Page("build", lambda _visit: "Ask", show, register)

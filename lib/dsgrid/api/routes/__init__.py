"""The routes of the HTTP API, by what they are about; each calls functions of other rooms, and decides nothing."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from fastapi import APIRouter

# In the order of the document. The more special paths come before those that take ids with slashes.
MODULES: Final = (
    *("health", "problems", "admin", "schemas", "upkeep", "lists", "relations", "projects", "comparisons", "records"),
    "mappings",
    *("glances", "dataset_insides", "reaches", "entries"),
    *("work", "plans", "results", "job_outputs", "jobs"),
)

ROUTERS: Final[tuple[APIRouter, ...]] = tuple(import_module(f"dsgrid.api.routes.{name}").router for name in MODULES)

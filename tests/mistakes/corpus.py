"""Every mistake of the corpus: one change each to a good project or a good dataset, and what is said to it."""

from __future__ import annotations

from tests.mistakes.in_mappings import IN_MAPPINGS
from tests.mistakes.in_projects import IN_PROJECTS
from tests.mistakes.in_records import IN_RECORDS
from tests.mistakes.in_specs import IN_SPECS
from tests.mistakes.in_submissions import IN_SUBMISSIONS
from tests.mistakes.in_tables import IN_TABLES
from tests.mistakes.in_time import IN_TIME
from tests.mistakes.in_values import IN_VALUES

MISTAKES = (
    *IN_SPECS,
    *IN_RECORDS,
    *IN_TABLES,
    *IN_VALUES,
    *IN_TIME,
    *IN_PROJECTS,
    *IN_MAPPINGS,
    *IN_SUBMISSIONS,
)
WITHOUT_DATA = tuple(one for one in MISTAKES if not one.needs_engine)
OF_DATASETS = tuple(one for one in MISTAKES if one.needs_engine)

"""The spec room, above, repeats the closed lists of these rooms."""

import pytest

from dsgrid.dimensions.classes import classes_of
from dsgrid.dimensions.kinds import KINDS
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.spec.schemas import words
from dsgrid.time.calendar import TIME_WORDS
from dsgrid.time.grid import INTERVALS, MEASUREMENTS


@pytest.mark.parametrize(
    ("in_specs", "meant"),
    [
        (words.RECORD_TYPES, RECORD_TYPES),
        (words.MAPPING_KINDS, KINDS),
        (words.TIME_WORDS, TIME_WORDS),
        (words.INTERVALS, INTERVALS),
        (words.MEASUREMENTS, MEASUREMENTS),
        *((words.CLASSES[type_], classes_of(type_)) for type_ in RECORD_TYPES),
    ],
)
def test_specs_may_use_exactly_the_words_that_have_a_meaning(in_specs, meant):
    assert set(in_specs) == set(meant)

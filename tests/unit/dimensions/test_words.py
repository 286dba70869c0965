"""The spec room, above, repeats the closed lists of these rooms."""

import numpy as np
import pytest

from dsgrid.dimensions.classes import classes_of
from dsgrid.dimensions.kinds import KINDS
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.spec.schemas import words
from dsgrid.time import calendar
from dsgrid.time.dimension import CLOCKS, PARTS, WEEKDAYS, Calendar
from dsgrid.time.grid import INTERVALS, MEASUREMENTS
from dsgrid.time.rules import ALIGN, LEAP_DAY, SPREAD, TO_INSTANTS, TO_PROFILE


@pytest.mark.parametrize(
    ("in_specs", "meant"),
    [
        (words.RECORD_TYPES, RECORD_TYPES),
        (words.MAPPING_KINDS, KINDS),
        (words.TIME_WORDS, calendar.words(np.zeros(1, np.int64), None, Calendar())),
        (words.INTERVALS, INTERVALS),
        (words.MEASUREMENTS, MEASUREMENTS),
        (words.CLOCKS, CLOCKS),
        (words.PARTS, PARTS),
        (words.WEEKDAYS, WEEKDAYS),
        (words.ALIGN, ALIGN),
        (words.LEAP_DAY, LEAP_DAY),
        (words.SPREAD, SPREAD),
        *(
            (in_specs, (*TO_INSTANTS[rule], *TO_PROFILE[rule]))
            for rule, in_specs in (("spring_forward", words.SPRING_FORWARD), ("fall_back", words.FALL_BACK))
        ),
        *((words.CLASSES[type_], classes_of(type_)) for type_ in RECORD_TYPES),
    ],
)
def test_specs_may_use_exactly_the_words_that_have_a_meaning(in_specs, meant):
    assert set(in_specs) == set(meant)


def test_parts_of_typical_periods_are_called_by_words_of_time():
    assert set(calendar.WORD_OF_PART) == set(PARTS)
    assert set(calendar.WORD_OF_PART.values()) <= set(words.TIME_WORDS)


def test_rules_for_each_direction_say_by_which_one_they_go():
    for rule, in_specs in (("spring_forward", words.SPRING_FORWARD), ("fall_back", words.FALL_BACK)):
        for word in TO_INSTANTS[rule]:
            assert in_specs[word].startswith("from a profile: ")
        for word in set(TO_PROFILE[rule]) - set(TO_INSTANTS[rule]):
            assert in_specs[word].startswith("to a profile: ")

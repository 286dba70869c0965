"""Answers in memory: never more than there is room for, and the ones that are used."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from dsgrid.api.access.kept_answers import SMALL, Answer, Answers


def answer(size: int) -> Answer:
    return Answer(b"x" * size, {})


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3_000)), max_size=60))
def test_they_never_take_more_room_than_there_is(kept):
    answers = Answers(room=8_000)
    for name, size in kept:
        answers.keep((str(name),), answer(size))
        assert 0 <= answers.size <= 8_000
        assert len(answers.get((str(name),)).body) == size


def test_those_that_are_used_stay():
    answers = Answers(room=4_000)
    answers.keep(("used",), answer(1_000))
    for number in range(10):
        answers.keep((str(number),), answer(1_000))
        assert answers.get(("used",)) is not None
    assert answers.get(("0",)) is None


def test_large_ones_are_not_kept():
    answers = Answers()
    answers.keep(("large",), answer(SMALL + 1))
    assert answers.get(("large",)) is None
    assert answers.size == 0


def test_many_threads_may_keep_at_once():
    answers = Answers(room=20_000)

    def work(number: int) -> None:
        for each in range(200):
            answers.keep((str(number), str(each % 7)), answer(each * 7))
            answers.get((str(number), str(each % 5)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = [answers.get(key) for key in list(answers._kept)]
    assert answers.size <= 20_000
    assert sum(len(one.body) for one in kept) <= answers.size

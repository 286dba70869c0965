"""Gates and rates: never more than so many, in the order in which they came, and none is lost."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.api.access.gates import Gate, Gates
from dsgrid.api.access.rates import Rate
from dsgrid.api.limits import Limits
from dsgrid.api.problems.problems import ApiError, BusyError


def test_never_more_than_its_size_pass_at_the_same_time() -> None:
    gate, inside, most, lock = Gate("tests", 3, 10), 0, 0, threading.Lock()

    def pass_through() -> None:
        nonlocal inside, most
        with gate:
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.002)
            with lock:
                inside -= 1

    threads = [threading.Thread(target=pass_through) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (most, inside, gate._free) == (3, 0, 3)


def test_who_waits_too_long_is_told_to_come_back_and_leaves_no_gap() -> None:
    gate = Gate("tests", 1, 0.02)

    with gate, pytest.raises(BusyError) as error, gate:
        pass

    assert (error.value.status, error.value.headers["Retry-After"]) == (503, "3")
    with gate:
        assert gate._free == 0
    assert gate._free == 1


def test_who_finds_too_many_waiting_does_not_wait() -> None:
    gate = Gate("tests", 1, 60, waiting=0)

    with gate, pytest.raises(BusyError), gate:
        pass


def test_coroutines_wait_without_a_thread_and_in_order() -> None:
    gate, order = Gate("tests", 1, 5), []

    async def pass_through(number: int) -> None:
        async with gate:
            order.append(number)
            await asyncio.sleep(0.001)

    async def all_of_them() -> int:
        before = threading.active_count()
        await asyncio.gather(*(pass_through(number) for number in range(10)))
        return threading.active_count() - before

    assert asyncio.run(all_of_them()) == 0
    assert order == list(range(10))
    assert gate._free == 1


def test_a_coroutine_that_is_cancelled_while_it_waits_or_as_its_turn_comes_leaves_no_gap() -> None:
    gate = Gate("tests", 1, 5)

    async def wait() -> None:
        async with gate:
            pass

    async def cancelled() -> None:
        async with gate:
            waiting = asyncio.create_task(wait())
            turn = asyncio.create_task(wait())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        turn.cancel()  # its turn has come this moment
        await asyncio.gather(turn, return_exceptions=True)

    asyncio.run(cancelled())

    assert (gate._free, len(gate._queue)) == (1, 0)


def test_another_thread_may_leave_for_who_came() -> None:
    gate = Gate("tests", 1, 0.02)
    gate.__enter__()

    thread = threading.Thread(target=gate.__exit__, args=(None, None, None))
    thread.start()
    thread.join()

    with gate:
        pass


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 30)), max_size=40))
def test_a_rate_lets_through_its_burst_and_its_pace_and_no_more(visits: list[tuple[str, float]]) -> None:
    moment = 0.0
    rate = Rate(60, 5, clock=lambda: moment)
    passed: dict[str, int] = {"a": 0, "b": 0}

    for who, pause in visits:
        moment += pause
        wait = rate.take(who)
        passed[who] += wait == 0
        assert 0 <= wait <= 1
        assert passed[who] <= 5 + moment + 1e-6


def test_after_the_wait_that_it_says_the_next_one_passes() -> None:
    moment = 100.0
    rate = Rate(6, 1, clock=lambda: moment)
    assert rate.take("a") == 0
    wait = rate.take("a")

    moment += wait

    assert wait == pytest.approx(10)
    assert rate.take("a") == 0


def test_a_rate_forgets_who_was_not_seen_for_the_longest() -> None:
    rate = Rate(60, 1, kept=100)

    for number in range(1_000):
        rate.take("regular")
        rate.take(str(number))

    assert len(rate) == 100
    assert rate.take("regular") > 0


def test_one_request_too_many_is_429_with_the_time_to_wait() -> None:
    gates = Gates(Limits(requests=60, burst=2))
    gates.rate("a")
    gates.rate("a")

    with pytest.raises(ApiError) as error:
        gates.rate("a")

    assert (error.value.status, error.value.headers["Retry-After"]) == (429, "1")
    gates.rate("b")
    gates.rate("a", "failed_tokens")

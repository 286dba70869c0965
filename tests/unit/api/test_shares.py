"""Places for downloads: all are used, and no user has all of them."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from dsgrid.api.access.gates import Gate
from dsgrid.api.access.shares import Shares
from dsgrid.api.limits import Limits
from dsgrid.api.problems.problems import BusyError


async def taken(shares: Shares, stack: AsyncExitStack, *users: str) -> list[bool]:
    """Take places for users one after the other, and tell who got one."""
    found = []
    for user in users:
        try:
            await stack.enter_async_context(shares.place(user))
            found.append(True)
        except BusyError:
            found.append(False)
    return found


@pytest.mark.parametrize(
    ("downloads", "users", "expected"),
    [
        (3, "aaab", [True, True, False, True]),
        (3, "aabb", [True, True, True, False]),
        (3, "abcd", [True, True, True, False]),
        (1, "aab", [True, False, False]),
        (2, "aab", [True, False, True]),
    ],
)
def test_no_user_has_all_places(downloads: int, users: str, expected: list[bool]) -> None:
    async def run() -> None:
        shares = Shares(Gate("downloads", downloads, 0.05), Limits(downloads=downloads, answer_time=0.05))
        for _ in range(2):  # all are free again afterwards
            async with AsyncExitStack() as stack:
                assert await taken(shares, stack, *users) == expected

    asyncio.run(run())


def test_a_user_who_waits_takes_no_place_meanwhile() -> None:
    async def run() -> None:
        shares = Shares(Gate("downloads", 3, 1.0), Limits(downloads=3, answer_time=1.0))
        async with AsyncExitStack() as stack:
            assert await taken(shares, stack, "a", "a") == [True, True]
            third = asyncio.ensure_future(taken(shares, AsyncExitStack(), "a"))
            await asyncio.sleep(0.02)
            assert await taken(shares, stack, "b") == [True]
            third.cancel()
            await asyncio.gather(third, return_exceptions=True)
        async with AsyncExitStack() as stack:
            assert await taken(shares, stack, "a", "a", "b") == [True, True, True]

    asyncio.run(run())


def test_no_user_has_all_plans() -> None:
    async def run() -> None:
        limits = Limits(plans=2, downloads=9, answer_time=0.05)
        async with AsyncExitStack() as stack:
            shares = Shares(Gate("plans", 2, 0.05), limits, "plans")
            assert await taken(shares, stack, "a", "a", "b") == [True, False, True]

    asyncio.run(run())


def test_threads_share_the_places_of_a_user_too() -> None:
    shares = Shares(Gate("downloads", 2, 0.05), Limits(downloads=2, answer_time=0.05))
    with shares.held("a"):
        with pytest.raises(BusyError), shares.held("a"):
            pass
        with shares.held("b"):
            pass
    assert asyncio.run(taken(shares, AsyncExitStack(), "a", "a", "b")) == [True, False, True]

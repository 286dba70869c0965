"""Rules for the time of a submission, in any combination: whether they mean something is for others to say."""

from __future__ import annotations

from hypothesis import strategies as st

from dsgrid.time.rules import ALIGN, LEAP_DAY, SPREAD, TO_INSTANTS, TO_PROFILE, TimeRules


def time_rules(*shapes: str) -> st.SearchStrategy[TimeRules]:
    """Return rules; `shapes` are the datasets (``id@version``) that annual values may follow."""
    return st.builds(
        TimeRules,
        wrap=st.booleans(),
        align=_word(*ALIGN),
        leap_day=_word(*LEAP_DAY),
        spring_forward=_word(*TO_INSTANTS["spring_forward"], *TO_PROFILE["spring_forward"]),
        fall_back=_word(*TO_INSTANTS["fall_back"], *TO_PROFILE["fall_back"]),
        resample=st.booleans(),
        interpolate=st.booleans(),
        trim=st.booleans(),
        spread=_word(*SPREAD),
        shape=_word(*shapes),
        holidays=_word("weekend", "sunday"),
    )


def _word(*words: str) -> st.SearchStrategy[str]:
    return st.sampled_from(("", *words))

"""Random records and mappings between them."""

from __future__ import annotations

from hypothesis import strategies as st

from dsgrid.dimensions.mapping import Association, Mapping

# Exact and inexact ones, 0 (which is an association), more than 1, and less than nothing (an adjustment).
FRACTIONS = st.sampled_from([1.0, 0.5, 0.25, 0.1, 1 / 3, 0.7, 2.5, 0.0, -0.5])
SHARES = ((0.25, 0.75), (0.5, 0.5), (0.1, 0.9), (1 / 3, 2 / 3), (0.2, 0.3, 0.5))


@st.composite
def mappings(draw: st.DrawFn, sources: tuple[str, ...], targets: tuple[str, ...]) -> Mapping:
    """A mapping of one of the kinds' shapes; some ids go nowhere, with and without a row that says so."""
    shape = draw(st.sampled_from(["rename", "roll_up", "duplicate", "split", "multiply", "proportional"]))
    pairs: dict[tuple[str, str | None], float] = {}
    for index, source in enumerate(sources):
        fate = draw(st.integers(0, 9))
        if fate == 0 and index:
            continue  # unlisted
        if fate == 1 and index:
            pairs[(source, None)] = 1.0
            continue
        pairs.update(_row(draw, shape, index, source, targets))
    kinds = {
        "rename": "one_to_one_explicit_multipliers",
        "roll_up": "many_to_one_aggregation",
        "duplicate": "duplication",
        "split": "one_to_many_disaggregation",
        "multiply": "many_to_many_explicit_multipliers",
        "proportional": "many_to_many_explicit_multipliers",
    }
    return Mapping(kinds[shape], tuple(Association(source, target, x) for (source, target), x in pairs.items()))


def _row(
    draw: st.DrawFn, shape: str, index: int, source: str, targets: tuple[str, ...]
) -> dict[tuple[str, str | None], float]:
    some = st.lists(st.sampled_from(targets), min_size=1, max_size=3, unique=True)
    if shape == "rename":
        return {(source, targets[index % len(targets)]): draw(FRACTIONS)}
    if shape == "roll_up":
        return {(source, draw(st.sampled_from(targets))): 1.0}
    if shape == "duplicate":
        return {(source, target): 1.0 for target in draw(some)}
    if shape == "split":
        chosen = draw(some)
        shares = draw(st.sampled_from([one for one in SHARES if len(one) >= len(chosen)]))
        return {(source, target): share for target, share in zip(chosen, shares, strict=False)}
    if shape == "multiply":
        return {(source, target): draw(FRACTIONS) for target in draw(some)}
    # Rows that differ by a scalar only, as counties that split over the same shares do.
    scale = draw(FRACTIONS)
    return {(source, target): scale * share for target, share in zip(targets, (0.2, 0.3, 0.5), strict=False)}

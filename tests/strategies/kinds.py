"""Random mappings of every kind, which keep what their kind promises."""

from __future__ import annotations

from hypothesis import strategies as st

from dsgrid.dimensions.kinds import KINDS
from dsgrid.dimensions.mapping import Association, Mapping

_MULTIPLIERS = st.sampled_from([1.0, 0.5, 0.1, 1 / 3, 2.5, 0.0, -0.5, 7.0])
Rows = dict[tuple[str, str | None], float]


@st.composite
def mappings_of_kinds(
    draw: st.DrawFn,
    sources: str,
    targets: str,
    kinds: tuple[str, ...] = tuple(KINDS),
    *,
    whole: bool = False,
) -> Mapping:
    """A mapping that its kind accepts, of ids that are single letters.

    Parameters
    ----------
    whole
        Every source has a row; otherwise some have none, and are lost without a word.
    """
    kind = KINDS[draw(st.sampled_from(kinds))]
    free = list(draw(st.permutations(targets)))
    rows: Rows = {}
    for source in sources:
        fate = draw(st.sampled_from(["map"] * 4 + ["drop"] + ([] if whole else ["lose"])))
        if fate == "lose":
            continue
        chosen: list[str] = []
        if fate == "map":
            limit = draw(st.integers(1, 3)) if kind.from_repeats else 1
            # A target that may not repeat is used up.
            chosen = [free.pop() for _ in range(min(limit, len(free)))] if not kind.to_repeats else free[:limit]
            if kind.to_repeats:
                free = list(draw(st.permutations(targets)))
        rows.update({(source, target): 1.0 for target in chosen} or {(source, None): 1.0})
    if kind.sums_to_one == "from":
        _share(draw, rows, sources, 0, partly=kind.from_repeats)
    elif kind.sums_to_one == "to":
        _share(draw, rows, targets, 1, partly=False)
    elif not kind.all_ones:
        rows = {pair: draw(_MULTIPLIERS) for pair in rows}
    if not rows:
        rows = {(sources[0], None): 1.0}
    return Mapping(kind.name, tuple(Association(*pair, fraction) for pair, fraction in rows.items()))


def _share(draw: st.DrawFn, rows: Rows, ids: str, side: int, *, partly: bool) -> None:
    """Give the associations of each id shares that sum to 1; perhaps a part of them is dropped on purpose."""
    for id_ in ids:
        pairs = [pair for pair in rows if pair[side] == id_]
        if partly and pairs and None not in [pair[1] for pair in pairs] and draw(st.booleans()):
            pairs.append((id_, None))
        weights = [draw(st.integers(1, 5)) for _ in pairs]
        rows.update({pair: weight / sum(weights) for pair, weight in zip(pairs, weights, strict=True)})

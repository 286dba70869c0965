from __future__ import annotations

import pytest

from dsgrid.importers.zones import zone
from dsgrid.time.zones import zone as zone_of


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Etc/GMT+5", "-05:00"),
        ("Etc/GMT-10", "+10:00"),
        ("Etc/GMT+0", "UTC"),
        ("EasternStandard", "-05:00"),
        ("EasternPrevailing", "America/New_York"),
        ("USArizona", "America/Phoenix"),
        ("US/Pacific", "America/Los_Angeles"),
        ("America/Denver", "America/Denver"),
    ],
)
def test_a_zone_has_one_name_here_and_it_exists(theirs: str, ours: str) -> None:
    assert zone(theirs) == ours
    assert zone_of(ours) is not None

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dsgrid.errors import DsgridError
from dsgrid.importers.dataset import dataset
from dsgrid.importers.document import Entry
from dsgrid.importers.outcomes import Outcomes


def test_what_was_found_before_a_translation_ended_is_not_lost(dataset_file: Callable[..., Entry]) -> None:
    document = dataset_file(
        enable_unit_conversions=False,
        dataset_qualifier_metadata={"dataset_qualifier_type": "odd"},
        dimensions=[{"type": "geography"}],
    )
    with pytest.raises(DsgridError) as caught:
        dataset(document)
    messages = [problem.message for problem in caught.value.problems]
    assert len(messages) == len(set(messages)) >= 2
    assert [remark.key for remark in caught.value.remarks] == ["enable_unit_conversions"]


def test_the_report_of_a_refused_file_has_its_unknown_keys(dataset_file: Callable[..., Entry]) -> None:
    document = dataset_file(enable_unit_conversions=False, dimensions=[{"type": "geography"}])
    outcomes = Outcomes()
    assert outcomes.attempt(Path("dataset.json5"), lambda: dataset(document)) is None
    assert {remark.kind for remark in outcomes.all_remarks} == {"refused", "decide"}
    assert any('did you mean "enable_unit_conversion"?' in remark.message for remark in outcomes.all_remarks)

"""Two versions of datasets against each other, value by value, where they are small."""

from __future__ import annotations

from typing import IO, Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ConfigDict, Field
from starlette.responses import Response

from dsgrid.api.access.depends import Here, Reader
from dsgrid.api.answers.answers import LOCK_TIMEOUT, Deadline, answer
from dsgrid.api.answers.negotiation import MEDIA_TYPES, chosen, offered
from dsgrid.api.answers.parameters import known_parameters, names, plain
from dsgrid.api.answers.tables import dumps
from dsgrid.api.problems.problems import ApiError
from dsgrid.api.routes.registry_models import Form, Reference, answers
from dsgrid.api.routes.result_models import Comparison
from dsgrid.operations.compare_tables import compare
from dsgrid.registry.registry import Registry

router = APIRouter(tags=["registry"], dependencies=[Depends(known_parameters)])
FORMATS: Final = ("json", "text")
# Rows of both that an answer may read; more would take longer than a client waits.
MOST: Final = 2_000_000
SHOWN: Final = 1_000


class AgainstOther(Form):
    """How two datasets are compared."""

    model_config = ConfigDict(populate_by_name=True)

    other: str = Field(alias="with", description="Another dataset or version.", examples=["commercial_2018@1.0.0"])
    keys: str = Field("", description="`NAME[,NAME]`: the columns that tell rows apart; else what the datasets say.")
    ignore: str = Field("", description="`NAME[,NAME]`: columns that are not compared.")
    rtol: float = Field(1e-9, ge=0, allow_inf_nan=False, description="What may differ, relative to the greater one.")
    atol: float = Field(0.0, ge=0, allow_inf_nan=False, description="What may differ, absolute.")
    duplicates: str = Field("refuse", description="`refuse` rows with equal keys, or `sum` their values.")
    zone: str | None = Field(None, description="Whose clock it is, where one has readings and the other instants.")
    rows: int = Field(10, ge=0, le=SHOWN, description="How many rows and records of each kind are told.")
    summary: bool = Field(False, description="Only the numbers, no rows and no records.")


@router.get(
    "/datasets/{reference:path}/compare",
    operation_id="compare_datasets",
    summary="Compare the values of two datasets, or of two versions of one",
    response_model=Comparison,
    responses=answers(*FORMATS, also=(404, 422)),
)
def compare_datasets(
    reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[AgainstOther, Query()]
) -> Response:
    """Only small ones: results of queries are compared by `/v1/jobs/{job}/result/diff`, of any size."""
    limits = here.settings.limits
    given = {"keys": choice.keys, "ignore": choice.ignore, "zone": choice.zone, "duplicates": choice.duplicates}
    plain(limits, reference=reference, **{"with": choice.other}, **given)
    form = chosen(request, offered(*FORMATS), choice.format)

    def write(file: IO[bytes], deadline: Deadline) -> None:
        with Registry.open(here.settings.registry, lock_timeout=LOCK_TIMEOUT) as opened:
            first, second = (_small(opened, each) for each in (reference, choice.other))
            found = compare(
                first,
                second,
                registry=opened,
                keys=names(choice.keys),
                ignore=names(choice.ignore),
                rtol=choice.rtol,
                atol=choice.atol,
                duplicates=choice.duplicates,
                zone=choice.zone,
                shown=choice.rows,
                progress=lambda _said: deadline.check(),
            )
        summary, line = choice.summary, choice.line
        text = dumps(found.document(summary)) if form == "json" else found.report(summary, line)
        file.write(f"{text}\n".encode())

    return answer(request, here, MEDIA_TYPES[form], write)


def _small(registry: Registry, reference: str) -> str:
    """Return the full reference of a dataset, which no place is called; refuse one that is large."""
    dataset = registry.dataset(reference)
    rows = sum(each.rows for each in dataset.files if each.role == "facts")
    if rows > MOST:
        raise ApiError(
            400,
            "bad request",
            f"{dataset.id}@{dataset.version} has {rows:,} rows, and at most {MOST:,} are compared here; compare "
            "results of queries that sum them first",
        )
    return f"{dataset.id}@{dataset.version}"

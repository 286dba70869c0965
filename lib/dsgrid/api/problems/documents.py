"""Problem details as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from dsgrid.api.problems.types import problem_type

MEDIA_TYPE: Final = "application/problem+json"
# What every route may answer, before it is asked: by the guards, and by who may do what.
COMMON: Final = (400, 401, 403, 408, 414, 421, 429, 500, 503, 507)
_SCHEMAS: Final = "#/components/schemas"


class ProblemItem(BaseModel):
    """One thing that is wrong, and where."""

    message: str = Field(description="What is wrong, and what is expected.", examples=['no dataset "comercial_2018"'])
    key: str = Field(default="", description="Where in the document it is.", examples=["datasets[0]"])
    where: str = Field(default="", description="File, line and column.", examples=["spec.toml:7:13"])
    detail: str = Field(default="", description="More lines, such as offending rows.")


class ProblemDocument(BaseModel):
    """Why a request was refused (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "/v1/problems/not-found",
                    "title": "not found",
                    "status": 404,
                    "detail": 'no dataset "comercial_2018" in the registry; did you mean "commercial_2018"?',
                    "instance": "urn:uuid:0b8c1c3e-6f5c-4e39-9a55-1d1f8f0a1c5e",
                    "error": "NotFoundError",
                    "problems": [],
                }
            ]
        }
    )

    type: str = Field(description="Which kind of problem; a page of this server.")
    title: str = Field(description="The kind in words.")
    status: int = Field(description="The status of the answer.")
    detail: str = Field(description="What is wrong this time.")
    instance: str = Field(description="The id of the request, which the server's log has, too.")
    error: str = Field(default="", description="The class of the error in Python, where it was one of dsgrid's.")
    problems: list[ProblemItem] = Field(default_factory=list, description="Everything that is wrong, each by itself.")


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route documents of the problems that it may answer with, for its `responses`.

    Parameters
    ----------
    statuses
        Besides those that every route may have, see `COMMON`.
    """
    return {
        status: {
            "description": problem_type(status).title.capitalize(),
            "content": {MEDIA_TYPE: {"schema": {"$ref": f"{_SCHEMAS}/{ProblemDocument.__name__}"}}},
        }
        for status in sorted({*COMMON, *statuses})
    }


def complete(document: dict[str, Any]) -> None:
    """Give an OpenAPI document the schemas of problems, and each operation those that every one may have.

    What FastAPI says of errors of validation is replaced: they are answered with problem details, too.
    """
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    made = ProblemDocument.model_json_schema(ref_template=f"{_SCHEMAS}/{{model}}")
    schemas.update(made.pop("$defs"))
    schemas[ProblemDocument.__name__] = made
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path in document.get("paths", {}).values():
        for method, operation in path.items():
            if method not in ("get", "head", "post", "delete"):
                continue
            with_body = (413, 415) if "requestBody" in operation else ()
            said = {str(status): described for status, described in responses(*with_body, 422).items()}
            own = operation.setdefault("responses", {})
            if f"{_SCHEMAS}/HTTPValidationError" in str(own.get("422", "")):
                del own["422"]
            operation["responses"] = dict(sorted((said | own).items()))

"""Work as requests and answers: what is checked, planned, and put into the queue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from dsgrid.api.problems.documents import ProblemItem
from dsgrid.api.routes.job_models import EXAMPLE, JobDocument
from dsgrid.query.model import OPERATORS

# Valid against the demo registry.
QUERY: Final[Mapping[str, Any]] = {
    "spec_version": 1,
    "job": "query",
    "name": "annual_by_state",
    "project": "three_states_2018",
    "datasets": ["commercial_2018", "residential_2018"],
    "step": [{"function": "sum", "by": ["state", "fuel", "end_use", "scenario", "annual"]}],
    "result": {"format": "parquet", "unit": "GWh"},
}
QUERY_DATASET: Final[Mapping[str, Any]] = {
    "spec_version": 1,
    "job": "query_dataset",
    "name": "commercial_by_county",
    "dataset": "commercial_2018",
    "step": [{"function": "sum", "by": ["commercial_county", "commercial_end_use", "annual"]}],
}
QUERIES: Final = {"query": QUERY, "query_dataset": QUERY_DATASET}
SUBMIT: Final[Mapping[str, Any]] = {
    "spec_version": 1,
    "job": "submit_dataset",
    "log_message": "Submit the commercial sector",
    "project": "three_states_2018",
    "dataset": "commercial_2018",
}

Name = Annotated[str, Field(max_length=200)]
Names = Annotated[list[Name], Field(max_length=50)]
Scalar = str | int | float | bool


class JobAccepted(JobDocument):
    """A job that was handed in."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**EXAMPLE, "notes": []}]})

    notes: list[str] = Field(
        default_factory=list, description="What of the spec is overruled here, and what else there is to know."
    )


class Validation(BaseModel):
    """What was found in a spec."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"valid": True, "error": "", "job": "query", "problems": [], "remarks": [], "notes": []},
                {
                    "valid": False,
                    "error": "SpecError",
                    "job": None,
                    "problems": [
                        {
                            "message": 'found "comercial_2018", which is no dataset of three_states_2018',
                            "key": "datasets[0]",
                            "where": "spec.json:1:97",
                            "detail": "",
                        }
                    ],
                    "remarks": [],
                    "notes": [],
                },
            ]
        }
    )

    valid: bool = Field(description="Whether it would be taken in.")
    error: str = Field(
        default="", description="The class of the error in Python, such as `NotFoundError`; empty where it is valid."
    )
    job: str | None = Field(description="What it asks for; null where that cannot be told.", examples=["query"])
    problems: list[ProblemItem] = Field(description="Everything that is wrong.")
    remarks: list[str] = Field(description="What is right, and yet worth a look.")
    notes: list[str] = Field(description="What of it is overruled here.")


class ChosenRunner(BaseModel):
    """What would carry a query out, if it were handed in now."""

    name: str | None = Field(description="The runner; null where none is on.", examples=["warm"])
    why: str = Field(description="Why that one, in a sentence.")


class Explanation(BaseModel):
    """The plan of a query: the document of `dsgrid explain --json`, and its text."""

    model_config = ConfigDict(extra="allow")

    query: str = Field(description="The name of the query.", examples=["annual_by_state"])
    project: str | None = Field(description="What it asks, with its version.", examples=["three_states_2018@1.0.0"])
    expected: dict[str, Any] | None = Field(description="Rows, bytes and time that are expected.")
    runner: ChosenRunner = Field(description="What would carry it out.")
    report: str = Field(description="The plan for people.")
    notes: list[str] = Field(description="What of the spec is overruled here.")


class PlanDocument(BaseModel):
    """What applying a spec would register or change: the document of `dsgrid plan --json`, and its text."""

    model_config = ConfigDict(extra="allow")

    allow: str | None = Field(description="How far changes may go, as was said.", examples=["minor"])
    needed: str | None = Field(description="How far they would have to go, where that is further.", examples=["major"])
    report: str = Field(description="The same for people.")
    notes: list[str] = Field(description="What of the spec is overruled here.")


class Where(BaseModel):
    """A test, in its parts."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(description="A dimension, a word for time, a subset, or `value`.", examples=["state"])
    attribute: Name = Field(default="", description="An attribute of its records.", examples=["climate"])
    key: Name = Field(
        default="equals",
        description="A key of a filter in a spec.",
        examples=["in"],
        json_schema_extra={"enum": list(OPERATORS)},
    )
    operand: Scalar | Annotated[list[Scalar], Field(max_length=1_000)] = Field(
        description="What it is compared with.", examples=["CO"]
    )
    written: str = Field(default="", max_length=500, description="How messages show it.", examples=["state=CO"])


class Step(BaseModel):
    """A step: values that agree in `by` become one."""

    model_config = ConfigDict(extra="forbid")

    function: Name = Field(default="sum", description="What becomes of the values.", examples=["sum"])
    by: Names = Field(default_factory=list, description="What is kept.", examples=[["state", "annual"]])
    over: Names = Field(default_factory=list, description="Scenarios or years that are put together.")
    weights: Names = Field(default_factory=list, description="Of `weighted_mean`.")
    percentiles: list[float] = Field(default_factory=list, max_length=50, description="Of `percentile`.")
    each: bool = Field(default=False, description="Of each single value, not of what a slot of time adds up to.")


class MoveWhere(BaseModel):
    """A test, which sees what the step before it left."""

    model_config = ConfigDict(extra="forbid")

    where: Where


class MoveStep(BaseModel):
    """A step, after what comes before it."""

    model_config = ConfigDict(extra="forbid")

    step: Step


class QuestionDocument(BaseModel):
    """A quick question to a project, in the words of `dsgrid query`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"project": "three_states_2018", "by": ["state", "annual"], "where": ["state=CO,CA"], "unit": "GWh"},
            ]
        },
    )

    project: Name = Field(description="Its id, perhaps with a version.", examples=["three_states_2018"])
    datasets: Names = Field(default_factory=list, description="What is asked; empty for all that was submitted.")
    expression: str = Field(default="", max_length=2_000, description="Instead: a formula of datasets.")
    by: Names = Field(default_factory=list, description="What the answer keeps; empty for one total.")
    where: Annotated[list[Annotated[str, Field(max_length=500)]], Field(max_length=50)] = Field(
        default_factory=list, description="Tests such as `state=CO,CA` or `value>0`.", examples=[["state=CO"]]
    )
    function: Name = Field(default="sum", description="What becomes of the values.")
    each: bool = Field(default=False, description="Of each single value, not of what a slot of time adds up to.")
    over: Names = Field(default_factory=list, description="Scenarios or years that are put together.")
    weights: Names = Field(default_factory=list, description="Of `weighted_mean`.")
    percentiles: list[float] = Field(default_factory=list, max_length=50, description="Of `percentile`.")
    moves: Annotated[list[MoveWhere | MoveStep], Field(max_length=50)] = Field(
        default_factory=list,
        description="Instead of `by`, `where` and what belongs to them: tests and steps in their order.",
    )
    unit: Name = Field(default="", description="Of the values.", examples=["GWh"])
    zone: Name = Field(default="", description="That time is told in.", examples=["America/Denver"])
    pivot: Name = Field(default="", description="The dimension whose records become columns.")
    names: bool = Field(default=False, description="Names of records instead of ids.")
    sort: Names = Field(default_factory=list, description="The order of the rows.")
    format: Literal["parquet", "csv", "arrow"] = Field(default="parquet", description="Of the table.")
    at: Name = Field(default="", description="A version of the project, or a date.", examples=["2026-07-01"])
    overlap: Literal["", "error", "sum"] = Field(
        default="", description="`sum` adds values that two datasets have of the same."
    )
    fill: bool = Field(default=False, description="What one side of an expression lacks counts as 0.")
    name: Name = Field(default="", description="Of the query; else it follows from the question.")
    python: bool = Field(default=False, description="Messages name calls of Python, not options.")
    explain: bool = Field(default=False, description="Answer with the plan, too.")
    run: bool = Field(default=False, description="Put it into the queue.")


class QuestionAnswer(BaseModel):
    """A question as a spec."""

    name: str = Field(description="The name of the query.", examples=["state_annual_1f2e3d4c"])
    spec: dict[str, Any] = Field(description="The spec that asks the same.", examples=[dict(QUERY)])
    toml: str = Field(description="The same, as a file has it.")
    notes: list[str] = Field(description="What was added to the question.")
    plan: str | None = Field(default=None, description="The plan, where it was wanted.")
    job: JobAccepted | None = Field(default=None, description="The job, where it was to be run.")

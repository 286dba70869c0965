"""Metadata: what a project or a dataset says about itself for people. Nothing is computed from it."""

from __future__ import annotations

from typing import Final

from dsgrid.spec.patterns import DOI, FILLED, NAME, ORIGIN_DATE, URL
from dsgrid.spec.schemas.fragments import Schema, array, choice, table, tables_by_name, text

STATUSES: Final = {
    "planned": "nothing is submitted yet",
    "in_progress": "datasets are still missing or under review",
    "complete": "every dataset is there",
    "published": "results of it are in use",
    "deprecated": "something else has taken its place",
}

QUALIFIERS: Final = {
    "quantity": "what the metrics say: amounts, levels, shares",
    "annual_growth_rate": "rates by which something grows exponentially from year to year",
    "monthly_growth_rate": "rates by which something grows exponentially from month to month",
}


def _names(title: str, description: str) -> Schema:
    return array(title, description, text("Name", "A name.", FILLED, examples=["A. Author"]), default=[])


# In the order of the manual.
ORIGIN_KEYS: Final[dict[str, Schema]] = {
    "creator": text("Creator", "Who made the data, a person or a team.", examples=["A. Author"]),
    "organization": text("Organization", "The creator's organization.", examples=["NREL"]),
    "contributors": {
        **_names("Contributors", "Who else worked on the data."),
        "examples": [["B. Author", "C. Author"]],
    },
    "authors": {
        **_names("Authors", "The authors, as the data are to be cited."),
        "examples": [["A. Author", "B. Author"]],
    },
    "project": text("Project", "The project or study that the data come from.", examples=["End Use Load Profiles"]),
    "source": text("Source", "What the data were taken from: a model, a survey, a database.", examples=["ComStock"]),
    "version": {
        "title": "Version",
        "description": "The version that the source gives the data.",
        "type": ["string", "number"],
        "examples": ["0.1.0"],
    },
    "date": text(
        "Date",
        "When the data were made or published: a day, a month or a year.",
        ORIGIN_DATE,
        examples=["2021-09-29", "2021-09", "2021"],
    ),
    "doi": text(
        "DOI",
        "The DOI of the data, with or without `https://doi.org/` in front.",
        DOI,
        examples=["10.25984/1876417"],
    ),
    "url": text("URL", "Where the data can be found.", URL, examples=["https://data.openei.org/submissions/4520"]),
    "license": text("License", "On what terms the data may be used.", examples=["CC-BY-4.0"]),
}

_OWN: Schema = {
    "title": "Value",
    "description": "A text, a number, true or false, or an array of texts.",
    "type": ["string", "number", "boolean", "array"],
    "items": {"type": "string"},
    "examples": ["NREL"],
}


def metadata_keys(what: str) -> dict[str, Schema]:
    """Return the keys for metadata of a project or a dataset.

    Parameters
    ----------
    what
        ``project`` or ``dataset``.
    """
    tags = {"project": ["load_profiles", "2022"], "dataset": ["commercial", "reference"]}[what]
    origin = {
        "project": {"organization": "NREL", "contributors": ["A. Author", "B. Author"], "date": "2022"},
        "dataset": {"organization": "NREL", "project": "End Use Load Profiles", "version": "0.1.0"},
    }[what]
    own = {
        "project": {"contact": "load-team@example.org", "reviewed": True},
        "dataset": {"contact": "a.author@example.org", "simulation runs": 350000},
    }[what]
    data = "data" if what == "dataset" else "project and its data"
    return {
        "classification": text(
            "Classification",
            f"How sensitive the {data} are, in the words of your organization.",
            default="",
            examples=["low"],
        ),
        "tags": array(
            "Tags",
            f"Words to find the {what} by: `dsgrid registry list {what}s --tag {tags[0]}`.",
            text("Tag", "A word.", FILLED, examples=tags[:1]),
            default=[],
            examples=[tags],
        ),
        "origin": {
            **table(
                "Origin",
                f"Where the {data} come from. Keys of your own may stand beside those that are listed here; each is a "
                "text, a number, true or false, or an array of texts.",
                ORIGIN_KEYS,
                examples=[origin],
            ),
            "patternProperties": {NAME.pattern: _OWN},
        },
        "metadata": tables_by_name(
            "Metadata of your own",
            "Anything else worth keeping, in keys of your own; each is a text, a number, true or false, or an array of "
            "texts.",
            NAME,
            _OWN,
            examples=[own],
        ),
    }


def qualifier() -> Schema:
    """Return the key that says what kind of numbers a dataset holds."""
    return choice(
        "Qualifier",
        "What kind of numbers the values are, for people: what is computed goes by the class of the metrics.",
        QUALIFIERS,
        default="quantity",
        examples=["annual_growth_rate"],
    )


def status() -> Schema:
    """Return the key that says how far a project is."""
    return choice(
        "Status",
        "How far the project is, for people: listings show it, and nothing else depends on it.",
        STATUSES,
        examples=["in_progress"],
    )


def sector_description() -> Schema:
    """Return the key for what a dataset is about, in words."""
    return text(
        "Sector in words",
        "The part of the energy system that the dataset is about, where the records of its sector do not say it.",
        default="",
        examples=["commercial buildings, without data centers"],
    )

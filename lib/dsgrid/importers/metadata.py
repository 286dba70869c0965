"""What a configuration says for people: where data come from, tags, status, and fields of the user's own."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any, Final

from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Remarks, without_empty
from dsgrid.spec.origin import fits, fitted

# Where the data come from, under shorter names here. The last name of a field is the newest.
_ORIGIN: Final = {
    "source": ("data_source",),
    "date": ("origin_date", "data_source_date"),
    "version": ("origin_version", "data_source_version"),
    "authors": ("data_source_authors",),
    "doi": ("source", "data_source_doi_url"),
    "creator": ("origin_creator",),
    "organization": ("origin_organization",),
    "contributors": ("origin_contributors",),
    "project": ("origin_project",),
}
_NAMES: Final = ("authors", "contributors")
_DATES: Final = ("%b %d %Y", "%B %d %Y", "%d %b %Y", "%d %B %Y")
_MONTHS: Final = ("%b %Y", "%B %Y")
_QUALIFIERS: Final = {
    "exponential_annual": "annual_growth_rate",
    "exponential_monthly": "monthly_growth_rate",
}
_STATUSES: Final = {
    "initial registration": "planned",
    "in progress": "in_progress",
    "complete": "complete",
    "published": "published",
    "deprecated": "deprecated",
}

DATASET_KEYS: Final = (
    *("sector_description", "dataset_qualifier_metadata", "data_classification", "tags", "user_defined_metadata"),
    *(old for olds in _ORIGIN.values() for old in olds),
)
PROJECT_KEYS: Final = ("status",)


def dataset_metadata(document: Entry, remarks: Remarks) -> dict[str, Any]:
    """Return the keys of ``[dataset]`` that are for people."""
    return {
        "sector_description": document.text("sector_description"),
        "qualifier": _qualifier(document, remarks),
        "classification": document["data_classification"].text_value,
        "tags": _texts(document, "tags", remarks),
        "origin": _origin(document, remarks),
        "metadata": _own(document, remarks),
    }


def project_metadata(document: Entry, remarks: Remarks) -> dict[str, Any]:
    """Return the keys of ``[project]`` that are for people."""
    status = document.get("status")
    if status is None or not status.text_value:
        return {}
    found = _STATUSES.get(re.sub(r"[\s_-]+", " ", status.text_value).casefold())
    if found is None:
        remarks.say("dropped", status, f'"{status.value}" is no status here; see docs/specs.md, [project]')
        return {}
    return {"status": found}


def is_growth(document: Entry) -> bool:
    """Return whether a dataset's values are rates of growth."""
    qualifier = document.get("dataset_qualifier_metadata")
    return qualifier is not None and qualifier.text("dataset_qualifier_type") == "growth_rate"


def _qualifier(document: Entry, remarks: Remarks) -> str:
    qualifier = document.get("dataset_qualifier_metadata")
    if qualifier is None:
        return ""
    remarks.unknown(qualifier, ("dataset_qualifier_type", "growth_rate_type"))
    if not is_growth(document):
        found = qualifier.text("dataset_qualifier_type")
        if found not in ("", "quantity"):
            remarks.wrong(qualifier["dataset_qualifier_type"], f'there is no kind of values "{found}"')
        return found
    rate = qualifier.get("growth_rate_type")
    if rate is None:
        remarks.say("decide", qualifier, "no growth_rate_type is given; are these rates from year to year?")
        return "annual_growth_rate"
    if rate.text_value not in _QUALIFIERS:
        remarks.wrong(rate, f'there is no kind of growth "{rate.value}"; there are: {", ".join(_QUALIFIERS)}')
    return _QUALIFIERS.get(rate.text_value, "")


# Where the data come from ---------------------------------------------------------------------------------------------


def _origin(document: Entry, remarks: Remarks) -> dict[str, Any]:
    origin: dict[str, Any] = {}
    for name, olds in _ORIGIN.items():
        for old in reversed(olds):
            found = document.get(old)
            if found is None or found.value in ("", []):
                continue
            key, value = _placed(name, found, remarks)
            if key in origin and origin[key] != value:
                # What an older name says besides.
                key = old
                while key in origin:
                    key += "_text"
            origin[key] = value
            if key != old:
                remarks.say("renamed", found, f"this is dataset.origin.{key} here")
    return without_empty(fitted(origin))


def _placed(name: str, found: Entry, remarks: Remarks) -> tuple[str, Any]:
    """Return the key that a field has here, and its value in the form of that key."""
    if name in _NAMES:
        return name, _unique(found, remarks)
    text = found.text_value
    if name == "doi" and not fits("doi", text):
        # One field for all of them.
        return ("url" if fits("url", text) else "source_description"), text
    if name == "date" and not fits("date", text):
        written = _date(text)
        if written:
            remarks.say("changed", found, f'"{found.value}" is written as "{written}"')
            return name, written
        remarks.say("decide", found, f'"{found.value}" is no date; it is kept as dataset.origin.date_text')
    return name, text


def _date(text: str) -> str:
    """Return a date as specs write it, or nothing for what is none."""
    plain = " ".join(text.replace(",", " ").replace(".", " ").split())
    for forms, shown in ((_DATES, "%Y-%m-%d"), (_MONTHS, "%Y-%m")):
        for form in forms:
            try:
                return datetime.strptime(plain, form).strftime(shown)  # noqa: DTZ007 - a day, wherever
            except ValueError:
                continue
    # A moment of a day.
    day = re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ]\d.*", plain)
    return day[1] if day and fits("date", day[1]) else ""


def _texts(document: Entry, key: str, remarks: Remarks) -> list[str]:
    found = document.get(key)
    return [] if found is None else _unique(found, remarks)


def _unique(found: Entry, remarks: Remarks) -> list[str]:
    """Return texts without blanks around them, each once; a single text is one of them."""
    values = found.value if isinstance(found.value, list) else [found.value]
    texts = [_text(value).strip() for value in values]
    unique = list(dict.fromkeys(text for text in texts if text))
    if len(unique) < len(texts):
        remarks.say("changed", found, "blank ones and those that are there twice are left out")
    return unique


# Fields of the user's own ---------------------------------------------------------------------------------------------


def _own(document: Entry, remarks: Remarks) -> dict[str, Any]:
    fields = document.get("user_defined_metadata")
    if fields is None:
        return {}
    found: dict[str, Any] = {}
    for key, entry in _leaves(fields):
        value, name = _value(entry.value), _name(key, found)
        if value is None:
            remarks.say("dropped", entry, "there is no value")
            continue
        found[name] = value
        if name != str(entry.path[-1]) or value != entry.value:
            remarks.say("changed", entry, f"this is dataset.metadata.{name} here")
    return found


def _leaves(fields: Entry, above: str = "") -> list[tuple[str, Entry]]:
    """Return the values of tables in tables, each with the keys on its way."""
    leaves = []
    for key, entry in fields.items():
        path = f"{above}_{key}" if above else key
        leaves += _leaves(entry, path) if isinstance(entry.value, dict) else [(path, entry)]
    return leaves


def _name(key: str, taken: dict[str, Any]) -> str:
    """Return a key that specs allow, and that is free."""
    plain = re.sub(r"[^A-Za-z0-9_ -]", "_", key).strip(" ").lstrip("-") or "field"
    name, number = plain, 1
    while name in taken:
        number += 1
        name = f"{plain}_{number}"
    return name


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return [_text(each) for each in value]
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

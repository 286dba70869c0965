"""What a configuration says for people: where data come from, tags, status, and fields of the user's own."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any, Final

from dsgrid.errors import did_you_mean
from dsgrid.importers.document import Entry
from dsgrid.importers.document import shown as shown_value
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
_CLASSIFICATIONS: Final = ("low", "moderate")
_STATUSES: Final = {
    "initial registration": "planned",
    "in progress": "in_progress",
    "complete": "complete",
    "published": "published",
    "deprecated": "deprecated",
}

DATASET_KEYS: Final = (
    *("sector_description", "dataset_qualifier_metadata", "data_classification", "tags", "user_defined_metadata"),
    "dataset_qualifier",
    *(old for olds in _ORIGIN.values() for old in olds),
)
PROJECT_KEYS: Final = ("status",)


def dataset_metadata(document: Entry, remarks: Remarks) -> dict[str, Any]:
    """Return the keys of ``[dataset]`` that are for people."""
    return {
        "sector_description": document.text("sector_description"),
        "qualifier": _qualifier(document, remarks),
        "classification": _classification(document, remarks),
        "tags": _texts(document, "tags", remarks),
        "origin": _origin(document, remarks),
        "metadata": _own(document, remarks),
    }


def _classification(document: Entry, remarks: Remarks) -> str:
    found = document.get("data_classification")
    if found is None:
        remarks.say("decide", document, "no data_classification is given, low or moderate", "classification")
        return ""
    if found.text_value not in _CLASSIFICATIONS:
        hint = did_you_mean(found.text_value, _CLASSIFICATIONS)
        remarks.say("decide", found, f'"{found.text_value}" is no classification there{hint}', "classification")
    return found.text_value


def project_metadata(document: Entry, remarks: Remarks) -> dict[str, Any]:
    """Return the keys of ``[project]`` that are for people."""
    status = document.get("status")
    if status is None or not status.text_value:
        return {}
    found = _STATUSES.get(re.sub(r"[\s_-]+", " ", status.text_value).casefold())
    if found is None:
        remarks.say("dropped", status, f'"{status.value}" is no status here; see docs/specs.md, [project]', "status")
        return {}
    return {"status": found}


def is_growth(document: Entry) -> bool:
    """Return whether a dataset's values are rates of growth."""
    return _kind_of_values(document) == "growth_rate"


def _kind_of_values(document: Entry) -> str:
    """Return what the values are; in the first years this stood beside the metadata and not in them."""
    qualifier = document.get_object("dataset_qualifier_metadata")
    said = "" if qualifier is None else qualifier.text("dataset_qualifier_type")
    return said or document.text("dataset_qualifier")


def _qualifier(document: Entry, remarks: Remarks) -> str:
    qualifier = document.get_object("dataset_qualifier_metadata") or document.get("dataset_qualifier")
    if qualifier is None:
        return ""
    if isinstance(qualifier.value, dict):
        remarks.unknown(qualifier, ("dataset_qualifier_type", "growth_rate_type"))
    if not is_growth(document):
        found = _kind_of_values(document)
        if found not in ("", "quantity"):
            place = qualifier.get("dataset_qualifier_type") or document.get("dataset_qualifier") or qualifier
            remarks.wrong(place, f'there is no kind of values "{found}"')
        return found
    rate = qualifier.get("growth_rate_type")
    if rate is None:
        remarks.say(
            "decide", qualifier, "no growth_rate_type is given; are these rates from year to year?", "qualifier"
        )
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
            if key != old and not (key == "date" and not fits(key, value)):  # where that is, `_placed` has said
                remarks.say("renamed", found, f"this is dataset.origin.{key} here", "origin", key)
    return without_empty(fitted(origin))


def _placed(name: str, found: Entry, remarks: Remarks) -> tuple[str, Any]:
    """Return the key that a field has here, and its value in the form of that key."""
    if name in _NAMES:
        return name, _unique(found, remarks)
    if isinstance(found.value, (list, dict)):
        remarks.say(
            "decide", found, f"a text is expected here, found {shown_value(found.value)}; kept as one", "origin"
        )
        return f"{name}_text", _text(found.value)
    text = found.text_value
    if name == "doi" and not fits("doi", text):
        # One field for all of them.
        return ("url" if fits("url", text) else "source_description"), text
    if name == "date" and not fits("date", text):
        written = _date(text)
        if written:
            remarks.say("changed", found, f'"{found.value}" is written as "{written}"', "origin", "date")
            return name, written
        remarks.say(
            "decide",
            found,
            f'"{found.value}" is no date; it is kept as dataset.origin.date_text',
            "origin",
            "date_text",
        )
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
    return [] if found is None else _unique(found, remarks.within(key))


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
    if fields is None or not fields.value:
        return {}
    found: dict[str, Any] = {}
    for key, entry in _leaves(fields):
        value, name = _value(entry.value), _name(key, found)
        if value is None:
            remarks.say("dropped", entry, "there is no value")
            continue
        found[name] = value
        if name != str(entry.path[-1]) or value != entry.value:
            remarks.say("changed", entry, f"this is dataset.metadata.{name} here", "metadata", name)
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
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)

"""Forms of strings in specs: the pattern that a schema holds, and how messages and the manual call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Form:
    """A form of strings: its regular expression (one that Python, Rust and JavaScript read alike) and its words."""

    pattern: str
    words: str


_VERSION = r"(@[0-9]+(\.[0-9]+){0,2})?"

# The id of a dataset is the name of a folder, and those of filesystems end at 255 bytes.
ID: Final = Form(
    "^[A-Za-z][A-Za-z0-9_]{1,127}$",
    "an id: letters, digits and underscores, starting with a letter, 2 to 128 characters",
)
REFERENCE: Final = Form(
    f"^[A-Za-z][A-Za-z0-9_]+{_VERSION}$", 'an id, or an id with a version such as "name@1" or "name@1.2.0"'
)
VERSION: Final = Form(r"^[0-9]+\.[0-9]+\.[0-9]+$", 'a version such as "1.2.0"')
DIMENSION_REFERENCE: Final = Form(
    f"^[^@]+{_VERSION}$", 'the name or id of a registered dimension, with or without a version ("county@1")'
)
MAPPING_REFERENCE: Final = Form(
    f"^[^@/]+/[^@]+{_VERSION}$",
    'the id of a registered mapping, with or without a version ("census_2020/county_to_state@1")',
)
ENTRY: Final = Form(
    "^[^@ ][^@]*(@[^@ ]+)?$", 'the id of something registered, or an id with a version ("comstock@1.0.0")'
)
NAME: Final = Form(
    "^[A-Za-z0-9_][A-Za-z0-9_ -]*$",
    "a name: letters, digits, underscores, dashes and blanks (not in front)",
)
RESULT_COLUMN: Final = Form(
    "^[A-Za-z0-9_][A-Za-z0-9_ -]*([.][^ ](.*[^ ])?)?$",
    'a name: letters, digits, underscores, dashes and blanks (not in front), or an attribute such as "county.state"',
)
FOLDER_NAME: Final = Form("^[A-Za-z0-9_][A-Za-z0-9_-]*$", "a name: letters, digits, underscores and dashes")
COLUMN: Final = Form("^[^ ](.*[^ ])?$", "the name of a column, without blanks around it")
FILLED: Final = Form("^.*[^ ].*$", "a text that is not blank")
AT: Final = Form(
    "^([0-9]+(\\.[0-9]+){0,2}|[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([T ][0-9.:]+(Z|[+-][0-9:]+)?)?)$",
    'a version such as "1.0", a date such as "2026-11-23", or a time such as "2026-11-23T14:30Z"',
)
MOMENT: Final = Form(
    "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]) ([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$",
    'a date and time such as "2018-01-01 00:00"',
)
DATE: Final = Form("^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", 'a date such as "2012-07-04"')
ORIGIN_DATE: Final = Form(
    "^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$", 'a date such as "2021-09-29", "2021-09" or "2021"'
)
DOI: Final = Form(
    "^(https?://(dx[.])?doi[.]org/|doi:)?10[.][0-9]{4,9}([.][0-9]+)*/[^ ]+$", 'a DOI such as "10.25984/1876417"'
)
URL: Final = Form("^[A-Za-z][A-Za-z0-9+.-]*://[^ ]+$", 'a URL such as "https://data.openei.org/submissions/4520"')
YEAR: Final = Form("^[0-9]{4}$", 'a year such as "2018"')
WORD: Final = Form("^[A-Za-z][A-Za-z0-9_]*$", "a word: letters, digits and underscores, starting with a letter")
STEP: Final = Form("^[1-9][0-9]*(s|min|h|d)$", 'a duration such as "1h", "30min", "15min" or "1d"')
AGE: Final = Form("^[0-9]+(s|min|h|d)$", 'an age such as "24h", "30min" or "0s"')
ZONE: Final = Form(
    "^([+-][0-9]{2}:[0-9]{2}|[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*)$",
    'a fixed offset such as "-05:00" or a name such as "America/New_York"',
)

# What Slurm takes, in the file of a site.
SLURM_NAME: Final = Form("^[A-Za-z0-9_][A-Za-z0-9_.@:+-]*$", "a name as Slurm knows it, without blanks and commas")
UNBROKEN: Final = Form("^[^ -][^ ]*$", 'a text without blanks that does not begin with "-"')
SLURM_OPTION: Final = Form(
    "^--[a-z][a-z0-9-]*(=.*[^ ].*)?$", 'one option of sbatch in one text, such as "--exclusive" or "--gres=gpu:1"'
)
ENVIRONMENT_NAME: Final = Form(
    "^[A-Za-z_][A-Za-z0-9_]*$", "the name of an environment variable: letters, digits and underscores"
)
MEMORY: Final = Form("^[0-9]*[1-9][0-9]*([.][0-9]+)?[MGT]$", 'a size such as "240G" or "1.7T"')
TIME_LIMIT: Final = Form(
    "^([0-9]+-)?[0-9]+:[0-5][0-9]:[0-5][0-9]$", 'a time such as "04:00:00" or "2-00:00:00" (two days)'
)

# What a server of the HTTP API takes, in its file.
HOST_NAME: Final = Form(
    "^([A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$",
    'a name or an address without a port, such as "dsgrid.lab.org", "127.0.0.1" or "::1"',
)
HOST_HEADER: Final = Form(
    "^([A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?$",
    'a name or an address as requests have it, such as "dsgrid.lab.org", "dsgrid.lab.org:8000" or "[::1]"',
)
SERVER_URL: Final = Form(
    "^https?://([A-Za-z0-9_.-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?(/[A-Za-z0-9_.~/-]*)?$",
    'a URL such as "https://dsgrid.lab.org"',
)
ORIGIN: Final = Form(
    "^https?://([A-Za-z0-9_.-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?$",
    'an origin such as "https://viewer.lab.org" or "http://localhost:3000", without a path',
)
NETWORK: Final = Form("^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$", 'an address or a network such as "127.0.0.1" or "10.0.0.0/8"')
ENGINE_MEMORY: Final = Form("^[0-9]*[1-9][0-9]*([.][0-9]+)?[kKmMgGtT]$", 'a size such as "4g" or "900m"')

WORDS: Final = {
    form.pattern: form.words
    for form in (
        ID,
        REFERENCE,
        VERSION,
        DIMENSION_REFERENCE,
        MAPPING_REFERENCE,
        ENTRY,
        NAME,
        RESULT_COLUMN,
        FOLDER_NAME,
        COLUMN,
        FILLED,
        AT,
        MOMENT,
        DATE,
        ORIGIN_DATE,
        DOI,
        URL,
        YEAR,
        WORD,
        STEP,
        AGE,
        ZONE,
        SLURM_NAME,
        UNBROKEN,
        SLURM_OPTION,
        ENVIRONMENT_NAME,
        MEMORY,
        TIME_LIMIT,
        HOST_NAME,
        HOST_HEADER,
        SERVER_URL,
        ORIGIN,
        NETWORK,
        ENGINE_MEMORY,
    )
}

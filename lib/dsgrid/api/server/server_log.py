"""What a server writes to its log: a line for each request, without what a query string may hold."""

from __future__ import annotations

import logging
import time
from typing import Any, Final

from dsgrid.api.access.bearer import TOKEN

# uvicorn's loggers, and ours.
ACCESS: Final = "uvicorn.access"


class _Lines(logging.Formatter):
    """Lines that begin with the time, in UTC."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")


class _AccessLines(_Lines):
    """Who asked for what, and what was answered; uvicorn gives both in the record's arguments."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # the name is logging's
        if not isinstance(record.args, tuple) or len(record.args) != 5:
            return super().formatMessage(record)
        client, method, target, _, status = record.args
        path = TOKEN.sub("dsg_...", str(target).partition("?")[0])
        # The port of the client tells nobody anything.
        address = str(client).rpartition(":")[0] or "-"
        return f"{record.asctime} {address} {method} {path} {status}"


def log_configuration() -> dict[str, Any]:
    """Return the configuration of the log, for `logging.config.dictConfig`: everything goes to stderr."""
    module = __name__
    stream = {"class": "logging.StreamHandler", "stream": "ext://sys.stderr"}
    plain = {"handlers": ["plain"], "level": "INFO", "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"plain": {"()": f"{module}._Lines"}, "access": {"()": f"{module}._AccessLines"}},
        "handlers": {"plain": {**stream, "formatter": "plain"}, "access": {**stream, "formatter": "access"}},
        "loggers": {
            "dsgrid": plain,
            # Its other lines say what ours say.
            "uvicorn": {**plain, "level": "WARNING"},
            "uvicorn.error": {"level": "WARNING"},
            ACCESS: {"handlers": ["access"], "level": "INFO", "propagate": False},
            "asyncio": {**plain, "level": "WARNING"},
        },
    }

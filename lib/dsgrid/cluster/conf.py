"""Spark's configuration for one job: private files, because a command line would show the secret to everyone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dsgrid.cluster.folder import Folder

DEFAULTS: Final = "spark-defaults.conf"

_LOG: Final = """\
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd HH:mm:ss.SSS} %p %c{1}: %m%n%ex
logger.connect.name = org.apache.spark.sql.connect.service
logger.connect.level = info
"""
# What Master and workers tell of their coming and going is what the job is led by, and what the summary is made of.
_LOG_OF_DAEMONS: Final = """\
logger.deploy.name = org.apache.spark.deploy
logger.deploy.level = info
"""
_LOG_NAME: Final = "log4j2.properties"
# The job's output gets the driver's errors, as everywhere; a file of its own gets what the summary is made of.
_LOG_OF_DRIVERS: Final = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
rootLogger.appenderRef.file.ref = file
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.filter.errors.type = ThresholdFilter
appender.stderr.filter.errors.level = error
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n%ex{short}
appender.file.type = File
appender.file.name = file
appender.file.fileName = FILE
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{yyyy-MM-dd HH:mm:ss.SSS} %p %c{1}: %m%n%ex
"""
_LOG_NAME_OF_DRIVERS: Final = "driver-log4j2.properties"


@dataclass(frozen=True)
class Secrets:
    """What only the processes of this job know.

    Parameters
    ----------
    cluster
        What Master, workers, driver and executors show each other.
    pages
        The key that requests to the pages of the Master and the workers are signed with.
    """

    cluster: str = field(repr=False)
    pages: bytes = field(repr=False)

    @property
    def header(self) -> str:
        """The value of the header ``Authorization`` that the pages want: a JSON web signature."""
        head, body = _base64(b'{"alg":"HS256","typ":"JWT"}'), _base64(b'{"sub":"dsgrid"}')
        signed = hmac.new(self.pages, f"{head}.{body}".encode(), hashlib.sha256).digest()
        return f"Bearer {head}.{body}.{_base64(signed)}"


def new_secrets() -> Secrets:
    """Return secrets that nobody can guess."""
    return Secrets(secrets.token_hex(32), secrets.token_bytes(32))


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def trusted(known: Secrets) -> dict[str, str]:
    """Return the settings that let only those who know the secret in, and nobody read along."""
    return {
        "spark.authenticate": "true",
        "spark.authenticate.secret": known.cluster,
        "spark.network.crypto.enabled": "true",
        # The port for submissions by REST knows no secret.
        "spark.master.rest.enabled": "false",
        "spark.ui.killEnabled": "false",
        # Else every user of the machine may send the workers away.
        "spark.master.ui.decommission.allow.mode": "DENY",
    }


def daemon_settings(known: Secrets, *, pages_are_open: bool) -> dict[str, str]:
    """Return the settings of the Master and the workers.

    Parameters
    ----------
    pages_are_open
        Whether their pages are for everyone who reaches them; else only the job itself reads them.
    """
    # A node that has gone without a word is missed after half a minute: its worker reports every eight seconds.
    settings = trusted(known) | {"spark.worker.timeout": "32"}
    if not pages_are_open:
        settings["spark.ui.filters"] = "org.apache.spark.ui.JWSFilter"
        key = base64.urlsafe_b64encode(known.pages).decode()
        settings["spark.org.apache.spark.ui.JWSFilter.param.secretKey"] = key
    return settings


def java_options(scratch: Path, flags: str) -> str:
    """Return the options of every JVM: what it keeps in temporary files goes where the teardown removes it."""
    return " ".join(filter(None, (f"-Djava.io.tmpdir={scratch / 'tmp'}", flags)))


def write(path: Path, settings: Mapping[str, str]) -> None:
    """Write a file of settings that only this user can read."""
    text = "".join(f"{name} {value}\n" for name, value in settings.items())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def driver_logging(folder: Folder) -> str:
    """Return the option that makes a driver of this job's own say its errors, and write the rest to a log."""
    return f'-Dlog4j2.configurationFile="file:{folder.conf / _LOG_NAME_OF_DRIVERS}"'


def write_all(folder: Folder, defaults: Mapping[str, str], daemons: Mapping[str, str] | None) -> None:
    """Write what is in the job's folder of configuration.

    Parameters
    ----------
    defaults
        For the driver, which passes them on to its executors.
    daemons
        For the Master and the workers, where there are some. Apart: drivers do not have the key of the pages.
    """
    write(folder.conf / DEFAULTS, defaults)
    (folder.conf / _LOG_NAME).write_text(_LOG, encoding="utf-8")
    log = str(folder.log / "driver.log").replace("\\", "\\\\")
    (folder.conf / _LOG_NAME_OF_DRIVERS).write_text(_LOG_OF_DRIVERS.replace("FILE", log), encoding="utf-8")
    if daemons is not None:
        folder.daemons.mkdir(mode=0o700, exist_ok=True)
        write(folder.daemons / DEFAULTS, daemons)
        (folder.daemons / _LOG_NAME).write_text(_LOG + _LOG_OF_DAEMONS, encoding="utf-8")

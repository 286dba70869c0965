"""How S3 is reached: the variables that every tool of Amazon reads, and what each engine needs besides.

Credentials are never read here and never stored: the clients of pyarrow, Sail and Spark find them themselves, in the
environment or in the files of a profile.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

CREDENTIALS: Final = (
    "credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or from the profile that AWS_PROFILE names"
)
# Where no region matters, as with most servers that are not Amazon's, requests are signed for this one.
ANY_REGION: Final = "us-east-1"
CONNECT_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 10.0  # without a single byte
ATTEMPTS: Final = 3


def endpoint_url() -> str:
    """Return the URL of the S3-compatible server, or an empty string for Amazon's own."""
    return (os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or "").rstrip("/")


def region() -> str | None:
    """Return the region to sign for; None leaves it to the client (a profile may name one)."""
    named = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return named or (ANY_REGION if endpoint_url() else None)


def for_pyarrow() -> dict[str, Any]:
    """Return the keyword arguments of pyarrow's client."""
    found: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS, "request_timeout": SILENT_SECONDS}
    if region():
        found["region"] = region()
    endpoint = endpoint_url()
    if endpoint:
        found |= {"endpoint_override": endpoint, "scheme": urlsplit(endpoint).scheme or "https"}
    if os.environ.get("AWS_CA_BUNDLE"):
        found["tls_ca_file_path"] = os.environ["AWS_CA_BUNDLE"]
    proxy = _proxy(endpoint or "https://s3.amazonaws.com")
    if proxy:
        found["proxy_options"] = proxy
    return found


def _proxy(url: str) -> str | None:
    """Return the proxy that the environment names for a URL: pyarrow, unlike Sail, does not look."""
    from urllib.request import getproxies, proxy_bypass

    place = urlsplit(url)
    proxies = getproxies()
    if not proxies or proxy_bypass(place.hostname or ""):
        return None
    return proxies.get(place.scheme) or proxies.get("all")


def export_for_sail() -> None:
    """Set the variables that Sail reads when it first meets a bucket, as far as they follow from the others."""
    endpoint = endpoint_url()
    if endpoint:
        os.environ.setdefault("AWS_ENDPOINT_URL", endpoint)
        if endpoint.startswith("http://"):
            os.environ.setdefault("AWS_ALLOW_HTTP", "true")
    if region():
        os.environ.setdefault("AWS_REGION", str(region()))


def for_spark() -> Mapping[str, str]:
    """Return Spark's settings for ``s3a://``; Spark takes the credentials from the environment itself."""
    endpoint = endpoint_url()
    found = {
        "spark.hadoop.fs.s3a.connection.establish.timeout": f"{CONNECT_SECONDS:.0f}s",
        "spark.hadoop.fs.s3a.attempts.maximum": str(ATTEMPTS),
        "spark.hadoop.fs.s3a.retry.limit": str(ATTEMPTS),
    }
    if endpoint:
        found |= {
            "spark.hadoop.fs.s3a.endpoint": endpoint,
            "spark.hadoop.fs.s3a.path.style.access": "true",
            "spark.hadoop.fs.s3a.connection.ssl.enabled": str(not endpoint.startswith("http://")).lower(),
        }
    if region():
        found["spark.hadoop.fs.s3a.endpoint.region"] = str(region())
    return found

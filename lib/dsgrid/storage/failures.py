"""What an object store refused, from the texts of pyarrow, Sail and Spark to one line that a user can act on."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from dsgrid.errors import DsgridError, NotFoundError, StorageError
from dsgrid.storage.settings import CREDENTIALS, endpoint_url

_REFUSED = (
    r"AccessDenied|ACCESS_DENIED|InvalidAccessKeyId|INVALID_ACCESS_KEY_ID|SignatureDoesNotMatch|"
    r"SIGNATURE_DOES_NOT_MATCH|ExpiredToken|EXPIRED_TOKEN|InvalidToken|InvalidClientTokenId|INVALID_CLIENT_TOKEN_ID|"
    r"403 Forbidden|Status Code: 403|HTTP status 403|RequestTimeTooSkewed|NoAuthWithAWSException|"
    r"no providers in chain provided credentials|not yet been loaded|error loading credentials|CredentialsNotLoaded"
)
_NO_BUCKET = r"NoSuchBucket|NO_SUCH_BUCKET|The specified bucket does not exist|UnknownStoreException"
_NO_ANSWER = (
    r"NETWORK_CONNECTION|REQUEST_TIMEOUT|SLOW_DOWN|SERVICE_UNAVAILABLE|INTERNAL_FAILURE|curlCode|"
    r"error sending request|error decoding response body|request or response body error|operation timed out|"
    r"retry_timeout|[Cc]onnection (?:refused|reset|closed|aborted)|SdkClientException|ConnectTimeoutException"
)
# What tells a message about an object store from any other one.
_OF_A_STORE = re.compile(
    r"AWS Error|Generic S3 error|When \w+ing .* in bucket '|error sending request|s3a?://|S3AFileSystem|S3A|"
    r"error decoding response body|os error 1(?:04|11)\b"
)
_BUCKET = re.compile(r"bucket '([^']+)'|<BucketName>([^<]+)<|s3a?://([^/\s\"']+)")
# The most telling comes first.
_REASONS = (
    r"curlCode: \d+, ([^;]+)",
    r"<Code>(\w+)</Code>",
    r"AWS Error (\w+(?: \(HTTP status \d+\))?)",
    r"[Ss]tatus [Cc]ode: (\d+(?: \w+)?)",
    r"([Cc]onnection \w+)",
    r"(error [a-z]+ [a-z]+(?: [a-z]+)?)",
)


@contextlib.contextmanager
def storage_errors(where: object = "") -> Iterator[None]:
    """Turn what an object store refuses into a `StorageError` (a missing bucket into a `NotFoundError`).

    Parameters
    ----------
    where
        What was read or written; named where the message itself names no bucket.
    """
    try:
        yield
    except DsgridError:
        raise
    except OSError as error:
        found = failure(str(error), where)
        if found is None:
            raise
        raise found from error


def is_of_a_store(error: BaseException | None) -> bool:
    """Say whether an error, an engine's too, is that an object store refuses or does not answer."""
    return isinstance(error, StorageError) or (error is not None and failure(str(error)) is not None)


def failure(text: str, where: object = "") -> DsgridError | None:
    """Return the error for a message of an object store's client; None for any other message."""
    if not (str(where).startswith("s3://") or _OF_A_STORE.search(text)):
        return None
    store = endpoint_url()
    in_url = re.search(rf"{re.escape(store)}/([\w.-]+)", text) if store else None
    names = (_BUCKET.search(str(where)), _BUCKET.search(text), in_url)
    bucket = next((name for found in names if found for name in found.groups() if name), "")
    place = str(where) if str(where).startswith("s3://") else f"s3://{bucket}" if bucket else "S3"
    store = store or "Amazon S3"
    if re.search(_NO_BUCKET, text):
        return NotFoundError(f"{place}: {store} has no bucket {bucket}")
    said = next((found[1].strip() for reason in _REASONS if (found := re.search(reason, text))), "")
    ending = f" ({said})" if said else ""
    if re.search(_REFUSED, text):
        return StorageError(f"{place}: {store} refuses access{ending}; {CREDENTIALS}")
    if re.search(_NO_ANSWER, text):
        return StorageError(f"{place}: {store} does not answer, or the connection broke{ending}; run it again later")
    if "AWS Error" in text or "Generic S3 error" in text:
        line = re.sub(r"\s*\(Request ID: [^)]*\)", "", text.splitlines()[0])
        return StorageError(f"{place}: {store} failed: {line.strip()}")
    return None

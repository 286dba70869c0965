"""Why a connection did not come about, or broke, in one line that says what to do."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import httpx

from dsgrid.client.address import Address


def reason_of(error: BaseException, address: Address, timeout: float) -> str:
    """Return why a request failed; the first of its causes that says something counts.

    Parameters
    ----------
    timeout
        For how many seconds an answer was waited for.
    """
    reason = next((found for cause in _causes(error) if (found := _reason(cause, address, timeout))), "")
    return reason or f"the connection broke ({type(error).__name__})"


def _causes(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def _reason(error: BaseException, address: Address, timeout: float) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not trusted ({error.verify_message.rstrip('.')}); "
            "SSL_CERT_FILE names that of the lab's own authority"
        )
    if isinstance(error, ssl.SSLError):
        plain = "WRONG_VERSION_NUMBER" in str(error) or "RECORD_LAYER" in str(error)
        return "it does not speak TLS; is it http://?" if plain else f"no TLS connection ({error.reason or error})"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there; is the server running (`dsgrid serve`)?"
    if isinstance(error, FileNotFoundError) and address.socket is not None:
        return "there is no such socket; is the server running (`dsgrid serve --socket`)?"
    if isinstance(error, ConnectionResetError):
        hint = "; is it https://?" if address.base.startswith("http:") and address.socket is None else ""
        return f"what answers there has cut the connection{hint}"
    if isinstance(error, PermissionError):
        return "not allowed to connect"
    if isinstance(error, OSError) and error.strerror and type(error).__name__ == "gaierror":
        return f"the host is not known ({error.strerror})"
    if isinstance(error, httpx.ConnectTimeout):
        return "no connection in time; is the host right, and may it be reached from here?"
    if isinstance(error, httpx.ReadTimeout):
        return f"no answer within {timeout:g} s"
    if isinstance(error, httpx.RemoteProtocolError):
        return "what answers does not speak HTTP (is it https:// ?), or the connection was cut"
    if isinstance(error, httpx.ProxyError):
        return f"the proxy of the environment refuses ({error})"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return ""

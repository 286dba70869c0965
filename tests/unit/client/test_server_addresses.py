"""Which texts are addresses of servers, and which of them are safe for a token."""

from __future__ import annotations

import pytest

from dsgrid.client.address import parse_address
from dsgrid.client.transport import Transport
from dsgrid.errors import UsageError


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://localhost:8000/", "http://localhost:8000"),
        ("http://LOCALHOST:8000/v1/", "http://localhost:8000"),
        ("https://dsgrid.lab.org:443", "https://dsgrid.lab.org"),
        ("https://lab.org/dsgrid/v1", "https://lab.org/dsgrid"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("unix:///run/dsgrid/server.sock", "unix:///run/dsgrid/server.sock"),
        ("unix:/run/dsgrid/server.sock", "unix:///run/dsgrid/server.sock"),
    ],
)
def test_an_address_has_one_form(text: str, url: str) -> None:
    assert parse_address(text).url == url
    assert parse_address(url) == parse_address(text)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("localhost:8000", "did you mean http://localhost:8000?"),
        ("", "is no URL"),
        ("htp://lab.org", 'did you mean "http"?'),
        ("file:///etc/passwd", "is no URL of a server"),
        ("http://", "names no host"),
        ("http://lab.org:port", "is no URL"),
        ("http://lab.org?token=x", "leave out the rest"),
        ("http://lab.org#x", "leave out the rest"),
        ("unix://run/dsgrid.sock", "expected unix:///absolute/path"),
    ],
)
def test_what_is_no_address_is_refused_with_what_was_expected(text: str, part: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_address(text)
    assert part in str(caught.value)


@pytest.mark.parametrize("text", ["https://me:dsg_secret@lab.org", "me:dsg_secret@lab.org", "x://dsg_secret@lab.org"])
def test_a_secret_in_an_address_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_address(text)
    assert "dsg_secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "is_safe"),
    [
        ("http://localhost:8000", True),
        ("http://127.0.0.1:8000", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:80", True),
        ("unix:///run/x", True),
        ("https://lab.org", True),
        ("http://lab.org", False),
        ("http://10.0.0.1", False),
        ("http://localhost.lab.org", False),
        ("http://127.0.0.1.lab.org", False),
        ("http://0.0.0.0:8000", False),
    ],
)
def test_a_token_goes_in_clear_text_over_no_network(url: str, is_safe: bool) -> None:
    address = parse_address(url)
    assert address.is_safe is is_safe
    if not is_safe:
        with pytest.raises(UsageError, match="is not encrypted"):
            Transport(address, "dsg_secret")
    Transport(address, None)
    Transport(address, "dsg_secret", insecure=True)

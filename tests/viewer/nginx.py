"""A real nginx before a server, with the configuration that the guide of the server shows, on free ports."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.demo_project import DEMO

GUIDE = DEMO.parents[1] / "docs" / "server.md"
NAME = "localhost"
_ROOT = re.compile(r"^    location / \{\n.*?^    \}\n", re.MULTILINE | re.DOTALL)
_SHARED = re.compile(r"^    (?:proxy|client|large)_.*$", re.MULTILINE)


def missing() -> str:
    """Return why there is no nginx; nothing where there is one."""
    return "" if _program() else "there is no nginx here (Debian: nginx-light)"


def _program() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def shown() -> tuple[str, str]:
    """Return what the guide shows: the servers of a site of its own, and the place below a path."""
    text = GUIDE.read_text("utf-8").partition("\n### Behind nginx\n")[2]
    whole, place = re.findall(r"^```nginx\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[:2]
    return whole, place


def free_port() -> int:
    """Return a port where nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as end:
        return int(end.getsockname()[1])


class Front:
    """An nginx that runs.

    Attributes
    ----------
    https, http
        Where it listens.
    certificate
        That of the authority, which is its own.
    log
        The file where it says what was asked.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secure, self.plain = free_port(), free_port()
        self.https, self.http = f"https://{NAME}:{self.secure}", f"http://{NAME}:{self.plain}"
        self.certificate = folder / "front.pem"
        self.log = folder / "access.log"

    def trusted(self) -> ssl.SSLContext:
        """Return what trusts its certificate, and no other."""
        return ssl.create_default_context(cafile=str(self.certificate))

    def of_its_own(self, port: int) -> str:
        """Return the guide's configuration, over a server at a port."""
        return self._here(shown()[0], 8000, port)

    def below(self, path: str, port: int, *, at: int = 8000, is_secure: bool = True) -> str:
        """Return the guide's configuration of a path, over a server at a port.

        Parameters
        ----------
        at
            The port that the guide has for it.
        is_secure
            Whether the site speaks HTTPS.
        """
        whole, place = shown()
        place = place.replace("/dsgrid", path).replace(":8000", f":{at}")
        if not is_secure:
            shared = "\n".join(_SHARED.findall(whole))
            whole = (
                f"server {{\n    listen 80;\n    server_name dsgrid.lab.org;\n{shared}\n    location / {{\n    }}\n}}\n"
            )
        return self._here(_ROOT.sub(lambda _: place, whole), at, port)

    def _here(self, text: str, at: int, port: int) -> str:
        changes = {
            f"127.0.0.1:{at}": f"127.0.0.1:{port}",
            "listen 443 ": f"listen 127.0.0.1:{self.secure} ",
            "listen 80;": f"listen 127.0.0.1:{self.plain};",
            "https://$host$": f"https://$host:{self.secure}$",
            "/etc/ssl/certs/dsgrid.lab.org.pem": str(self.certificate),
            "/etc/ssl/private/dsgrid.lab.org.key": str(self.folder / "front.key"),
            "dsgrid.lab.org": NAME,
        }
        for before, after in changes.items():
            text = text.replace(before, after)
        return text


@contextmanager
def running(front: Front, servers: str) -> Iterator[Front]:
    """Start nginx with some servers, and end it afterwards."""
    folder = front.folder
    _certify(folder)
    paths = "".join(
        f"    {name}_temp_path {folder / name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\nmaster_process off;\npid {folder / 'pid'};\nerror_log {folder / 'error.log'};\n"
        f"events {{ worker_connections 256; }}\nhttp {{\n    access_log {front.log};\n{paths}{servers}}}\n"
    )
    program = str(_program())
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "[warn]" not in checked.stderr, checked.stderr
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        _wait(process, front.plain)
        yield front
    finally:
        process.terminate()
        process.wait(20)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"nginx has not begun: {process.poll()}")


def _certify(folder: Path) -> None:
    """Write a certificate for this machine that nothing but the tests trusts."""
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", f"subjectAltName=DNS:{NAME}"]
    files = ["-keyout", str(folder / "front.key"), "-out", str(folder / "front.pem")]
    subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)

"""The client: a registry of a dsgrid server, with the same verbs as one of this machine."""

from importlib.util import find_spec

from dsgrid.errors import UsageError

if find_spec("httpx") is None:
    raise UsageError("asking a server needs httpx, which is not installed: pip install 'dsgrid[client]'")

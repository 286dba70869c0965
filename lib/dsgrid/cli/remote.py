"""``dsgrid --url``: which commands a server can do, and what becomes of the others.

A command for a server has the name, the options and the help of the one of this machine; what is of no use there
(an engine, a folder) is refused by its name.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click
from click.core import ParameterSource

from dsgrid.errors import UsageError

if TYPE_CHECKING:
    from dsgrid.client.registry import RemoteRegistry
    from dsgrid.operations.progress import Listener

_REMOTE: Final = {
    "apply": "dsgrid.cli.remote_work:apply",
    "explain": "dsgrid.cli.remote_work:explain",
    "head": "dsgrid.cli.remote_questions:head",
    "jobs": "dsgrid.cli.remote_jobs:jobs",
    "plan": "dsgrid.cli.remote_work:plan",
    "query": "dsgrid.cli.remote_questions:query",
    "registry check": "dsgrid.cli.remote_registry:check",
    "registry diff": "dsgrid.cli.remote_registry:diff",
    "registry graph": "dsgrid.cli.remote_registry:graph",
    "registry history": "dsgrid.cli.remote_registry:history",
    "registry list": "dsgrid.cli.remote_registry:list_",
    "registry records": "dsgrid.cli.remote_registry:records",
    "registry show": "dsgrid.cli.remote_registry:show",
    "run": "dsgrid.cli.remote_work:run",
    "validate": "dsgrid.cli.remote_work:validate",
}
# What has nothing to do with a registry: DSGRID_URL, which is set for all commands, does not concern it.
_HERE: Final = frozenset(
    {"bundle", "cache list", "cache prune", "config", "diff", "doctor", "export", "init", "login", "logout", "plot"}
    | {"runs", "serve", "tokens"}
)
# What asks a server by itself, wherever its URL stands.
_ASKING: Final = frozenset({"viewer"})
_GROUPS: Final = frozenset({"cache", "generate", "import", "registry"})
# Commands of this machine that hand in a spec, and the job of that.
_BY_SPEC: Final = {
    "derive": "create_derived_dataset",
    "generate dataset": "generate_dataset",
    "generate project": "generate_project",
    "import project": "import_project",
    "import registry": "import_registry",
    "registry copy": "copy_registry",
    "registry dump": "dump",
    "registry remove": "remove",
}


def on_a_server(context: click.Context, name: str, local: click.Command) -> click.Command:
    """Return what a command is where ``--url`` names a server.

    Parameters
    ----------
    context
        Of the group that the command belongs to.
    local
        The command as it is on this machine.
    """
    path = name if context.parent is None else f"{context.info_name} {name}"
    if path in _GROUPS or path in _ASKING:
        return local  # the commands of a group are looked up in the same way
    if path in _REMOTE:
        module, _, function = _REMOTE[path].partition(":")
        found: Callable[[click.Command], click.Command] = getattr(import_module(module), function)
        return found(local)
    is_for_all = context.find_root().get_parameter_source("url") is not ParameterSource.COMMANDLINE
    if path in _HERE and is_for_all:
        return local
    return _refusing(path, local)


def adapted(
    local: click.Command,
    callback: Callable[..., Any],
    *,
    here: tuple[str, ...] = (),
    more: tuple[click.Parameter, ...] = (),
) -> click.Command:
    """Return a command with the options of one of this machine, which does something else.

    Parameters
    ----------
    here
        The parameters that mean nothing on a server; who gives them is told so.
    more
        Options that only a server has.
    """
    params = [_refused(one) if one.name in here else _plain(one) for one in local.params]
    return click.Command(local.name, params=[*params, *more], help=local.help, callback=callback)


def remote_registry(progress: Listener | None = None) -> RemoteRegistry:
    """Return the registry that ``--url`` names."""
    from dsgrid.client.connecting import connect

    given = click.get_current_context().find_root().params
    return connect(given["url"], progress=progress, insecure=given["insecure"])


@contextmanager
def shown_remote(*, quiet: bool = False, estimate: bool = False) -> Iterator[RemoteRegistry]:
    """Yield the registry that ``--url`` names, and show what its jobs do; say what becomes of one when Ctrl-C comes."""
    from dsgrid.cli import shown_progress

    try:
        with shown_progress(quiet=quiet, estimate=estimate) as progress, remote_registry(progress) as registry:
            yield registry
    except KeyboardInterrupt as stopped:
        for note in getattr(stopped, "__notes__", ()):
            click.echo(note, err=True)
        raise


def _plain(parameter: click.Parameter) -> click.Parameter:
    made = copy.copy(parameter)
    made._custom_shell_complete = None  # it would look into a registry of this machine
    return made


def _refused(parameter: click.Parameter) -> click.Parameter:
    made = copy.copy(parameter)
    made.expose_value = False
    made.callback = _refuse
    made._custom_shell_complete = None
    if isinstance(made, click.Option):
        made.hidden = True
    return made


def _refuse(context: click.Context, parameter: click.Parameter, _value: object) -> None:
    if context.get_parameter_source(str(parameter.name)) is ParameterSource.COMMANDLINE:
        raise UsageError(f"{parameter.opts[-1]} is for this machine, and does not go with {_named(context)}")


def _refusing(path: str, local: click.Command) -> click.Command:
    """Return a command that says that it is one of this machine, whatever follows."""

    def refuse(**_given: object) -> NoReturn:
        named = _named(click.get_current_context())
        off = "unset it" if named == "DSGRID_URL" else "leave it out"
        hint = ""
        if path in _BY_SPEC:
            hint = f', or have the server do it by a spec with job = "{_BY_SPEC[path]}": dsgrid --url URL run SPEC'
        raise UsageError(f"`dsgrid {path}` works on this machine, and {named} names a server; {off}{hint}")

    rest = click.Argument(["rest"], nargs=-1, type=click.UNPROCESSED)
    settings = {"ignore_unknown_options": True, "allow_interspersed_args": False}
    return click.Command(local.name, params=[rest], callback=refuse, context_settings=settings, help=local.help)


def _named(context: click.Context) -> str:
    is_given = context.find_root().get_parameter_source("url") is ParameterSource.COMMANDLINE
    return "--url" if is_given else "DSGRID_URL"

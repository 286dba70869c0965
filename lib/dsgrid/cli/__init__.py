"""The command line. Each command calls one function of `dsgrid.operations`; nothing is imported before it is needed."""

from __future__ import annotations

import contextlib
import json
import os
import select
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TextIO

import click

from dsgrid.cli.tables import pairs as pair_lines
from dsgrid.version import __version__

if TYPE_CHECKING:
    from dsgrid.operations.progress import Listener

NO_READER = 141  # what a shell reports of a program that SIGPIPE ended
COMPLETING = "_DSGRID_COMPLETE"  # set by the shells' scripts; the name is click's
FILE = click.Path(path_type=Path)
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code (see `dsgrid.errors`)."""
    from dsgrid.operations.ending import exit_code

    if COMPLETING in os.environ:
        import dsgrid.cli.completion  # noqa: F401  # tells click how bash completes
    with exit_code() as ended:
        try:
            # Returns what a command returned (None, or the code of spark-submit), or the code of --help.
            ended.code = commands.main(arguments, prog_name="dsgrid", standalone_mode=False, obj=ended) or 0
        except click.Abort:
            raise KeyboardInterrupt from None
        except _NoReaderError:
            ended.code = NO_READER
        except click.ClickException as error:
            error.show()
            ended.code = error.exit_code
    return ended.code


def _set_debug(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    context.obj.debug = value or context.obj.debug


debug_option = click.option("--debug", is_flag=True, expose_value=False, callback=_set_debug, help="Show tracebacks.")
registry_option = click.option(
    "--registry",
    type=FILE,
    metavar="FOLDER",
    help="The registry; wins over the spec, DSGRID_REGISTRY and `dsgrid config`.",
)
set_option = click.option("--set", "variables", multiple=True, metavar="NAME=VALUE", help="Fill ${NAME} in the spec.")
at_option = click.option(
    "--at", metavar="VERSION|DATE", help="A version of the project, or the registry as it was on that day."
)
_ENGINE_OPTIONS = (
    click.option("--engine", metavar="sail|spark|sc://HOST:PORT", help="Embedded Sail by default."),
    click.option("--master", metavar="URL", help="Spark's master, local[*] by default; means --engine spark."),
    click.option("--memory", metavar="SIZE", help="Memory for the engine, such as 4g."),
    click.option("--conf", multiple=True, metavar="KEY=VALUE", help="A setting of Spark."),
)
_HOW_OPTIONS = (
    click.option("--no-cache", is_flag=True, help="Compute a query anew, and keep nothing of it."),
    click.option("--no-resume", is_flag=True, help="Use no parts of a query that an earlier run has finished."),
    click.option(
        "--parts",
        type=click.IntRange(min=1),
        metavar="N",
        help="Read a query's facts in N parts, each kept as soon as it is finished; long queries are divided anyway.",
    ),
)
_LOG_OPTIONS = (
    click.option("--log", type=FILE, metavar="FILE", help="Log the run to FILE, as JSON lines."),
    click.option("--quiet", "-q", is_flag=True, help="Show no progress."),
)
specs_argument = click.argument("specs", nargs=-1, required=True, type=FILE, metavar="SPEC...")


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say what computes, and with how much."""
    for option in reversed(_ENGINE_OPTIONS):
        command = option(command)
    return command


def how_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say how a query is carried out."""
    for option in reversed(_HOW_OPTIONS):
        command = option(command)
    return command


def log_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say what is told of its progress, and where."""
    for option in reversed(_LOG_OPTIONS):
        command = option(command)
    return command


class _NoReaderError(Exception):
    """What reads our output has gone, as ``head`` does: the end, and no error. (A BrokenPipeError click keeps.)"""


class _Lazy(click.Group):
    """A group whose commands are imported when they are called: `where` names each as ``module:function``."""

    def __init__(self, name: str | None = None, where: Mapping[str, str] = MappingProxyType({}), **settings: Any):
        super().__init__(name, **settings)
        self._where = where

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted({*super().list_commands(context), *self._where})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        local = self._local(context, name)
        if local is None or context.find_root().params.get("url") is None:
            return local
        from dsgrid.cli.remote import on_a_server

        return on_a_server(context, name, local)

    def _local(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self._where:
            return super().get_command(context, name)
        module, _, function = self._where[name].partition(":")
        command: click.Command = getattr(import_module(module), function)
        return command


class _Commands(_Lazy):
    """All commands."""

    def invoke(self, context: click.Context) -> Any:
        try:
            returned = super().invoke(context)
            sys.stdout.flush()
        except BrokenPipeError:
            if not _is_closed(sys.stdout):
                raise
            # Or Python would complain when it flushes once more at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise _NoReaderError from None
        return returned


def _is_closed(stream: TextIO) -> bool:
    """Tell whether it is this pipe that nobody reads any more, and no other one (an engine's, for instance)."""
    waiting = select.poll()
    waiting.register(stream, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in waiting.poll(0))


@click.group(
    cls=_Commands,
    where={
        "apply": "dsgrid.cli.changes:apply",
        "check": "dsgrid.cli.checks:check",
        "config": "dsgrid.cli.configuration:config",
        "derive": "dsgrid.cli.derivation:derive",
        "diff": "dsgrid.cli.comparing:diff",
        "export": "dsgrid.cli.handing_off:export",
        "head": "dsgrid.cli.questions:head",
        "jobs": "dsgrid.cli.jobs:jobs",
        "login": "dsgrid.cli.remote_login:login",
        "logout": "dsgrid.cli.remote_login:logout",
        "query": "dsgrid.cli.questions:query",
        "plan": "dsgrid.cli.changes:plan",
        "plot": "dsgrid.cli.plotting:plot",
        "runs": "dsgrid.cli.runs:runs",
        "serve": "dsgrid.cli.serving:serve",
        "submit": "dsgrid.cli.submitting:submit",
        "tokens": "dsgrid.cli.tokens:tokens",
        "viewer": "dsgrid.cli.viewing:viewer",
    },
    context_settings=CONTEXT,
)
@click.version_option(__version__, message="dsgrid %(version)s")
@click.option(
    "--url",
    envvar="DSGRID_URL",
    metavar="URL",
    help="Ask the registry of a dsgrid server; by default what DSGRID_URL says. `dsgrid login` keeps the token.",
)
@click.option("--insecure", is_flag=True, help="With --url: send the token over a network that others can read.")
@debug_option
def commands(url: str | None, insecure: bool) -> None:  # read by `dsgrid.cli.remote`
    """Combine many energy-demand datasets into one consistent picture.

    A job is a TOML spec: `dsgrid run SPEC` does what it says. Embedded by default; --engine spark runs the same
    through spark-submit; --url URL has a server do it.
    """


@commands.command("run")
@specs_argument
@engine_options
@how_options
@set_option
@registry_option
@at_option
@log_options
@click.option("--estimate", is_flag=True, help="Say what a query will make, and how long it takes.")
@debug_option
@click.pass_context
def run_specs(
    context: click.Context,
    specs: tuple[Path, ...],
    engine: str | None,
    master: str | None,
    memory: str | None,
    conf: tuple[str, ...],
    variables: tuple[str, ...],
    registry: Path | None,
    at: str | None,
    no_cache: bool,
    no_resume: bool,
    parts: int | None,
    log: Path | None,
    quiet: bool,
    estimate: bool,
) -> int:
    """Run specs one after the other; the first that fails ends it."""
    from dsgrid.operations.job import perform
    from dsgrid.operations.request import Request, pairs

    for spec in specs:
        request = Request(
            spec=spec,
            variables=pairs(variables),
            registry=registry,
            engine=engine,
            master=master,
            memory=memory,
            conf=pairs(conf),
            at=at,
            debug=context.obj.debug,
            cache=not no_cache,
            resume=not no_resume,
            parts=parts,
            log=log,
            estimate=estimate,
            quiet=quiet,
        )
        with shown_progress(quiet=quiet, estimate=estimate) as progress:
            outcome = perform(request, progress)
        # After the moving line has gone: it takes over both streams.
        click.echo(outcome.report, nl=False)
        if outcome.code:
            return outcome.code
    return 0


@commands.command()
@specs_argument
@set_option
@registry_option
@debug_option
def validate(specs: tuple[Path, ...], variables: tuple[str, ...], registry: Path | None) -> None:
    """Check specs without running them.

    The errors of all are shown at once.
    """
    from dsgrid.errors import DsgridError
    from dsgrid.operations.request import pairs
    from dsgrid.operations.validate import validate as validate_spec

    failed: list[DsgridError] = []
    for spec in specs:
        try:
            click.echo(validate_spec(spec, registry=registry, variables=pairs(variables)).report())
        except DsgridError as error:
            failed.append(error)
    if failed:
        raise type(failed[0])(problem for error in failed for problem in error.problems)


@commands.command()
@click.argument("spec", type=FILE)
@set_option
@registry_option
@at_option
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
@debug_option
def explain(spec: Path, variables: tuple[str, ...], registry: Path | None, at: str | None, as_json: bool) -> None:
    """Print the plan of a query: stages, rows, joins and why. Starts no engine."""
    from dsgrid.operations.explain import explain as explain_query
    from dsgrid.operations.request import pairs

    found = explain_query(spec, registry=registry, variables=pairs(variables), at=at)
    click.echo(json.dumps(found.document(), indent=2, ensure_ascii=False) if as_json else found.report())


@commands.command()
@click.argument("folder", type=FILE, default=".", metavar="DIR")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@debug_option
def init(folder: Path, force: bool) -> None:
    """Start a project folder.

    It has a first registry, project and dataset, a query, and the editor's schemas.
    """
    from dsgrid.operations.init import init as init_folder

    click.echo(init_folder(folder, force=force).report())


@commands.command()
@click.option("--spark", is_flag=True, help="Spark will be used: its Java is required.")
@click.option(
    "--archive-classes",
    is_flag=True,
    help="First keep the classes that Spark loads in an archive: local Spark jobs then start seconds earlier.",
)
@click.option(
    "--cluster",
    is_flag=True,
    help="Check the nodes of a Slurm allocation instead: salloc --nodes=2 dsgrid doctor --cluster",
)
@click.option("--site", metavar="FILE", help="With --cluster: the site's file, or the name of one that dsgrid has.")
@click.option("--registry", type=FILE, metavar="FOLDER", help="With --cluster: the registry whose locks are tried.")
@debug_option
@click.pass_context
def doctor(
    context: click.Context,
    spark: bool,
    archive_classes: bool,
    cluster: bool,
    site: str | None,
    registry: Path | None,
) -> int:
    """Check this machine, and say in one line each what to do."""
    if cluster:
        return _doctor_of_a_cluster(site, registry, spark or archive_classes)
    if site is not None or registry is not None:
        from dsgrid.errors import UsageError

        raise UsageError("--site and --registry are for the nodes of an allocation: dsgrid doctor --cluster")
    from dsgrid.operations.doctor import doctor as examine

    if archive_classes:
        from dsgrid.operations.class_archive import make_class_archive

        click.echo(f"wrote {make_class_archive(click.echo)}")
    examination = examine(spark=spark)
    click.echo(examination.report())
    return 0 if examination.is_healthy else 1


def _doctor_of_a_cluster(site: str | None, registry: Path | None, others: bool) -> int:
    from dsgrid.cluster.examination import examine_cluster
    from dsgrid.errors import UsageError

    if others:
        raise UsageError("--cluster looks at the nodes of an allocation; --spark and --archive-classes at this machine")
    examination = examine_cluster(site=site, registry=registry)
    click.echo(examination.report())
    return 0 if examination.is_healthy else 1


@commands.command()
@click.option("--output", type=FILE, help="Where to write it; build/dsgrid.zip in a checkout.")
@debug_option
def bundle(output: Path | None) -> None:
    """Build the zip for spark-submit --py-files.

    The same code makes the same bytes every time.
    """
    from dsgrid.bundle import build, bundle_sha256

    click.echo(pair_lines({"bundle": str(build(output)), "sha256": bundle_sha256()}))


@contextlib.contextmanager
def shown_progress(*, quiet: bool = False, estimate: bool = False) -> Iterator[Listener]:
    """Yield a progress callback: live stages on a terminal, plain lines elsewhere.

    Parameters
    ----------
    quiet
        Show nothing.
    estimate
        Also show what is expected of a run that is short.
    """
    from dsgrid.operations.progress import Several, closed

    with closed(Several(()) if quiet else _listener(estimate)) as listener:
        yield listener


def _listener(estimate: bool) -> Listener:
    from dsgrid.operations.progress import LineProgress

    if not sys.stderr.isatty() or os.environ.get("TERM", "") in ("", "dumb", "unknown"):
        return LineProgress(estimate)
    # By its own module: Rich takes a tenth of a second, which nobody waits for where it is not used.
    from dsgrid.cli.progress import LiveProgress

    return LiveProgress(estimate=estimate)


commands.add_command(
    _Lazy(
        "registry",
        {
            "check": "dsgrid.cli.copies:check",
            "copy": "dsgrid.cli.copies:copy",
            "create": "dsgrid.cli.creation:create",
            "diff": "dsgrid.cli.comparison:diff",
            "dump": "dsgrid.cli.dump:dump",
            "graph": "dsgrid.cli.graph:graph",
            "history": "dsgrid.cli.comparison:history",
            "list": "dsgrid.cli.registry:list_",
            "records": "dsgrid.cli.registry:records",
            "remove": "dsgrid.cli.removal:remove",
            "show": "dsgrid.cli.registry:show",
        },
        help="Look into a registry, check it, copy it, or remove from it.",
    )
)
commands.add_command(
    _Lazy(
        "generate",
        {
            "dataset": "dsgrid.cli.generation:dataset",
            "project": "dsgrid.cli.generation:project",
        },
        help="Write specs that are ready to be edited.",
    )
)
commands.add_command(
    _Lazy(
        "import",
        {
            "project": "dsgrid.cli.importing:project",
            "registry": "dsgrid.cli.importing_registry:registry",
        },
        help="Bring along what dsgrid-toolkit has: a project, or a registry.",
    )
)
commands.add_command(
    _Lazy(
        "cache",
        {
            "list": "dsgrid.cli.cache:list_",
            "prune": "dsgrid.cli.cache:prune",
        },
        help="Look at the answers that are kept, or remove them.",
    )
)

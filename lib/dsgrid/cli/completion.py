"""What a shell completes: ids of what is registered, and their versions after an ``@``.

The shells' part is click's; only bash needs a script of its own. Its Readline breaks words at ``:`` and ``@``, which
stand in ids of mappings and in front of versions: what is completed has to be found in the line, and the part before
the last such sign must not come back.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class, split_arg_string

LARGEST = 500  # more than that nobody reads
_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n'
    local response completion type value

    response=$(env COMP_LINE="${COMP_LINE:0:$COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \\
%(complete_var)s=bash_complete $1)

    for completion in $response; do
        IFS=',' read type value <<< "$completion"

        if [[ $type == 'dir' ]]; then
            COMPREPLY=()
            compopt -o dirnames
        elif [[ $type == 'file' ]]; then
            COMPREPLY=()
            compopt -o default
        elif [[ $type == 'plain' ]]; then
            COMPREPLY+=("$value")
        fi
    done

    return 0
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class Bash(BashComplete):
    """Completion for bash, of words that hold its word breaks, too."""

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is completed, and that one."""
        line = os.environ.get("COMP_LINE", "")
        words = split_arg_string(line)
        # Before the program may stand assignments to environment variables.
        names = [Path(word).name for word in words]
        words = words[names.index(self.prog_name) + 1 if self.prog_name in names else 1 :]
        incomplete = words.pop() if words and not line[-1:].isspace() else ""
        return words, incomplete

    def format_completion(self, item: CompletionItem[str]) -> str:
        """Return the part of a completion that Readline puts in."""
        _, incomplete = self.get_completion_args()
        breaks = os.environ.get("COMP_WORDBREAKS", "")
        # A word begins after a colon or =, but with its @: that is how host names are completed.
        starts = [incomplete.rfind(sign) + 1 for sign in ":=" if sign in breaks]
        starts.append(incomplete.rfind("@") if "@" in breaks else 0)
        kept = max(0, *starts)
        return f"{item.type},{item.value[kept:] if item.type == 'plain' else item.value}"


add_completion_class(Bash)


def complete_reference(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Complete ``id`` or ``id@version``; without a registry, or with a broken one, there is nothing to offer."""
    try:
        from dsgrid.operations.location import registry_place
        from dsgrid.operations.registry_contents import references

        folder = registry_place(registry=_given(context)).folder
        return [CompletionItem(text, help=kind) for text, kind in references(folder, incomplete)[:LARGEST]]
    except Exception:
        # A message would land in the middle of what the user is typing.
        return []


def complete_version(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete a version of the id that stands before it."""
    found = complete_reference(context, parameter, f"{context.params.get('id_')}@{incomplete}")
    return [CompletionItem(item.value.rpartition("@")[2], help=item.help) for item in found]


def complete_project(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete the id of a project, or its version after an ``@``."""
    return _quietly(lambda: _references(context, incomplete, "project"))


def complete_datasets(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Complete the last of several ids of datasets that the project before has."""
    return _quietly(lambda: _last_of_several(_registered(context, "datasets_of"), incomplete))


def complete_by(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete the last of several names that an answer of the project before can keep."""
    return _quietly(lambda: _last_of_several(_registered(context, "columns_of"), incomplete))


def complete_where(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete the name in a condition, or the last of its values."""

    def found() -> list[CompletionItem[str]]:
        name, equals, values = incomplete.partition("=")
        if not equals:
            names = _registered(context, "columns_of")
            return [CompletionItem(f"{one}=") for one in names if one.startswith(incomplete)][:LARGEST]
        known = _registered(context, "values_of", name.rstrip("!").strip())
        return [CompletionItem(f"{name}={one.value}") for one in _last_of_several(known, values)]

    return _quietly(found)


def complete_head(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete the id of a dataset, or the way to a folder."""
    found = _quietly(lambda: _references(context, incomplete, "dataset"))
    return found or [CompletionItem(incomplete, type="file")]


def _quietly(complete: Callable[[], list[CompletionItem[str]]]) -> list[CompletionItem[str]]:
    """Return what there is to offer; a message would land in the middle of what the user is typing."""
    try:
        return complete()
    except Exception:
        return []


def _references(context: click.Context, incomplete: str, kind: str) -> list[CompletionItem[str]]:
    from dsgrid.operations.location import registry_place
    from dsgrid.operations.registry_contents import references

    folder = registry_place(registry=_given(context)).folder
    found = [text for text, of in references(folder, incomplete) if of == kind]
    return [CompletionItem(text, help=kind) for text in found[:LARGEST]]


def _registered(context: click.Context, what: str, *arguments: str) -> list[str]:
    """Return names of the project that stands before, by a function of `dsgrid.operations.project_names`."""
    from dsgrid.operations import project_names
    from dsgrid.operations.location import registry_place

    folder = registry_place(registry=_given(context)).folder
    # Behind an option without its value click leaves what is no option as it is.
    project = context.params.get("project") or next(iter(context.args), "")
    found: list[str] = getattr(project_names, what)(folder, str(project), *arguments)
    return found


def _last_of_several(names: Iterable[str], incomplete: str) -> list[CompletionItem[str]]:
    """Complete what stands behind the last comma, without the names that stand before it."""
    before, comma, last = incomplete.rpartition(",")
    taken = before.split(",")
    found = [name for name in names if name.startswith(last) and name not in taken]
    return [CompletionItem(f"{before}{comma}{name}") for name in found[:LARGEST]]


def _given(context: click.Context) -> Path | None:
    folder = context.params.get("folder") or context.params.get("registry")
    return Path(folder) if folder else None

"""What the answers of nodes about themselves mean, and what to do about it: answers in, findings out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from dsgrid.cluster.probe import PACKAGES, Answer, is_far
from dsgrid.operations.doctor import GIB, JAVA, PYTHON, SCRATCH, Finding

Answers = Mapping[str, Answer]  # by the names of the nodes

APART: Final = 1.0  # seconds between clocks that matter
SLOW: Final = 200e6  # bytes a second; below, shuffles wait for the disk
_SHOWN: Final = 4
_IN_MEMORY: Final = ("tmpfs", "ramfs")
_SAME: Final = "name one that all nodes see, by `python` in the site's file or DSGRID_PYTHON"


def named(nodes: Iterable[str]) -> str:
    """Return the names of nodes, the first few of them where there are many."""
    names = list(nodes)
    more = len(names) - _SHOWN
    shown = names if more <= 1 else names[:_SHOWN]
    return ", ".join(shown) + (f" and {more} more" if more > 1 else "")


def grouped(values: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """Return values with the nodes that have them, what most have first."""
    found: dict[str, list[str]] = {}
    for node, value in values.items():
        found.setdefault(value, []).append(node)
    return sorted(found.items(), key=lambda group: -len(group[1]))


def told(values: Mapping[str, str]) -> str:
    """Return what all nodes have, or which node has what."""
    groups = grouped(values)
    if len(groups) == 1:
        return groups[0][0]
    return "; ".join(f"{value} on {named(nodes)}" for value, nodes in groups)


def of_nodes(answering: Sequence[str], silent: Mapping[str, str]) -> list[Finding]:
    """Judge which nodes answer at all."""
    found = [Finding("nodes", f"{len(answering)} answer{'s' if len(answering) == 1 else ''}: {named(answering)}")]
    if not answering:
        found = []
    elif len(answering) == 1 and not silent:
        advice = "nothing can be compared; ask for more: salloc --nodes=2 dsgrid doctor --cluster"
        found = [Finding("nodes", f"only {answering[0]}", advice, is_needed=False)]
    for why, nodes in grouped(silent):
        do = "does" if len(nodes) == 1 else "do"
        found.append(Finding("nodes", f"{named(nodes)} {do} not answer ({why})", _about_silence(nodes, why)))
    return found


def _about_silence(nodes: Sequence[str], why: str) -> str:
    if "No module named" in why:
        return f"the Python there has no dsgrid; {_SAME}"
    if "the site asks for module" in why:
        return "`modules` in the site's file names one that is not there: module avail"
    if "No such file or directory" in why:
        return f"this Python is not on the node; {_SAME}"
    if "Expired or invalid job" in why:
        return "this allocation is over; get another one: salloc --nodes=2 dsgrid doctor --cluster"
    it = "it" if len(nodes) == 1 else "them"
    return f"leave {it} out with --exclude={','.join(nodes)}, and tell those who run the cluster"


def of_python(answers: Answers) -> list[Finding]:
    """Judge whether all nodes have the same Python, dsgrid and packages."""
    versions = {node: f"{answer['python']} ({answer['executable']})" for node, answer in answers.items()}
    old = [node for node, answer in answers.items() if _numbers(answer["python"]) < PYTHON]
    advice = ""
    if old:
        advice = f"{named(old)}: dsgrid needs Python 3.11 or newer; {_SAME}"
    elif len(grouped(versions)) > 1:
        advice = f"Spark's processes have to have the same Python; {_SAME}"
    codes = {node: answer["dsgrid"][:12] for node, answer in answers.items()}
    differs = (
        "the nodes run different code; install dsgrid in one place that all see" if len(grouped(codes)) > 1 else ""
    )
    return [
        Finding("Python", told(versions), advice),
        Finding("dsgrid", told(codes), differs),
        *(
            _of_package(name, {node: answer["packages"].get(name) for node, answer in answers.items()})
            for name in PACKAGES
        ),
    ]


def _of_package(name: str, versions: Mapping[str, str | None]) -> Finding:
    absent = [node for node, version in versions.items() if version is None]
    found = told({node: version or "none" for node, version in versions.items()})
    if absent:
        return Finding(
            name, found, f"install it where {named(absent)} {'looks' if len(absent) == 1 else 'look'} for it"
        )
    return Finding(name, found, f"all nodes need the same; {_SAME}" if len(set(versions.values())) > 1 else "")


def of_java(answers: Answers, needed: bool = True) -> Finding:
    """Judge whether all nodes have the same Java, and one that Spark runs on."""
    low, high = JAVA
    cure = "by `modules` or `java` in the site's file, or JAVA_HOME"
    versions = {node: answer["java"] for node, answer in answers.items()}
    found = told(
        {
            node: f"{answer['java'] or 'none'} ({answer['java_command'] or 'not in the PATH'})"
            for node, answer in answers.items()
        }
    )
    unfit = [node for node, version in versions.items() if version is None or not low <= _java(version)]
    if unfit:
        return Finding("Java", found, f"Spark needs Java {low} or {high} on {named(unfit)}; name one {cure}", needed)
    if len({_java(version) for version in versions.values()}) > 1:
        return Finding("Java", found, f"all nodes need the same; name one {cure}", needed)
    if len(set(versions.values())) > 1:
        return Finding("Java", found, f"the same on all nodes is safer; name one {cure}", is_needed=False)
    return Finding("Java", found)


def _java(version: str) -> int:
    """Return the number by which Java is called: 8 for 1.8.0_402, 17 for 17.0.15."""
    numbers = _numbers(version.removeprefix("1."))
    return numbers[0] if numbers else 0


def _numbers(version: str) -> tuple[int, ...]:
    found = []
    for part in version.replace("_", ".").replace("+", ".").replace("-", ".").split("."):
        if not part.isdigit():
            break
        found.append(int(part))
    return tuple(found)


def of_scratch(answers: Answers) -> list[Finding]:
    """Judge the disks of the nodes: their room, their speed, and whether they are disks of the node at all."""
    cure = "`scratch` in the site's file, or DSGRID_SCRATCH, names another folder"
    wrong = {
        node: f"{answer.get('folder', '')}: {answer['problem']}".removeprefix(": ")
        for node, answer in answers.items()
        if "problem" in answer
    }
    found = [Finding("scratch", f"{why} on {named(nodes)}", cure) for why, nodes in grouped(wrong)]
    usable = {node: answer for node, answer in answers.items() if node not in wrong}
    if not usable:
        return found
    least = min(usable.values(), key=lambda answer: answer["free"])
    speeds = {node: answer["size"] / max(answer["seconds"], 1e-6) for node, answer in usable.items()}
    slowest = min(speeds, key=speeds.__getitem__)
    places = told(
        {node: answer["folder"] + (f" ({answer['kind']})" if answer["kind"] else "") for node, answer in usable.items()}
    )
    text = f"{_size(least['free'])} free or more, {speeds[slowest] / 1e6:,.0f} MB/s or more, in {places}"
    return [*found, Finding("scratch", text, _about_disks(usable, speeds, cure), is_needed=False)]


def _about_disks(answers: Answers, speeds: Mapping[str, float], cure: str) -> str:
    """Return the worst that is to be said of the nodes' disks."""

    def of(is_so: Callable[[str, Answer], bool]) -> str:
        return named(node for node, answer in answers.items() if is_so(node, answer))

    if nodes := of(lambda _, answer: answer["kind"] in _IN_MEMORY):
        return f"on {nodes} that is memory, and what is written there is taken from the job's; {cure}"
    if nodes := of(lambda _, answer: answer["free"] < SCRATCH):
        return f"little room on {nodes}: large queries spill there; {cure}"
    if nodes := of(lambda _, answer: is_far(answer["kind"])):
        return f"on {nodes} that is a disk that all nodes share, and shuffles wait for each other; {cure}"
    if nodes := of(lambda node, _: speeds[node] < SLOW):
        return f"slow on {nodes}: shuffles wait for the disk; {cure}"
    return ""


def _size(number: float) -> str:
    return f"{number / GIB:,.0f} GiB" if number >= 10 * GIB else f"{number / GIB:,.1f} GiB"


def of_clocks(offsets: Mapping[str, tuple[float, float]]) -> Finding:
    """Judge how far the clocks are apart.

    Parameters
    ----------
    offsets
        Of each node, how many seconds its clock is ahead of the one that measures, and how sure that is.
    """
    first = min(offsets, key=lambda node: offsets[node][0])
    last = max(offsets, key=lambda node: offsets[node][0])
    apart = offsets[last][0] - offsets[first][0]
    sure = offsets[last][1] + offsets[first][1]
    if apart <= sure or first == last:
        return Finding("clocks", f"equal, as far as can be measured ({sure * 1e3:.1f} ms)")
    text = f"{_seconds(apart)} apart at most"
    if apart - sure <= APART:
        return Finding("clocks", text)
    advice = f"{last} is ahead of {first}: times in logs and registries are in disorder; tell those who run the cluster"
    return Finding("clocks", text, advice, is_needed=False)


def _seconds(number: float) -> str:
    return f"{number:,.1f} s" if number >= 1 else f"{number * 1e3:,.1f} ms"

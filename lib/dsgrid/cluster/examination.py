"""``dsgrid doctor --cluster``: examine the nodes of an allocation together, from whichever machine it was called on."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from dsgrid.cluster import probe, shared_verdicts, slurm, verdicts
from dsgrid.cluster.folder import run_folder
from dsgrid.cluster.node_names import address_of
from dsgrid.cluster.probe import Answer
from dsgrid.cluster.remote import Place, Remote, SilentError, probe_command, probes
from dsgrid.cluster.site import Site, environment_lines, load_site
from dsgrid.errors import DsgridError, NotFoundError, UsageError
from dsgrid.operations.doctor import Examination, Finding
from dsgrid.operations.location import registry_folder
from dsgrid.registry.home import LOCK_PROBE
from dsgrid.spec.node import missing

BYTES: Final = 256 << 20
_FIRST: Final = 90.0  # Python from a file system that all nodes read from at once takes its time
_SOON: Final = 30.0
_DISK: Final = 300.0
_CALL: Final = 5.0  # to another node; what takes longer is lost
_AT_ONCE: Final = 64
_HERE: Final = "this machine"


def examine_cluster(
    *, site: str | Path | None = None, registry: str | Path | None = None, bytes_: int = BYTES
) -> Examination:
    """Examine the nodes of the allocation that this process is in.

    Parameters
    ----------
    site
        The file of the site; see `dsgrid.cluster.site.load_site`.
    registry
        The folder of a registry, whose locks are tried; by default the one that is configured, else the folder of runs.
    bytes_
        How much is written to each node's own disk to see how fast it is.

    Raises
    ------
    UsageError
        This process is in no allocation.
    """
    environment = os.environ
    if not environment.get("SLURM_JOB_ID"):
        raise UsageError(
            "this shell is in no allocation of Slurm (there is no SLURM_JOB_ID); get one for it: "
            "salloc --nodes=2 --time=10 dsgrid doctor --cluster"
        )
    found = load_site(site)
    folder = _lock_folder(registry)
    places = allocated(environment)
    python = environment.get("DSGRID_PYTHON") or str(found.python or sys.executable)
    with probes(places, probe_command(python, environment_lines(found, environment))) as remotes:
        return Examination((_of_site(found), *_Nodes(remotes, found, folder).findings(bytes_)))


def allocated(
    environment: Mapping[str, str], hostnames: Callable[[str], Iterable[str]] = slurm.hostnames
) -> tuple[Place, ...]:
    """Return the nodes of an allocation, those of a heterogeneous job with their groups.

    Parameters
    ----------
    hostnames
        Unfolds a list such as ``n[1-3]``.
    """
    groups = int(environment.get("SLURM_HET_SIZE") or 0)
    if groups < 2:
        return tuple(Place(node) for node in hostnames(environment["SLURM_JOB_NODELIST"]))
    found: dict[str, Place] = {}
    for group in range(groups):
        for node in hostnames(environment[f"SLURM_JOB_NODELIST_HET_GROUP_{group}"]):
            # A node may be in two groups.
            found.setdefault(node, Place(node, group))
    return tuple(found.values())


def _of_site(site: Site) -> Finding:
    place = str(site.path or "no file")
    return Finding("site", f"{site.name} ({place})" if site.name else place)


def _lock_folder(registry: str | Path | None) -> Path | None:
    """Return the registry's folder, or None where none is named, or none is there."""
    if registry is not None:
        folder = registry_folder(registry=registry).absolute()
        if not folder.is_dir():
            raise NotFoundError(f"--registry: {missing(folder, folder.name)}")
        return folder
    try:
        folder = registry_folder().absolute()
    except DsgridError:
        return None
    return folder if folder.is_dir() else None


def _root(site: Site) -> Path:
    """Return the folder in which jobs keep the folders of their runs."""
    return run_folder(os.environ, site.runs).path.parent


class _Nodes:
    """The nodes of an allocation while they are examined. One that falls silent is asked no more."""

    def __init__(self, remotes: Mapping[str, Remote], site: Site, locks: Path | None) -> None:
        self.all = list(remotes)
        self.remotes = dict(remotes)
        self.site = site
        self.locks = locks
        self.silent: dict[str, str] = {}

    def findings(self, bytes_: int) -> list[Finding]:
        hello = self.ask_all("hello", _FIRST)
        found: list[Finding] = []
        if hello:
            found += [*verdicts.of_python(hello), verdicts.of_java(hello, needed=self.site.engine == "spark")]
            disks = self.ask_all("scratch", _DISK, lambda _: {"site": self.site.scratch, "most": bytes_})
            found += verdicts.of_scratch(disks) if disks else []
            found += [*self.clocks(), *self.network(hello), *self.files(), *self.lock()]
        silent = {node: self.silent[node] for node in self.all if node in self.silent}
        return [*verdicts.of_nodes(list(self.remotes), silent), *found]

    def ask_all(
        self,
        order: str,
        timeout: float,
        values: Callable[[str], dict[str, Any]] = lambda _: {},
        nodes: Iterable[str] | None = None,
    ) -> dict[str, Answer]:
        """Give the same order to all nodes (or to some) at once, and return what they answer."""
        asked = [node for node in (self.remotes if nodes is None else nodes) if node in self.remotes]
        if not asked:
            return {}
        with ThreadPoolExecutor(min(len(asked), _AT_ONCE)) as pool:
            answers = dict(
                zip(asked, pool.map(lambda node: self.ask(node, order, timeout, values(node)), asked), strict=True)
            )
        return {node: answer for node, answer in answers.items() if answer is not None}

    def ask(self, node: str, order: str, timeout: float, values: Mapping[str, Any] | None = None) -> Answer | None:
        """Give an order to a node; None where it does not answer."""
        remote = self.remotes.get(node)
        if remote is None:
            return None
        try:
            return remote.ask(order, timeout, **(values or {}))
        except SilentError as error:
            self.silent[node] = str(error)
            self.remotes.pop(node, None)
            return None

    def clocks(self) -> list[Finding]:
        # One after the other, or they would wait for each other on the way.
        offsets = {node: offset for node in list(self.remotes) if (offset := self.offset(node)) is not None}
        return [verdicts.of_clocks(offsets)] if len(offsets) > 1 else []

    def offset(self, node: str) -> tuple[float, float] | None:
        """Return how far a node's clock is ahead of this one, and how sure that is: by the fastest of some answers."""
        best: tuple[float, float] | None = None
        for _ in range(5):
            before, begin = time.time(), time.monotonic()
            answer = self.ask(node, "clock", _SOON)
            way = time.monotonic() - begin
            if answer is None:
                return None
            if best is None or way / 2 < best[1]:
                best = (answer["time"] - (before + way / 2), way / 2)
        return best

    def network(self, hello: Mapping[str, Answer]) -> list[Finding]:
        nodes = list(self.remotes)
        known = slurm.node_fields(",".join(nodes))
        written = {node: known.get(node, {}).get("NodeAddr", node) for node in nodes}
        resolved = {node: address_of(written[node]) for node in nodes}
        found = shared_verdicts.of_addresses(resolved, written, hello)
        addresses = {node: address for node, address in resolved.items() if address is not None}
        ports = self.ask_all("listen", _SOON, lambda node: {"address": addresses[node]}, addresses)
        failed = {(node, node): answer["problem"] for node, answer in ports.items() if "problem" in answer}
        open_ = [node for node in ports if (node, node) not in failed]
        pairs = connections(open_)

        def targets(node: str) -> dict[str, Any]:
            others = (target for source, target in pairs if source == node)
            return {"targets": {other: (addresses[other], ports[other]["port"]) for other in others}, "patience": _CALL}

        for node, answer in self.ask_all("connect", _DISK, targets, {source for source, _ in pairs}).items():
            failed |= {(node, other): why for other, why in answer["failed"].items()}
        return [*found, *(shared_verdicts.of_network(failed, addresses, len(pairs)) if pairs or failed else [])]

    def files(self) -> list[Finding]:
        root = _root(self.site)
        folder = root / f".doctor-{os.environ['SLURM_JOB_ID']}-{secrets.token_hex(4)}"
        # By the name that the file of each writer has.
        texts = {node: secrets.token_hex(16) for node in (*self.remotes, _HERE)}
        names = {node: f"{number}.txt" for number, node in enumerate(texts)}

        def order(node: str) -> dict[str, Any]:
            return {"folder": str(folder), "name": names[node], "text": texts[node]}

        written: dict[str, Answer] = {}
        try:
            written = {_HERE: probe.write(**order(_HERE))}
            written |= self.ask_all("write", _SOON, order)
            right = [node for node in written if "problem" not in written[node]]
            first = next(iter(self.remotes), _HERE)
            # All of them by the first and by this machine; by the others what these two wrote.
            wanted = {
                node: right if node in (first, _HERE) else [each for each in right if each in (first, _HERE, node)]
                for node in written
            }

            def look(node: str) -> dict[str, Any]:
                files = {str(folder / names[each]): texts[each] for each in wanted[node]}
                return {"texts": files, "patience": probe.PATIENCE}

            with ThreadPoolExecutor(1) as pool:
                here = pool.submit(probe.see, **look(_HERE))
                seen = self.ask_all("see", _SOON, look, [node for node in written if node != _HERE])
                seen[_HERE] = here.result()
        finally:
            for node, answer in written.items():
                if node == _HERE:
                    probe.remove(str(folder), answer["new"])
                else:
                    self.ask(node, "remove", _SOON, {"folder": str(folder), "new": answer["new"]})
        unwritten = {node: answer["problem"] for node, answer in written.items() if "problem" in answer}
        of_name = {str(folder / name): node for node, name in names.items()}
        unseen = {node: [of_name[path] for path in answer["unseen"]] for node, answer in seen.items()}
        seconds = max(answer["seconds"] for answer in seen.values())
        return shared_verdicts.of_files(str(root), unwritten, unseen, seconds)

    def lock(self) -> list[Finding]:
        if len(self.remotes) < 2:
            return []
        folder = self.locks or _root(self.site)
        base = folder / f"{LOCK_PROBE}{secrets.token_hex(4)}"
        files = {"database": str(base), "file": f"{base}.lock"}
        first, *others = self.remotes
        held: Answer | None = None
        during: dict[str, Answer] = {}
        after: dict[str, Answer] = {}
        kind = ""
        try:
            with probe.folder_for_a_while(folder):
                kind = probe.file_system(folder)
                try:
                    held = self.ask(first, "hold", _SOON, files)
                    during = self.ask_all("take", _SOON, lambda _: {**files, "patience": 0}, others)
                    if held is not None:
                        held |= self.ask(first, "release", _SOON) or {}
                    after = self.ask_all("take", _SOON, lambda _: {**files, "patience": probe.PATIENCE / 2}, others)
                finally:
                    for path in (*files.values(), f"{base}-journal"):
                        Path(path).unlink(missing_ok=True)
        except OSError as error:
            held = {"problem": error.strerror or str(error)}
        # That a node has fallen silent is told anyway.
        return shared_verdicts.of_locks(str(folder), kind, held, during, after) if held is not None else []


def connections(nodes: Iterable[str]) -> list[tuple[str, str]]:
    """Return which nodes to connect: the first with all others both ways, as driver and workers do, and a ring."""
    first, *others = [*nodes] or [""]
    pairs = [pair for node in others for pair in ((node, first), (first, node))]
    ring = zip([first, *others], [*others, first], strict=True)
    return list(dict.fromkeys([*pairs, *(pair for pair in ring if pair[0] != pair[1])]))

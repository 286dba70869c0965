"""What is found between nodes means this: addresses, connections, files and locks that they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from dsgrid.cluster.probe import Answer
from dsgrid.cluster.verdicts import Answers, grouped, named, told
from dsgrid.operations.doctor import Finding

LATE: Final = 1.0  # seconds until a file is seen that another node has written


def of_addresses(addresses: Mapping[str, str | None], written: Mapping[str, str], hello: Answers) -> list[Finding]:
    """Judge the addresses that Slurm has for its nodes.

    Parameters
    ----------
    addresses
        What each node's address is, in numbers.
    written
        What Slurm says it is.
    hello
        What the nodes said of themselves.
    """
    lost = {node: written[node] for node, address in addresses.items() if address is None}
    found = [
        Finding("addresses", f"{node}: Slurm's address {name} does not resolve", "ask those who run the cluster")
        for node, name in lost.items()
    ]
    known = {node: address for node, address in addresses.items() if address is not None}
    if not known:
        return found
    shared = [(address, nodes) for address, nodes in grouped(known) if len(nodes) > 1]
    for address, nodes in shared:
        found.append(Finding("addresses", f"{named(nodes)} have the same, {address}", "ask those who run the cluster"))
    text = named(f"{node} {address}" for node, address in known.items())
    odd = [node for node in known if str(hello[node]["host_address"] or "127.").startswith("127.")]
    if odd:
        text += f" (by its own name {named(odd)} would be a loopback; Spark is given these addresses)"
    return [*found, Finding("addresses", text)]


def of_network(failed: Mapping[tuple[str, str], str], addresses: Mapping[str, str], tried: int) -> list[Finding]:
    """Judge whether nodes reach each other on free ports.

    Parameters
    ----------
    failed
        Why one node does not reach another; where both are the same it cannot listen on its own address.
    tried
        How many pairs of nodes were tried.
    """
    advice = (
        "Spark's processes talk on free ports of these addresses; a firewall may be between, or a second network card: "
        "`constraint` in the site's file picks nodes"
    )
    found = []
    for node, why in ((source, why) for (source, target), why in failed.items() if source == target):
        found.append(Finding("network", f"{node} cannot listen on {addresses[node]} ({why})", advice))
    by_reason = {
        f"{source} to {target} ({addresses[target]})": why
        for (source, target), why in failed.items()
        if source != target
    }
    for why, pairs in grouped(by_reason):
        found.append(Finding("network", f"no connection from {named(pairs)}: {why}", advice))
    return found or [
        Finding("network", f"nodes reach each other ({tried} connection{'s' if tried != 1 else ''} tried)")
    ]


def of_files(
    folder: str, unwritten: Mapping[str, str], unseen: Mapping[str, Sequence[str]], seconds: float
) -> list[Finding]:
    """Judge whether all nodes see the same files.

    Parameters
    ----------
    folder
        Where runs are kept.
    unwritten
        Why a node could not write there.
    unseen
        Of each node, whose files it does not see.
    seconds
        How long it took until all others were seen.
    """
    cure = "`runs` in the site's file, or DSGRID_RUN_ROOT, names a folder that all nodes see"
    found = [
        Finding("files", f"{named(nodes)} cannot write to {folder}: {why}", cure) for why, nodes in grouped(unwritten)
    ]
    blind = {node: named(others) for node, others in unseen.items() if others}
    for others, nodes in grouped(blind):
        sees = "does" if len(nodes) == 1 else "do"
        found.append(Finding("files", f"{named(nodes)} {sees} not see in {folder} what {others} wrote", cure))
    if found:
        return found
    late = f", after {seconds:.0f} s" if seconds > LATE else ""
    return [Finding("files", f"all nodes see what the others write in {folder}{late}")]


def of_locks(folder: str, kind: str, held: Answer, during: Answers, after: Answers) -> list[Finding]:
    """Judge whether a lock of one node excludes the others, for databases and for files.

    Parameters
    ----------
    folder, kind
        Where it was tried, and on what file system.
    held
        What the node said that took the locks.
    during, after
        What the others got while the locks were held, and when they were given up.
    """
    where = f"in {folder}" + (f" ({kind})" if kind else "")
    advice = "two jobs could write to a registry at once and destroy it; keep it on another file system"
    if held.get("absent"):
        cure = "a registry is on a file system that all nodes see"
        return [Finding("locks", f"{folder} is not there on the first node", cure)]
    if "problem" in held:
        cannot = f"cannot be tried {where}: {held['problem']}"
        return [Finding("locks", cannot, "name a registry's folder that you may write to: --registry", is_needed=False)]
    return [
        Finding("locks", *_of_one("database", where, during, after, advice)),
        _of_file(where, held, during, after),
    ]


def _of_file(where: str, held: Answer, during: Answers, after: Answers) -> Finding:
    advice = "do not let two jobs run the same bulk or query at once"
    if "file_problem" in held:
        return Finding("file locks", f"none {where} ({held['file_problem']})", advice, is_needed=False)
    return Finding("file locks", *_of_one("file", where, during, after, advice), is_needed=False)


def _of_one(what: str, where: str, during: Answers, after: Answers, advice: str) -> tuple[str, str]:
    got = [node for node, answer in during.items() if answer.get(what) in ("got", "stale")]
    if got:
        return f"do nothing {where}: {named(got)} got a {what} that another node had locked", advice
    for answers, then in ((during, "refused"), (after, "got")):
        others = {
            node: str(answer.get(what, answer.get("problem")))
            for node, answer in answers.items()
            if answer.get(what) != then
        }
        if others:
            words = {
                "refused": "is still refused when the lock is gone",
                "stale": "does not see what was written before",
            }
            why = told({node: words.get(why, why) for node, why in others.items()})
            return f"do not work {where} for {named(others)}: {why}", advice
    return f"a {what} that one node has locked is refused to the others {where}", ""

"""The operation `register_and_submit_dataset`: a new dataset of a project, both in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dsgrid.engine import Engine
from dsgrid.operations.location import registry_folder
from dsgrid.operations.register_dataset import RegisteredDataset, draft_dataset, propose_dataset, with_data
from dsgrid.operations.registering import registering
from dsgrid.operations.reported import Reported
from dsgrid.operations.storing import stored_data
from dsgrid.operations.submit_dataset import SubmittedDataset, build_submission, read_named
from dsgrid.operations.told_losses import told
from dsgrid.registry.model import Dataset, Submission
from dsgrid.registry.proposal import Proposal, together
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node

__all__ = ["RegisteredAndSubmitted", "draft_submission", "proposal", "register_and_submit_dataset", "with_data"]


@dataclass(frozen=True, repr=False)
class RegisteredAndSubmitted(Reported):
    """A dataset that is registered now, and accepted by a project."""

    registered: RegisteredDataset
    submitted: SubmittedDataset

    def report(self) -> str:
        """Return what to tell the user."""
        return f"{self.registered.report()}\n{self.submitted.report()}"


def register_and_submit_dataset(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | None = None,
    engine: Engine | None = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
) -> RegisteredAndSubmitted:
    """Check that a project accepts a dataset, store its data, and register and submit it in one transaction.

    What the project has to say against the dataset (mappings, units, time, coverage) needs no data: it is said before
    the files are read. When anything fails the registry is as before.

    Raises
    ------
    SpecError, DataError
        With everything that is wrong with the spec, its tables or the data.
    RegistryError
        If the dataset is registered already.
    """
    loaded = load_spec(spec, "register_and_submit_dataset", variables)
    folder = registry_folder(loaded, registry)
    root = loaded.root
    with Registry.open(folder, write=True) as opened:
        draft = draft_dataset(root, opened)
        submission = draft_submission(root, draft, opened)
        message = f"Register dataset {draft.id} and submit it to {submission.project_id}"
        with (
            stored_data(loaded, draft, opened, engine, progress) as stored,
            registering(opened, loaded, message) as registration,
        ):
            registered = registration.add_dataset(stored.dataset, stored.missing, stored.inputs, stored.lineage)
            if opened.project(root["submission"]["project"].value).version != submission.project_version:
                # Somebody gave the project a new version while the data were written.
                submission = draft_submission(root, draft, opened)
            submitted = registration.add_submission(submission)
        remarks = told(root["submission"], registered, submission, opened)
    return RegisteredAndSubmitted(
        RegisteredDataset(registered, folder, stored.summary), SubmittedDataset(submitted, folder, remarks)
    )


def proposal(spec: Spec, registry: Registry) -> Proposal:
    """Return what applying a spec would change; see `dsgrid.operations.plan`."""
    root = spec.root
    registered = propose_dataset(root, registry)
    version = next((part.value.dataset for part in registered.parts if part.kind == "dataset"), None)
    dataset = version or registry.dataset(root["dataset"]["id"].value)
    submission = draft_submission(root, dataset, registry)
    submitted = registry.proposals.submission(submission, version)
    if not submitted.is_empty:
        submitted = replace(submitted, remarks=told(root["submission"], dataset, submission, registry))
    return together(spec.job, registered, submitted)


def draft_submission(root: Node, dataset: Dataset, registry: Registry) -> Submission:
    """Return the submission of a dataset whose data need not be there yet, after every check of it."""
    node = root["submission"]
    project = read_named(node["project"], registry.project)
    return build_submission(node, project, dataset, registry, root["dataset"]["id"], root)

"""What the routes of one server share."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from dsgrid.api.access.gates import Gates
from dsgrid.api.access.kept_answers import Answers
from dsgrid.api.access.shares import Shares
from dsgrid.api.dispatch.dispatcher import Dispatcher
from dsgrid.api.settings import Settings
from dsgrid.api.state.audit import Audit
from dsgrid.api.state.database import State
from dsgrid.api.state.tokens import Tokens


@dataclass(frozen=True)
class Context:
    """What the routes of one server share; as ``app.state.context``."""

    settings: Settings
    state: State
    tokens: Tokens
    audit: Audit
    dispatcher: Dispatcher
    gates: Gates
    answers: Answers = field(default_factory=Answers)

    @cached_property
    def plans(self) -> Shares:
        """The places for plans, of which no user has all."""
        return Shares(self.gates.plans, self.settings.limits, "plans")

    @cached_property
    def downloads(self) -> Shares:
        """The places for conversions of tables, of which no user has all."""
        return Shares(self.gates.downloads, self.settings.limits, "downloads")

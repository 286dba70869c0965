"""What the routes of one server share."""

from __future__ import annotations

from dataclasses import dataclass, field

from dsgrid.api.audit import Audit
from dsgrid.api.database import State
from dsgrid.api.dispatcher import Dispatcher
from dsgrid.api.gates import Gates
from dsgrid.api.kept_answers import Answers
from dsgrid.api.settings import Settings
from dsgrid.api.tokens import Tokens


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

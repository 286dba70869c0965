"""The application: its routes, its guards, and what lives as long as the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI

from dsgrid.api.access.context import Context
from dsgrid.api.access.gates import Gates
from dsgrid.api.dispatch.dispatcher import Dispatcher
from dsgrid.api.guards import guards
from dsgrid.api.guards.heads import Heads
from dsgrid.api.problems import problems
from dsgrid.api.routes import ROUTERS
from dsgrid.api.runners.making import make_runners
from dsgrid.api.runners.runner import Runner
from dsgrid.api.server import openapi
from dsgrid.api.settings import Settings
from dsgrid.api.state.audit import Audit
from dsgrid.api.state.database import open_state
from dsgrid.api.state.tokens import Tokens
from dsgrid.version import __version__

if TYPE_CHECKING:
    from dsgrid.api.server.mounting import Mount

PREFIX: Final = "/v1"
_DOCUMENT_AFTER: Final = 2.0  # seconds: the start has other things to do


def make_app(settings: Settings, runners: Mapping[str, Runner] | None = None, mount: Mount | None = None) -> FastAPI:
    """Return the application of a server.

    Parameters
    ----------
    runners
        What carries out jobs; by default what the settings say.
    mount
        What stands beside the API.
    """
    state = open_state(settings.state)
    dispatcher = Dispatcher(state, settings, make_runners(settings) if runners is None else runners)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await dispatcher.start()
        # The document takes half a second to make; the first who asks for it, and all others meanwhile, would wait.
        loop = asyncio.get_running_loop()
        soon = loop.call_later(_DOCUMENT_AFTER, loop.run_in_executor, None, app.openapi)
        if mounted is not None:
            mounted.open(loop)
        try:
            yield
        finally:
            soon.cancel()
            if mounted is not None:
                mounted.close()
            await dispatcher.stop()

    app = FastAPI(
        title="dsgrid",
        version=__version__,
        summary="Many energy-demand datasets combined into one consistent picture.",
        lifespan=lifespan,
        # The pages that FastAPI would make load their scripts from the network.
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
        redirect_slashes=False,
    )
    app.state.context = Context(
        settings=settings,
        state=state,
        tokens=Tokens(state),
        audit=Audit(state),
        dispatcher=dispatcher,
        gates=Gates(settings.limits),
    )
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX)
    # Added last, the guards are outermost.
    app.add_middleware(Heads)
    mounted = None if mount is None else mount.on(app, app.state.context)
    guards.install(app, None if mounted is None else mounted.beside)
    openapi.install(app)
    return app


def document(settings: Settings) -> dict[str, Any]:
    """Return the OpenAPI document of a server."""
    return make_app(settings, runners={}).openapi()

"""The one place where ports meet their adapters. Wired once at start, kept warm between invocations."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from cutout.adapters.aws import client
from cutout.adapters.clock import now_ms
from cutout.adapters.connect import connect
from cutout.adapters.sockets import ApiGatewayConnections, SqsWatch, management_client
from cutout.domain.errors import CutoutError
from cutout.imaging.models import accepted_names, load_registry
from cutout.service.sockets import Sockets
from cutout.settings import Settings, SettingsError, SocketSettings
from cutout.wire.jobs import job_text
from cutout.wire.requests import Models

LEASE_MS: Final = 60_000
"""Outlives this function's own time-out, should it ever hold a task."""
RESERVE_MS: Final = 3_000
"""The worker's time for which money is set aside on acceptance; what a task really takes is settled at its end."""


@dataclass(frozen=True, slots=True)
class Wiring:
    settings: Settings
    models: Models
    sockets: Sockets
    documentation_url: str


def wire(settings: Settings, sockets: SocketSettings, report: Callable[[CutoutError], None]) -> Wiring:
    """Raises:
    SettingsError: the deployment is broken; the message says how.
    """
    connected = connect(
        settings,
        lease_ms=LEASE_MS,
        # As much of this function's time as costs what the worker's does.
        reserve_ms=RESERVE_MS * sockets.worker_memory_mib // settings.memory_mib,
        write=job_text,
        report=report,
    )
    return Wiring(
        settings=settings,
        models=_models(sockets.installed_models, settings.default_model),
        sockets=Sockets(
            sessions=connected.sessions,
            connections=ApiGatewayConnections(management_client(sockets.websocket_endpoint, settings.region)),
            watch=SqsWatch(client("sqs", settings.region), sockets.connections_queue_url),
            accounts=connected.accounts,
            rates=connected.rates,
            acceptance=connected.acceptance,
            clock=now_ms,
            new_uuid=uuid4,
            report=report,
        ),
        documentation_url=sockets.documentation_url,
    )


def _models(installed: tuple[str, ...], default: str) -> Models:
    """What the workers' image has, which can't be looked up from here."""
    known = load_registry()
    if strange := set(installed) - known.keys():
        raise SettingsError(f"INSTALLED_MODELS has what isn't known: {', '.join(sorted(strange))}.")
    if default not in installed:
        raise SettingsError(f"DEFAULT_MODEL is {default!r}, but installed are: {', '.join(installed)}.")
    return Models(accepted_names(spec for name, spec in known.items() if name in installed), default)

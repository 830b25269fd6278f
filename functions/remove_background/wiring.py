"""The one place where ports meet their adapters. Wired once at start, kept warm between invocations."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Lock
from uuid import uuid4

from cutout.adapters.clock import now_ms
from cutout.adapters.onnx import OnnxModels
from cutout.domain.errors import CutoutError, OurFault
from cutout.domain.removal import InputLimits
from cutout.imaging.engine import CutoutEngine, RemovalEngine
from cutout.imaging.models import Precision, accepted_names
from cutout.service.dropbox import DropBox
from cutout.service.inputs import Inputs
from cutout.service.outcomes import Completed, Rejected
from cutout.service.perform import Performer
from cutout.service.platform import book_initialisation
from cutout.service.ports import AccountStore, RateCounter
from cutout.service.queued import QueuedTasks
from cutout.service.removal import Removals
from cutout.service.sessions import SessionPush, SessionStore
from cutout.service.storage import Storage
from cutout.service.submit import Report, Submissions
from cutout.service.tell import Teller
from cutout.service.uploads import Uploads
from cutout.settings import DropBoxSettings, Settings, SettingsError, TellingSettings
from cutout.wire.drops import check_defaults, removal_of
from cutout.wire.jobs import job_of, job_text
from cutout.wire.requests import Models
from cutout.wire.responses import answer, error_item

LEASE_MS = 60_000
"""Twice what API Gateway waits: outlives every function time-out on this way in."""
LAMBDA_PAYLOAD_BYTES = 6_291_556
"""What Lambda carries back from a synchronous call."""
ANSWER_FRAME_BYTES = 4096
"""Room kept for each task's keys, URL and messages, and as much for the frame around them."""
RESERVE_MS = 3_000
"""Function time for which money is set aside on acceptance; what a task really takes is settled at its end."""


@dataclass(frozen=True, slots=True)
class Wiring:
    settings: Settings
    models: Models
    accounts: AccountStore
    rates: RateCounter
    sessions: SessionStore
    submissions: Submissions
    performer: Performer


def wire(settings: Settings, report: Report) -> Wiring:
    """Load what every request needs, now: initialisation has full processor power, the first request may not.

    Raises:
        WeightsError, SettingsError: the deployment is broken; the message says how.
    """
    precision = None if settings.model_precision == "auto" else Precision(settings.model_precision)
    installed = OnnxModels(settings.model_dir, precision=precision)
    if settings.default_model not in installed.installed:
        raise SettingsError(f"DEFAULT_MODEL is {settings.default_model!r}, but installed are: {', '.join(installed.installed)}.")
    # The session's set-up runs outside the interpreter's lock, beside boto3's import.
    with ThreadPoolExecutor(1) as beside:
        warm = beside.submit(_warm_up, settings, installed)
        wiring = _connect(settings, installed, report)
        warm.result()
    _book_initialisation(settings, report)
    return wiring


def engine_of(settings: Settings, installed: OnnxModels) -> RemovalEngine:
    """Ours, or rembg itself in an image that was built for it."""
    if settings.engine == "rembg":
        from cutout.adapters.rembg_engine import RembgEngine

        return RembgEngine(settings.model_dir, threads=len(os.sched_getaffinity(0)))
    return CutoutEngine(installed.network)


def _warm_up(settings: Settings, installed: OnnxModels) -> None:
    """Load what our own engine will run; rembg keeps sessions of its own."""
    if settings.engine == "cutout":
        installed.network(settings.default_model)


def _book_initialisation(settings: Settings, report: Report) -> None:
    """One try: a start that can't be entered into the books is no reason not to start."""
    from cutout.adapters.connect import table_of, tariff_of, tasks_of
    from cutout.adapters.dynamodb.table import Backoff

    tasks = tasks_of(settings, table_of(settings, Backoff(attempts=1)))
    try:
        book_initialisation(tasks, tariff_of(settings), now_ms, uuid4, _process_age_ms())
    except OurFault as error:
        report(error)


def _process_age_ms() -> float:
    """Since the process began: the runtime's own start, every import and the model's loading are in it (proc(5))."""
    started_ticks = int(Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19])
    uptime_s = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    return (uptime_s - started_ticks / os.sysconf("SC_CLK_TCK")) * 1000


def _connect(settings: Settings, installed: OnnxModels, report: Report) -> Wiring:
    from cutout.adapters.connect import connect
    from cutout.adapters.dynamodb.images import DynamoImageCatalogue

    connected = connect(settings, lease_ms=LEASE_MS, reserve_ms=RESERVE_MS, write=job_text, report=report)
    desk, objects = connected.desk, connected.objects
    images = DynamoImageCatalogue(connected.table, now_ms)
    inputs = Inputs(
        images=images,
        objects=objects,
        web=connected.web,
        limits=InputLimits(max_bytes=settings.max_input_bytes, max_pixels=settings.max_pixels),
        new_uuid=uuid4,
    )
    engine = engine_of(settings, installed)
    removals = Removals(desk, inputs, objects, engine, turn=Lock(), smaller_png=settings.png_size == "small")
    performer = Performer(removals, Uploads(desk, inputs, objects), Storage(desk, images, objects), connected.responses)
    return Wiring(
        settings=settings,
        models=Models(accepted_names(installed.installed.values()), settings.default_model),
        accounts=connected.accounts,
        rates=connected.rates,
        sessions=connected.sessions,
        performer=performer,
        submissions=Submissions(performer, connected.acceptance, report),
    )


def wire_queue(app: Wiring, settings: TellingSettings, report: Report, lease_ms: int) -> QueuedTasks:
    """The work on queued tasks, for a function whose time-out is shorter than `lease_ms`."""
    from cutout.adapters.aws import client
    from cutout.adapters.sockets import ApiGatewayConnections, management_client
    from cutout.adapters.sqs import SqsWebhookQueue

    def frame(outcome: Completed | Rejected) -> bytes:
        return json.dumps(answer([outcome], settings.documentation_url).body, separators=(",", ":")).encode()

    push = SessionPush(app.sessions, ApiGatewayConnections(management_client(settings.websocket_endpoint, app.settings.region)))
    webhooks = SqsWebhookQueue(client("sqs", app.settings.region), settings.webhooks_queue_url)
    return QueuedTasks(
        performer=app.performer.with_lease(lease_ms),
        accounts=app.accounts,
        teller=Teller(webhooks, push, frame),
        read=job_of,
        report=report,
        answer_bytes=LAMBDA_PAYLOAD_BYTES - 2 * ANSWER_FRAME_BYTES,
    )


def wire_drop_box(app: Wiring, settings: DropBoxSettings, report: Report, lease_ms: int, *, keep_originals: bool) -> DropBox:
    """The drop box, for a function whose time-out is shorter than `lease_ms`.

    Raises:
        SettingsError: the deployment's defaults are no parameters.
    """
    from cutout.adapters.aws import client
    from cutout.adapters.s3_drops import S3DropBox

    try:
        check_defaults(settings.defaults, app.models)
    except CutoutError as error:
        raise SettingsError(f"UPLOAD_DEFAULTS: {error.message}") from error

    def explain(rejected: Rejected) -> bytes:
        return json.dumps(error_item(rejected, settings.documentation_url), indent=2, ensure_ascii=False).encode()

    return DropBox(
        desk=replace(app.performer.removals.desk, lease_ms=lease_ms),
        accounts=app.accounts,
        objects=S3DropBox(client("s3", app.settings.region), app.settings.bucket_name),
        engine=app.performer.removals.engine,
        limits=app.performer.removals.inputs.limits,
        parse=partial(removal_of, defaults=settings.defaults, models=app.models),
        explain=explain,
        report=report,
        keep_originals=keep_originals,
        smaller_png=app.performer.removals.smaller_png,
    )

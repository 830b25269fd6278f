"""The one place that reads the environment. template.yaml sets every name in here."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal, TypeVar

Choice = TypeVar("Choice", bound=str)


class SettingsError(Exception):
    """The function's environment is incomplete or wrong; the message names the variable."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator chose. Names in capitals are the environment's."""

    table_name: str
    """TABLE_NAME"""
    bucket_name: str
    """BUCKET_NAME"""
    region: str
    """AWS_REGION"""
    memory_mib: int
    """AWS_LAMBDA_FUNCTION_MEMORY_SIZE"""
    architecture: str
    model_dir: Path
    """MODEL_DIR: where the image keeps the models' weights"""
    engine: Literal["cutout", "rembg"]
    """ENGINE: ours, or rembg itself as the reference; set by the image, which holds what it needs. Ours where it isn't set."""
    default_model: str
    """DEFAULT_MODEL: used by tasks that name none"""
    model_precision: Literal["auto", "float32", "int8"]
    """MODEL_PRECISION: auto, also where it isn't set, is int8 where the processor gains by it"""
    png_size: Literal["fast", "small"]
    """PNG_SIZE: small spends three to five times the time on writing a PNG for some per cent fewer bytes; fast where it isn't set"""
    markup: Decimal
    """COST_MARKUP: what a task costs is multiplied by it"""
    deadline_s: float
    """DEADLINE_SECONDS: a synchronous answer is given by then; API Gateway hangs up at 30"""
    url_ttl_s: int
    """URL_TTL_SECONDS: how long a signed URL lives, an hour at most"""
    task_ttl_days: int
    """TASK_TTL_DAYS: how long a taskUUID is remembered"""
    image_ttl_days: int
    """IMAGE_TTL_DAYS: how long an image may be named by its UUID; the bucket's lifecycle rules keep it as long"""
    max_pixels: int
    """MAX_INPUT_PIXELS"""
    max_input_bytes: int
    """MAX_INPUT_BYTES"""
    tasks_queue_url: str
    """TASKS_QUEUE_URL: where tasks wait that aren't done at once"""
    fetch_allow_hosts: frozenset[str]
    """FETCH_ALLOW_HOSTS: host:port names exempt from the public-address rule. Empty, but for the local stack."""


@dataclass(frozen=True, slots=True)
class TellingSettings:
    """Where those are told who wait for a queued task."""

    webhooks_queue_url: str
    """WEBHOOKS_QUEUE_URL"""
    websocket_endpoint: str
    """WEBSOCKET_ENDPOINT: where frames for connected clients are posted to"""
    documentation_url: str
    """DOCUMENTATION_URL: the page that errors link to"""


@dataclass(frozen=True, slots=True)
class SocketSettings:
    """What the WebSocket API's function needs beside the rest."""

    websocket_endpoint: str
    """WEBSOCKET_ENDPOINT: where frames for connected clients are posted to"""
    connections_queue_url: str
    """CONNECTIONS_QUEUE_URL: where new connections wait to be looked at again"""
    installed_models: tuple[str, ...]
    """INSTALLED_MODELS: those that the workers' image was built with, separated by commas"""
    worker_memory_mib: int
    """WORKER_MEMORY_SIZE: of the function that works on the tasks, which sets what one may cost"""
    documentation_url: str
    """DOCUMENTATION_URL: the page that errors link to"""


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """What it takes to deliver webhooks."""

    table_name: str
    bucket_name: str
    region: str
    url_ttl_s: int
    max_input_bytes: int
    fetch_allow_hosts: frozenset[str]
    documentation_url: str
    queue_url: str
    """WEBHOOKS_QUEUE_URL"""
    parked_url: str
    """WEBHOOKS_DEAD_LETTER_QUEUE_URL: where those lie that weren't taken"""


@dataclass(frozen=True, slots=True)
class ExpirySettings:
    """What it takes to remove results whose time is over."""

    table_name: str
    bucket_name: str
    region: str


@dataclass(frozen=True, slots=True)
class DropBoxSettings:
    """What the operator chose for the objects that come by way of S3."""

    defaults: Mapping[str, Any]
    """UPLOAD_DEFAULTS: a JSON object of parameters for objects and accounts that have none of their own"""
    keep_originals: bool
    """KEEP_UPLOADS: false removes an original once its result is there"""
    documentation_url: str
    """DOCUMENTATION_URL: the page that errors link to"""


def _text(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "").strip()
    if not value:
        raise SettingsError(f"The environment variable {name} is missing or empty.")
    return value


def _number(env: Mapping[str, str], name: str, least: int, most: int) -> Decimal:
    text = _text(env, name)
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise SettingsError(f"The environment variable {name} must be a number, not {text!r}.") from None
    if not least <= value <= most:
        raise SettingsError(f"The environment variable {name} must be within {least} and {most}, not {text}.")
    return value


def _hosts(env: Mapping[str, str]) -> frozenset[str]:
    return frozenset(filter(None, env.get("FETCH_ALLOW_HOSTS", "").split(",")))


def _one_of(env: Mapping[str, str], name: str, accepted: tuple[Choice, ...]) -> Choice:
    """One of `accepted`; the first where it isn't set."""
    value = env.get(name, accepted[0])
    for choice in accepted:
        if value == choice:
            return choice
    *others, last = accepted
    raise SettingsError(f"The environment variable {name} must be {', '.join(others)} or {last}, not {value!r}.")


def from_environment(env: Mapping[str, str] = os.environ) -> Settings:
    """Read and check everything at once, at start.

    Raises:
        SettingsError: a variable is missing or out of its range.
    """
    return Settings(
        table_name=_text(env, "TABLE_NAME"),
        bucket_name=_text(env, "BUCKET_NAME"),
        region=_text(env, "AWS_REGION"),
        memory_mib=int(_number(env, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 128, 10_240)),
        architecture="arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64",
        model_dir=Path(_text(env, "MODEL_DIR")),
        engine=_one_of(env, "ENGINE", ("cutout", "rembg")),
        default_model=_text(env, "DEFAULT_MODEL"),
        model_precision=_one_of(env, "MODEL_PRECISION", ("auto", "float32", "int8")),
        png_size=_one_of(env, "PNG_SIZE", ("fast", "small")),
        markup=_number(env, "COST_MARKUP", 0, 1000),
        deadline_s=float(_number(env, "DEADLINE_SECONDS", 1, 900)),
        url_ttl_s=int(_number(env, "URL_TTL_SECONDS", 60, 3600)),
        task_ttl_days=int(_number(env, "TASK_TTL_DAYS", 1, 365)),
        image_ttl_days=int(_number(env, "IMAGE_TTL_DAYS", 1, 365)),
        max_pixels=int(_number(env, "MAX_INPUT_PIXELS", 1, 200_000_000)),
        max_input_bytes=int(_number(env, "MAX_INPUT_BYTES", 1, 100 * 1024 * 1024)),
        tasks_queue_url=_text(env, "TASKS_QUEUE_URL"),
        fetch_allow_hosts=_hosts(env),
    )


def telling_from_environment(env: Mapping[str, str] = os.environ) -> TellingSettings:
    """For the function that works on queued tasks.

    Raises:
        SettingsError: a variable is missing.
    """
    return TellingSettings(_text(env, "WEBHOOKS_QUEUE_URL"), _text(env, "WEBSOCKET_ENDPOINT"), _text(env, "DOCUMENTATION_URL"))


def sockets_from_environment(env: Mapping[str, str] = os.environ) -> SocketSettings:
    """For the function behind the WebSocket API.

    Raises:
        SettingsError: a variable is missing or out of its range.
    """
    return SocketSettings(
        websocket_endpoint=_text(env, "WEBSOCKET_ENDPOINT"),
        connections_queue_url=_text(env, "CONNECTIONS_QUEUE_URL"),
        installed_models=tuple(name.strip() for name in _text(env, "INSTALLED_MODELS").split(",")),
        worker_memory_mib=int(_number(env, "WORKER_MEMORY_SIZE", 128, 10_240)),
        documentation_url=_text(env, "DOCUMENTATION_URL"),
    )


def delivery_from_environment(env: Mapping[str, str] = os.environ) -> DeliverySettings:
    """For the function that delivers webhooks.

    Raises:
        SettingsError: a variable is missing or out of its range.
    """
    return DeliverySettings(
        table_name=_text(env, "TABLE_NAME"),
        bucket_name=_text(env, "BUCKET_NAME"),
        region=_text(env, "AWS_REGION"),
        url_ttl_s=int(_number(env, "URL_TTL_SECONDS", 60, 3600)),
        max_input_bytes=int(_number(env, "MAX_INPUT_BYTES", 1, 100 * 1024 * 1024)),
        fetch_allow_hosts=_hosts(env),
        documentation_url=_text(env, "DOCUMENTATION_URL"),
        queue_url=_text(env, "WEBHOOKS_QUEUE_URL"),
        parked_url=_text(env, "WEBHOOKS_DEAD_LETTER_QUEUE_URL"),
    )


def expiry_from_environment(env: Mapping[str, str] = os.environ) -> ExpirySettings:
    """For the function that removes results whose time is over.

    Raises:
        SettingsError: a variable is missing.
    """
    return ExpirySettings(_text(env, "TABLE_NAME"), _text(env, "BUCKET_NAME"), _text(env, "AWS_REGION"))


def drop_box_from_environment(env: Mapping[str, str] = os.environ) -> DropBoxSettings:
    """For the functions that S3 calls.

    Raises:
        SettingsError: a variable is missing or out of its range.
    """
    try:
        defaults = json.loads(_text(env, "UPLOAD_DEFAULTS"))
    except ValueError:
        defaults = None
    if not isinstance(defaults, dict):
        raise SettingsError("The environment variable UPLOAD_DEFAULTS must be a JSON object of parameters.")
    keep = _text(env, "KEEP_UPLOADS")
    if keep not in {"true", "false"}:
        raise SettingsError(f"The environment variable KEEP_UPLOADS must be true or false, not {keep!r}.")
    return DropBoxSettings(defaults, keep == "true", _text(env, "DOCUMENTATION_URL"))

"""A Lambda function on this machine: workers, each a process that runs AWS's runtime client, one invocation at a time."""

import os
import sys
import time
from pathlib import Path
from threading import BoundedSemaphore, Lock, Thread
from typing import Final
from uuid import uuid4

from local.children import Children
from local.runtime_api import FunctionError, Invocation, RuntimeApi
from local.stack import STACK_NAME, FunctionSettings

INIT_LIMIT_S: Final = 10.0
"""How long Lambda lets a function initialise."""


class TooManyRequests(Exception):
    """All workers are busy, and stay so for longer than the caller would wait."""


class Function:
    """Invokes a function in one of at most `max_workers` workers, started when needed and kept warm."""

    def __init__(self, settings: FunctionSettings, children: Children, log: Path, max_workers: int = 2) -> None:
        """`log` takes what the workers print."""
        self._settings = settings
        self._children = children
        self._log = log
        self._free = BoundedSemaphore(max_workers)
        self._lock = Lock()
        self._idle: list[_Worker] = []

    def invoke(self, event: bytes, wait_s: float) -> bytes:
        """The function's result as JSON.

        Raises:
            FunctionError: it failed.
            TooManyRequests: no worker became free within `wait_s`.
        """
        if not self._free.acquire(timeout=max(0.0, wait_s)):
            raise TooManyRequests
        try:
            worker = self._take()
            try:
                return worker.invoke(event)
            finally:
                # A handler that raised doesn't end its worker.
                with self._lock:
                    self._idle.append(worker)
        finally:
            self._free.release()

    def _take(self) -> "_Worker":
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.usable:
                    return worker
        return _Worker(self._settings, self._children, self._log)


class _Worker:
    """One process and its Runtime API."""

    def __init__(self, settings: FunctionSettings, children: Children, log: Path) -> None:
        self._settings = settings
        self._children = children
        region = settings.environment["AWS_REGION"]
        self._api = RuntimeApi(f"arn:aws:lambda:{region}:000000000000:function:{STACK_NAME}-{settings.name}")
        with log.open("ab") as output:
            self._process = children.start(
                [sys.executable, "-m", "awslambdaric", settings.handler],
                environment=worker_environment(settings, self._api.address),
                folder=settings.folder,
                output=output,
            )
        Thread(target=self._watch, daemon=True).start()

    @property
    def usable(self) -> bool:
        return not self._has_ended() and self._api.init_error is None

    def _has_ended(self) -> bool:
        """Not `poll`: while another thread waits for the process, that says it is running, whatever it does."""
        try:
            return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    def invoke(self, event: bytes) -> bytes:
        """Hand an event over and wait for what becomes of it.

        Raises:
            FunctionError: it failed.
        """
        invocation = Invocation(event, self._settings.timeout_s)
        self._api.offer(invocation)
        try:
            invocation.taken.result(INIT_LIMIT_S + self._settings.timeout_s)
            return invocation.result.result(self._settings.timeout_s)
        except TimeoutError:
            self._children.kill(self._process)
            raise FunctionError(
                "Sandbox.Timedout", f"{invocation.request_id} Task timed out after {self._settings.timeout_s:.2f} seconds"
            ) from None

    def _watch(self) -> None:
        code = self._process.wait()
        # What it may have started goes with it.
        self._children.kill(self._process)
        reason = f"signal {-code}" if code < 0 else f"exit status {code}"
        self._api.close(FunctionError("Runtime.ExitError", f"The worker ended by itself: {reason}"))


def worker_environment(settings: FunctionSettings, runtime_api: str) -> dict[str, str]:
    """What Lambda would give, and nothing of what happens to be set here.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    """
    name = f"{STACK_NAME}-{settings.name}"
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        **settings.environment,
        "_HANDLER": settings.handler,
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings.memory_mib),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": time.strftime("%Y/%m/%d/[$LATEST]") + uuid4().hex,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "LAMBDA_TASK_ROOT": str(settings.folder),
        "LAMBDA_RUNTIME_DIR": str(settings.folder),
    }

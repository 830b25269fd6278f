"""Handlers that do as the event says."""

import os
import subprocess
import time

calls = 0


def handle(event, context):
    global calls  # noqa: PLW0603 - that a worker keeps it is what is tested
    calls += 1
    time.sleep(event.get("sleep", 0))
    if "start" in event:
        return subprocess.Popen(["sleep", event["start"]]).pid
    if "raise" in event:
        raise ValueError(event["raise"])
    if "exit" in event:
        os._exit(event["exit"])
    if "answer_bytes" in event:
        return "x" * event["answer_bytes"]
    return {
        "pid": os.getpid(),
        "calls": calls,
        "remaining_ms": context.get_remaining_time_in_millis(),
        "memory_mib": context.memory_limit_in_mb,
        "environment": dict(os.environ),
        "event": event,
    }

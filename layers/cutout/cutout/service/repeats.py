"""The same taskUUID twice in one array."""

from collections.abc import Sequence
from uuid import UUID

from cutout.domain.errors import ConflictTaskUUID
from cutout.domain.tasks import ResponseTask, Task
from cutout.service.outcomes import Rejected


def refuse_repeats(requests: Sequence[Task | Rejected]) -> list[Task | Rejected]:
    """A taskUUID that comes twice in one array is a conflict for the second, decided before any work starts.

    `getResponse` has the UUID of another task, and may ask for it as often as it likes.
    """
    seen: set[UUID] = set()
    result: list[Task | Rejected] = []
    for request in requests:
        if isinstance(request, Rejected | ResponseTask):
            result.append(request)
            continue
        if request.task_uuid in seen:
            error = ConflictTaskUUID(
                f"taskUUID {request.task_uuid} comes more than once in this request; only the first was done.",
                parameter="taskUUID",
                expected_type="string",
            )
            result.append(Rejected(error, request.task_type, str(request.task_uuid)))
        else:
            result.append(request)
        seen.add(request.task_uuid)
    return result

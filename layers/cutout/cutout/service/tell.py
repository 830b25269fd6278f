"""Telling those who wait for a task that went through the queue. At least once: who dies here is followed by another delivery."""

from collections.abc import Callable
from dataclasses import dataclass

from cutout.domain.tasks import TaskRecord
from cutout.service.outcomes import Completed, Rejected
from cutout.service.ports import Push, WebhookQueue


@dataclass(frozen=True, slots=True)
class Teller:
    """`frame` puts an outcome into the words of the API."""

    webhooks: WebhookQueue
    push: Push
    frame: Callable[[Completed | Rejected], bytes]

    def tell(self, record: TaskRecord, outcome: Completed | Rejected) -> None:
        """Raises ServiceUnavailable: somebody may not have been told."""
        if record.tell.webhook_url:
            self.webhooks.send(record.key, record.tell.webhook_url)
        if record.tell.session:
            self.push.push(record.tell.session, self.frame(outcome))

"""What the Webhooks queue holds: `{"account", "taskUUID", "url"}`."""

import json
from uuid import UUID

from cutout.domain.tasks import TaskKey
from cutout.service.webhooks import Delivery


def delivery_of(message: str) -> Delivery:
    """Raises:
    ValueError: it is something else.
    """
    try:
        fields = json.loads(message)
        return Delivery(TaskKey(_text(fields["account"]), UUID(_text(fields["taskUUID"]))), _text(fields["url"]))
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError("The message isn't a webhook delivery.") from error


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value

"""The function's entries. Each only translates: event -> typed tasks -> service -> response."""

from remove_background.drops import handle_batch, handle_upload
from remove_background.http import handle_http
from remove_background.queue import handle_queue

__all__ = ["handle_batch", "handle_http", "handle_queue", "handle_upload"]

"""The one door through which this product opens a URL that somebody else chose (docs/adr/0030)."""

from cutout.adapters.safe_http.client import SafeHttp

__all__ = ["SafeHttp"]

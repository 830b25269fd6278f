"""`python -m cutout.wire.openapi > openapi.json`, or `make openapi`."""

import json
import sys

from cutout.wire.openapi import document

sys.stdout.write(json.dumps(document(), indent=2, ensure_ascii=False) + "\n")

"""Runs one command."""

import os
import sys
import time

from cutout.admin.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ, now_ms=time.time_ns() // 1_000_000, out=sys.stdout, err=sys.stderr))

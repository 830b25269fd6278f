#!/usr/bin/env bash
# Builds the native module with AddressSanitizer and UndefinedBehaviorSanitizer, in a folder of its own, and runs its tests on it.
# Usage: tests/sanitize.sh [pytest arguments]; PYTHON= names the interpreter of the environment with the tests' packages.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-$root/.venv/bin/python}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r "$root/layers/cutout/." "$copy"
find "$copy" -name '*.so' -delete
rm -rf "$copy/build"

flags="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g"
(cd "$copy" && CFLAGS="$flags -O1" LDFLAGS="$flags" "$python" setup.py -q build_ext --inplace)

# Python itself isn't instrumented, so the runtime must be there first; what Python keeps until it ends is no leak of ours.
preload=$(${CC:-gcc} -print-file-name=libasan.so):$(${CC:-gcc} -print-file-name=libubsan.so)
tests=("$root"/tests/unit/imaging/test_native*.py "$root"/tests/unit/imaging/test_{matting,foreground,png,edges,resample,composite,decode,trimap}.py)
cd "$root"
PYTHONPATH="$copy" LD_PRELOAD="$preload" ASAN_OPTIONS=detect_leaks=0 "$python" -c \
    'import sys; from cutout.imaging import _native; sys.exit(not _native.__file__.startswith(sys.argv[1]))' "$copy"
PYTHONPATH="$copy" LD_PRELOAD="$preload" ASAN_OPTIONS=detect_leaks=0 "$python" -m pytest -q -p no:cacheprovider \
    -o filterwarnings= "${tests[@]}" "$@"

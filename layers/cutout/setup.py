"""The one part of the build that metadata can't say: the native module."""

from pathlib import Path

from setuptools import Extension, setup

NATIVE = "cutout/imaging/native"

setup(
    ext_modules=[
        Extension(
            "cutout.imaging._native",
            sources=sorted(str(source) for source in Path(NATIVE).glob("*.c")),
            depends=sorted(str(header) for header in Path(NATIVE).glob("*.h")),
            # One wheel for every CPython from 3.11 on, the first whose stable ABI has the buffer protocol.
            define_macros=[("Py_LIMITED_API", "0x030B0000")],
            py_limited_api=True,
            # No -march: kernels choose by the processor's flags at run time (native/levels.h).
            extra_compile_args=[
                "-std=gnu11",
                "-O3",
                "-fvisibility=hidden",
                "-fno-math-errno",
                "-Wall",
                "-Wextra",
                "-Wno-unused-parameter",
            ],
            extra_link_args=["-pthread"],
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)

"""Make the CMake files of the ROS wheels fit this machine; run by the virtual environment's own Python.

The wheels were built in a manylinux container and their exported CMake targets still name its folders. Running this
twice changes nothing the second time.
"""

import re
import sys
import sysconfig
from pathlib import Path

import numpy

BUILD_PREFIX = re.compile(r"/opt/python/cp3\d+-cp3\d+")


def replacements() -> list[tuple[str, str]]:
    """Return (pattern of a path in the wheels, path here); the longer of two overlapping paths comes first."""
    prefix = BUILD_PREFIX.pattern
    return [
        (rf"{prefix}/lib/python3\.\d+/site-packages/numpy/_?core/include", numpy.get_include()),
        (rf"{prefix}/include/python3\.\d+", sysconfig.get_paths()["include"]),
        (r"/usr/lib64/libtinyxml2\.so;|;?/usr/lib64/libtinyxml2\.so", ""),
    ]


def patched(text: str) -> str:
    """Return `text` of a CMake file with the build container's paths replaced.

    Raises:
        ValueError: a path of the build container is left that no replacement covers.
    """
    for there, here in replacements():
        text = re.sub(there, lambda _, here=here: here, text)
    if left := BUILD_PREFIX.search(text):
        raise ValueError(f"a path under {left[0]} is left")
    return text


def main() -> int:
    """Patch <prefix>/share/*/cmake/*.cmake of the running Python's prefix and print how many files changed."""
    changed = 0
    for path in sorted(Path(sys.prefix).glob("share/*/cmake/*.cmake")):
        before = path.read_text()
        try:
            after = patched(before)
        except ValueError as error:
            print(f"{path}: {error}", file=sys.stderr)
            return 1
        if after != before:
            path.write_text(after)
            changed += 1
    print(f"rewrote the build machine's paths in {changed} CMake files under {sys.prefix}/share")
    return 0


if __name__ == "__main__":
    sys.exit(main())

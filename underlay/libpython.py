"""Print the path of this interpreter's shared library (libpython3.11.so), for wheels.cmake."""

import sys
import sysconfig
from pathlib import Path


def candidates() -> list[Path]:
    """Return the places where CPython's build settings say that the shared library may lie, most specific first."""
    library_dir = Path(sysconfig.get_config_var("LIBDIR"))
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    names = [f"libpython{version}.so", f"libpython{version}.so.1.0"]
    return [folder / name for name in names for folder in (library_dir, library_dir / multiarch)]


def main() -> int:
    """Print the first candidate that exists; exit status 1 with a hint when there is none."""
    for path in candidates():
        if path.exists():
            print(path)
            return 0
    looked = ", ".join(map(str, candidates()))
    print(f"no shared libpython ({looked}); on Debian: apt-get install libpython3-dev", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

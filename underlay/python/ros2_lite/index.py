"""Packages, their folders and executables, by the ament index."""

import os
from pathlib import Path

from ament_index_python.packages import PackageNotFoundError, get_package_prefix, get_package_share_directory


class NotFound(LookupError):
    """A package, file or executable is not there; the text says where it was looked for."""


def find_package_prefix(package: str) -> str:
    """Return the installation prefix of a package.

    Raises:
        NotFound: no prefix of AMENT_PREFIX_PATH has it.
    """
    try:
        return get_package_prefix(package)
    except (PackageNotFoundError, ValueError, LookupError) as error:
        raise NotFound(_not_found(package)) from error


def find_package_share(package: str) -> str:
    """Return the share folder of a package.

    Raises:
        NotFound: no prefix of AMENT_PREFIX_PATH has it.
    """
    try:
        return get_package_share_directory(package)
    except (PackageNotFoundError, ValueError, LookupError) as error:
        raise NotFound(_not_found(package)) from error


def _not_found(package: str) -> str:
    searched = os.environ.get("AMENT_PREFIX_PATH", "")
    return f"package '{package}' not found, searching: [{searched.replace(':', ', ')}] (built? setup.bash sourced?)"


def executables(package: str) -> list[Path]:
    """Return the executables of a package, sorted.

    Raises:
        NotFound: there is no such package.
    """
    folder = Path(find_package_prefix(package)) / "lib" / package
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and os.access(path, os.X_OK)]


def find_in_share(package: str, name: str) -> Path:
    """Return the one file called `name` in a package's share folder.

    Raises:
        NotFound: the package has no such file, or more than one.
    """
    share = Path(find_package_share(package))
    found = sorted(path for path in share.rglob(name) if path.is_file())
    if not found:
        raise NotFound(
            f"file '{name}' was not found in the share directory of package '{package}' which is at '{share}'"
        )
    if len(found) > 1:
        paths = ", ".join(f"'{path}'" for path in found)
        raise NotFound(
            f"file '{name}' was found more than once in the share directory of package '{package}': [{paths}]"
        )
    return found[0]

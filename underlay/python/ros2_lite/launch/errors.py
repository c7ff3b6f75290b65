"""The one exception of this package."""


class LaunchError(Exception):
    """A launch file, or an argument to one, is wrong; the text names the file and line where that is known."""

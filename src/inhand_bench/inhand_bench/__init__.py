"""Benchmarks of the whole workspace, `inhand bench …`. Nothing imports this package; a robot installs without it."""

__all__: list[str] = []

"""Benchmarks of the whole workspace, `inhand bench …`. Nothing imports this package; a robot installs without it."""

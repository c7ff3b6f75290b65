"""`inhand fuzz`, `make fuzz`: mutated input for the parsers of devices' protocols, of bags and of files."""

from __future__ import annotations

import importlib

from inhand_core.fuzzing import Target, run

TARGETS: dict[str, str] = {
    "phasespace": "inhand_drivers.phasespace.fuzz_target:target",
    "phasespace-driver": "inhand_drivers.phasespace.fuzz_target:driver",
    "phasespace-requests": "inhand_drivers.phasespace.fuzz_target:requests",
    "hand-layout": "inhand_drivers.hand.fuzz_targets:layout",
    "hand-eeprom": "inhand_drivers.hand.fuzz_targets:eeprom",
    "ethercat-slave": "inhand_drivers.hand.fuzz_targets:slave",
    "bag": "inhand_data.fuzz_target:bag",
    "yaml": "inhand_data.fuzz_target:yaml_text",
    "json": "inhand_data.fuzz_target:json_text",
}
"""Parsers by name: "module:function" that returns a `Target`."""


def load_target(name: str) -> Target:
    """The target of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in TARGETS:
        raise ValueError(f"unknown parser {name!r}; known {sorted(TARGETS)}")
    module, _, function = TARGETS[name].partition(":")
    return getattr(importlib.import_module(module), function)()


def fuzz(parsers: tuple[str, ...] = (), count: int = 100_000, seed: int = 0) -> int:
    """Feed mutated input to the parsers of protocols, bags and files; a crash, or too high a cost, is an error.

    Args:
        parsers: which; none: all.
        count: inputs for each; fewer for those that take longer over one, such as bags.
        seed: of the mutations.
    """
    for name in parsers or TARGETS:
        target = load_target(name)
        result = run(target, max(count // target.slow, 1), seed)
        print(
            f"{name:19} {result.count} mutated inputs in {result.seconds:.1f} s: {result.accepted} accepted, "
            f"{result.refused} refused, none crashed it, the dearest {1e3 * result.dearest:.0f} ms",
            flush=True,
        )
    return 0

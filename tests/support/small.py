"""Documented commands in a size that takes seconds: as they stand in a document, with values that make them short."""

from __future__ import annotations

SMALL = {
    "inhand bench cameras": "--seconds 1 --repeats 1",
    "inhand bench control": "--seconds 0.2 --steps 1000 --busy 1",
    "inhand bench drivers": "--seconds 3 --devices phasespace",
    "inhand bench env": "--batch 16 --seconds 0.1 --repeats 1 --processes 1 --no-peer",
    "inhand bench graph": "--seconds 1 --loops 1",
    "inhand bench physics": "--device cpu --batch 8 --cpu-batch 8 --seconds 0.2 --repeats 1",
    "inhand bench policy": "--steps 50",
    "inhand bench record": "--seconds 1",
    "inhand bench render": "--renderers classic --crop 48 --processes 1 --seconds 0.1 --repeats 1 --no-training",
    "inhand bench sight": "--seconds 2",
    "inhand bench soak": "--minutes 0.5 --warm-up 0.2 --every-s 5 --arguments console:=false cameras:=off",
    "inhand bench training": "--batch 16 --seconds 2 --repeats 1 --ranks 1",
    "inhand bench vision": "--threads 1 --seconds 0.1",
    "inhand policy init": "--out random.safetensors",
    "inhand render sheet": "--out sheet.png --draws 1 --tile 48",
    "inhand doctor": "",
}
"""Beginnings of commands, and the arguments of the short form."""

"""Helpers of the tests: beside them, and makers of bags; one thread each, as tests run side by side."""

import sys
from pathlib import Path

import torch

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), *(str(HERE.parents[1] / name / "test") for name in ("inhand_data", "inhand_vision"))]
torch.set_num_threads(1)

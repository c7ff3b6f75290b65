"""Helpers of the tests: beside them, and the maker of bags."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "inhand_data" / "test")]

"""The maker of bags, for the tests of datasets."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "inhand_data" / "test"))

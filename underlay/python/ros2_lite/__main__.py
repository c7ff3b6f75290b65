"""`python3 -m ros2_lite` is `ros2`."""

import sys

from .cli import main

sys.exit(main())

from __future__ import annotations

import os

# The tests' networks are small: on more threads, torch spends its time on handing work out. Set before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

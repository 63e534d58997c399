"""Runs the zygote in an interpreter other than the embedded one: `pythonX.Y -I __main__.py FD`."""

import os
import sys

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from kdeps_worker import zygote  # noqa: E402  (the path above makes it importable)

sys.setrecursionlimit(5000)  # The codec in Python recurses for nested values.
zygote.serve(int(sys.argv[1]))

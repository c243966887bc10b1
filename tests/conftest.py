"""Hypothesis profiles: `dev` is quick, `ci` is fixed, `nightly` looks longer."""

import os

from hypothesis import settings

# Before NumPy comes: the workers of pytest-xdist share the cores, and threads would take them from
# each other. One test in tests/kernels/test_jit.py runs the kernels with two.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

# they import what they measure, or what builds the site: that may not be there
collect_ignore_glob = ["benchmarks/*", "site/extension.py"]

settings.register_profile("dev", max_examples=20, deadline=None)
settings.register_profile("ci", max_examples=40, deadline=None, derandomize=True)
settings.register_profile("nightly", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

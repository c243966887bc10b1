"""Hypothesis profiles: `dev` is quick, `ci` is fixed, `nightly` looks longer."""

import os

from hypothesis import settings

# Before NumPy comes: the workers of pytest-xdist share the cores, and BLAS's threads, which spin
# while they wait, would take them from each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

collect_ignore_glob = ["benchmarks/*"]  # they import what they measure, which may not be there

settings.register_profile("dev", max_examples=20, deadline=None)
settings.register_profile("ci", max_examples=40, deadline=None, derandomize=True)
settings.register_profile("nightly", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

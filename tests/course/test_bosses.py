"""A boss calls every function of its chapter: what a learner wrote is used, and not only named."""

import subprocess
import sys

import pytest

SHORT = {  # module of the chapter: what makes its training a few steps long
    "kernels": "package.STEPS = 10",
    "attention": "boss.TEXT_STEPS, boss.STEPS = 10, 10",
    "recurrence": "boss.STEPS = 5",
    "blocks": "duel.STEPS = 10",
    "architectures": "holes.STEPS, holes.DIRECTION_STEPS, vowels.STEPS = 10, 5, 5",
    "scaling": "boss.STEPS = 10",
}
COUNT = """
import functools, importlib, pkgutil
from tinyllm.course import library
from tinyllm.course.chapters import CHAPTERS

chapter = next(c for c in CHAPTERS if c.name == {name!r})
package = importlib.import_module(f"tinyllm.course.chapters.{name}")
for module in pkgutil.iter_modules(package.__path__):
    importlib.import_module(f"{{package.__name__}}.{{module.name}}")
    globals()[module.name] = getattr(package, module.name)
library.load_all()
never = set()


def counted(exercise, original):
    @functools.wraps(original)
    def function(*arguments, **options):
        never.discard(exercise)
        return original(*arguments, **options)
    return function


for exercise in chapter.exercises:
    never.add(exercise.name)
    original = library.plain(library.find(exercise.target))
    library.put(original, counted(exercise.name, original))
{short}
points = chapter.boss.run(lambda line: None)
curves = points.values() if isinstance(points, dict) else [points]
assert all(len(point) == 2 for curve in curves for point in curve)
print(*sorted(never))
"""


@pytest.mark.slow  # loads the whole library, and trains
@pytest.mark.parametrize("name", SHORT)
def test_a_boss_calls_all_that_its_chapter_taught(name):
    script = COUNT.format(name=name, short=SHORT[name])
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []

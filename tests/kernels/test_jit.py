"""When Numba is imported, when it compiles, what it says, and where the result is kept."""

import ast
import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tinyllm
from tests.discovery import modules
from tinyllm.kernels import jit

ROOT = Path(tinyllm.__file__).parents[1]

ONE_KERNEL = """
import numpy as np
from tinyllm.kernels import jit, softmax
x = np.zeros((2, 3), np.float32)
softmax.forward(x)
jit.on_compile.set(lambda name, seconds: print(name, seconds > 0))
softmax.backward(x, x)
"""


def python(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a fresh Python in the repository, without the settings of this one for Numba."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")}
    command, environment = [sys.executable, *arguments], {**plain, **variables}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def loops_by_module() -> dict[str, list[jit.Loop]]:
    """{"softmax": its loops, ...}."""
    return {
        module.__name__.rpartition(".")[2]: [
            value
            for value in vars(module).values()
            if isinstance(value, jit.Loop) and value.function.__module__ == module.__name__
        ]
        for module in modules("tinyllm.kernels")
    }


# -------------------------------------------------------------------- when Numba comes
@pytest.mark.parametrize("module", ["tinyllm", "tinyllm.ops", "tinyllm.nn", "tinyllm.models"])
def test_an_import_does_not_import_numba(module):
    done = python("-c", f"import sys, {module}; sys.exit('numba' in sys.modules)")
    assert done.returncode == 0, done.stderr


def test_the_definitions_run_without_numba():
    code = """
import sys, tinyllm
with tinyllm.backend("numpy"):
    tinyllm.ops.softmax(tinyllm.Tensor([1.0, 2.0], requires_grad=True)).sum().backward()
sys.exit("numba" in sys.modules)
"""
    done = python("-c", code)
    assert done.returncode == 0, done.stderr


# -------------------------------------------------------------------- what is said, what is kept
@pytest.mark.slow
def test_a_compilation_is_told_once_and_then_kept(tmp_path):
    first = python("-c", ONE_KERNEL, XDG_CACHE_HOME=str(tmp_path))
    assert first.stderr.startswith("tinyllm: compiled softmax.forward in ")
    assert first.stderr.count("\n") == 1
    assert first.stdout == "softmax.backward True\n"
    second = python("-c", ONE_KERNEL, XDG_CACHE_HOME=str(tmp_path))
    assert (second.returncode, second.stderr, second.stdout) == (0, "", "")
    assert [p.name for p in (tmp_path / "tinyllm").iterdir()] == [jit.cache_folder().name]


@pytest.mark.parametrize("name", jit.SHARED)
def test_an_edit_of_what_loops_share_changes_the_cache_folder(name, tmp_path, monkeypatch):
    for shared in jit.SHARED:
        shutil.copy(Path(jit.__file__).with_name(f"{shared}.py"), tmp_path)
    monkeypatch.setattr(jit, "__file__", str(tmp_path / "jit.py"))
    before = jit.cache_folder()
    with (tmp_path / f"{name}.py").open("a") as file:
        file.write("\n")
    assert jit.cache_folder() != before
    assert jit.cache_folder().parent == before.parent


@pytest.mark.parametrize(("name", "loops"), [(n, v) for n, v in loops_by_module().items() if v])
def test_loops_take_helpers_and_constants_from_their_own_file_or_a_shared_one(name, loops):
    """Numba's cache notices a change of the loop's own file only."""
    tree = ast.parse(inspect.getsource(inspect.getmodule(loops[0].function)))
    home = {
        alias.asname or alias.name: node.module.rpartition(".")[2]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tinyllm.")
        for alias in node.names
    }
    borrowed = {home[n] for loop in loops for n in loop.function.__code__.co_names if n in home}
    assert borrowed <= {*jit.SHARED}, f"add to SHARED in tinyllm/kernels/jit.py, for {name}"


# -------------------------------------------------------------------- without the compiler
AGREE = ["tests/kernels/test_kernels.py", "-k", "agree", "-n0", "-q", "-p", "no:cacheprovider"]


@pytest.mark.slow
def test_loops_are_plain_python_where_numba_is_switched_off():
    """A debugger can step into them, coverage can count them; the numbers are the same."""
    done = python("-m", "pytest", *AGREE, NUMBA_DISABLE_JIT="1")
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_loops_agree_with_the_definition_when_two_threads_share_them():
    done = python("-m", "pytest", *AGREE, NUMBA_NUM_THREADS="2")
    assert done.returncode == 0, done.stdout

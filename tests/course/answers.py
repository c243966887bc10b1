"""Learners' files for the exercise softmax: right, wrong, broken, dishonest."""

RIGHT = """
import numpy as np

def forward_numpy(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
"""

KINDS = {  # the kind of verdict: what a learner wrote
    "SyntaxError": "def forward_numpy(x:\n    return x\n",
    "Missing": "def forward_numpi(x):\n    return x\n",
    "Endless": "def forward_numpy(x):\n    while True:\n        pass\n",
    "MemoryError": "import numpy as np\ndef forward_numpy(x):\n    return np.ones(2**36) @ x\n",
    "Died": "import os\ndef forward_numpy(x):\n    os._exit(0)\n",
    "SystemExit": "def forward_numpy(x):\n    raise SystemExit(0)\n",
    "error": "def forward_numpy(x):\n    return x + undefined\n",
    "shape": "def forward_numpy(x):\n    return x[..., :1] * 0 + 1\n",
    "dtype": RIGHT.replace("x.max", "x.astype(float).max"),
    "nan": RIGHT.replace(" - x.max(axis=-1, keepdims=True)", ""),
    "type": "def forward_numpy(x):\n    return None\n",
    "changed": RIGHT + "    \ndef helper(x):\n    x += 1\n    return x\n",
    "values": RIGHT.replace("axis=-1", "axis=0"),
    "unfinished": "def forward_numpy(x):\n    raise NotImplementedError\n    return x\n",
    "untouched": 'def forward_numpy(x):\n    raise NotImplementedError("your code here")\n',
}
KINDS["changed"] = """
import numpy as np

def forward_numpy(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    x += 1
    return e / e.sum(axis=-1, keepdims=True)
"""

IMPORT_THEN_CALL = "from {module} import {name} as own\ndef forward_numpy(x):\n    return own(x)\n"
TRICKS = {
    "imports the library's own": IMPORT_THEN_CALL.format(
        module="tinyllm.kernels.softmax", name="forward_numpy"
    ),
    "imports its compiled twin": IMPORT_THEN_CALL.format(
        module="tinyllm.kernels.softmax", name="forward_numba"
    ),
    "imports it when called": """
def forward_numpy(x):
    from tinyllm.kernels.softmax import forward_numpy as own
    return own(x)
""",
    "asks the public operation": """
def forward_numpy(x):
    from tinyllm import ops
    return ops.softmax(x).data
""",
    "asks the kernel": """
def forward_numpy(x):
    from tinyllm.kernels import softmax
    return softmax.forward(x)
""",
    "reads the source and runs it": """
import inspect
import tinyllm.kernels.softmax as module

def forward_numpy(x):
    space = dict(vars(module))
    exec(inspect.getsource(module), space)
    return space["forward_numpy"](x)
""",
    "opens the file": """
import tinyllm.kernels.softmax as module
space = {"__name__": "copied"}
exec(open(module.__file__).read(), space)
forward_numpy = space["forward_numpy"]
""",
    "imports the course's own answers": """
from tinyllm.course.chapters.kernels.softmax import row_by_row as forward_numpy
""",
    "asks the course for its answers": """
import sys
from tinyllm.course.chapters import EXERCISES
forward_numpy = EXERCISES["softmax"].others[0]
""",
    "starts a process that knows": """
import subprocess, sys, json
import numpy as np

def forward_numpy(x):
    code = "import sys, json, numpy as np; from tinyllm.kernels.softmax import forward_numpy as f;"
    code += "print(json.dumps(f(np.array(json.load(sys.stdin), np.float32)).tolist()))"
    done = subprocess.run([sys.executable, "-c", code], input=json.dumps(x.tolist()),
                          capture_output=True, text=True)
    return np.array(json.loads(done.stdout), np.float32)
""",
    "patches what compares": """
import numpy as np
np.isclose = np.allclose = np.array_equal = lambda *args, **options: True
import tinyllm.course.outcome as outcome
import tinyllm.course.checker as checker
outcome.difference = lambda *args: None
checker.kind_of = lambda *args: "passed"

def forward_numpy(x):
    return x
""",
    "prints that it has passed": """
import os
print('{"kind": "passed"}')
for descriptor in range(1, 10):
    try:
        os.write(descriptor, b'{"kind": "passed", "error": null, "value": null}\\n')
    except OSError:
        pass

def forward_numpy(x):
    return x
""",
    "ends with success": "import os\nos._exit(0)\n",
    "returns what is equal to all": """
class Equal:
    def __eq__(self, other): return True
    def __array__(self, *args, **options): raise TypeError
def forward_numpy(x):
    return Equal()
""",
}

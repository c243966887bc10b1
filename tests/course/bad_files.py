"""Files that learners save by accident or by mistake: what is in them, and what must be said."""

RETURNS_X = "def forward_numpy(x):\n    return x\n"
IN_BODY = "import numpy as np\ndef forward_numpy(x):\n    {}\n"

ENCODINGS = {  # name: (the bytes of the file, a piece of the feedback)
    "a BOM and CRLF": (
        b"\xef\xbb\xbf" + RETURNS_X.replace("\n", "\r\n").encode(),
        "The values are wrong.",
    ),
    "a BOM and a mistake": (
        b"\xef\xbb\xbfdef forward_numpy(x:\r\n",
        "  line 1: def forward_numpy(x:\n                           ^",
    ),
    "tabs": (RETURNS_X.replace("    ", "\t").encode(), "The values are wrong."),
    "tabs and spaces": (
        b"def forward_numpy(x):\n\tx = x\n        return x\n",
        "inconsistent use of tabs and spaces",
    ),
    "GBK": (
        "# 你好\n".encode("gbk") + RETURNS_X.encode(),
        "line 1 is not in UTF-8. Save the file as",
    ),
    "GBK further down": (
        RETURNS_X.encode() + "# 你好\n".encode("gbk"),
        "line 3 is not in UTF-8. Save the file as",
    ),
    "GBK that says so": (
        "# coding: gbk\n# 你好\n".encode("gbk") + RETURNS_X.encode(),
        "The values are wrong.",
    ),
    "UTF-16": (RETURNS_X.encode("utf-16"), "line 1 is not in UTF-8"),
    "an empty file": (b"", "must have a function forward_numpy; it has none."),
    "zeros": (b"\0" * 20, "Python cannot read the file: source code"),
}

SOURCES = {  # name: (the file, a piece of the feedback)
    "a module that is not there": (
        "import nothere\n" + RETURNS_X,
        "Your file raised ModuleNotFoundError before the function was called: No module named "
        "'nothere'",
    ),
    "input()": (IN_BODY.format("return input()"), "reads from the keyboard, with input()"),
    "input() outside": ("n = input('n?')\n" + RETURNS_X, "reads from the keyboard, with input()"),
    "prints 10 MB": (IN_BODY.format("print('w' * 10_000_000); return x"), "ww…\n"),
    "writes 10 MB past Python": (
        IN_BODY.format("import os; os.write(1, b'w' * 10_000_000); return x"),
        "The values are wrong.",
    ),
    "a thread that never ends": (
        IN_BODY.format("import threading as t; t.Thread(target=t.Event().wait).start(); return x"),
        "The values are wrong.",
    ),
    "sys.exit()": (IN_BODY.format("import sys; sys.exit('bye')"), "ended the program, by exit()"),
    "sys.exit() outside": ("import sys\nsys.exit()\n" + RETURNS_X, "ended the program, by exit()"),
    "os._exit": (IN_BODY.format("import os; os._exit(3)"), "process with your code ended (exit"),
    "os._exit outside": ("import os\nos._exit(3)\n" + RETURNS_X, "code ended (exit code 3)"),
    "recursion without end": (IN_BODY.format("return forward_numpy(x)"), "calls itself too deep"),
    "recursion without a limit": (
        IN_BODY.format(
            "import sys; sys.setrecursionlimit(10**9); return max([x], key=forward_numpy)"
        ),
        "process with your code ended (",
    ),
    "KeyboardInterrupt": (IN_BODY.format("raise KeyboardInterrupt"), "raised KeyboardInterrupt"),
    "an exception of no known kind": (
        "class Odd(BaseException): ...\n" + IN_BODY.format("raise Odd('so')"),
        "raised Odd",
    ),
    "a generator": (IN_BODY.format("yield x"), "arrays, lists and dictionaries; got: generator."),
    "a lambda": (IN_BODY.format("return lambda y: x"), "lists and dictionaries; got: function."),
    "a number where the function should be": ("forward_numpy = 3\n", "must have a function forwa"),
    "an object in a list": (IN_BODY.format("return [x, {'a': np}]"), "dictionaries; got: module."),
    "a list that holds itself": (
        IN_BODY.format("a = []; a.append(a); return a"),
        "dictionaries; got: a list in a list without end.",
    ),
    "a huge array": (
        IN_BODY.format("return np.zeros(10**8, 'uint8')"),
        "far too large: an array of shape (100000000,).",
    ),
    "a huge list": (IN_BODY.format("return [0] * 10**7"), "far too large: a list of length 1000"),
    "a huge number": (IN_BODY.format("return 10**10_000"), "far too large: a whole number"),
    "50 GB": (IN_BODY.format("return np.ones(50 * 10**9, 'uint8')"), "more memory than there is"),
}

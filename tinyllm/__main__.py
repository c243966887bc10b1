"""`python -m tinyllm`: the same as the command `tinyllm`."""

import sys

from tinyllm.cli.main import main

if __name__ == "__main__":  # a process that this one starts reads the file, too
    sys.exit(main())

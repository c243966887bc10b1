"""`python -m tinyllm`: the same as the command `tinyllm`."""

import sys

from tinyllm.cli.main import main

sys.exit(main())

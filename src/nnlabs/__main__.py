"""`python -m nnlabs` is the `nnlabs` command."""

import sys

from nnlabs.cli import main

sys.exit(main())

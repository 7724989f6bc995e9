"""`python -m disgen`."""

import sys

from disgen.cli import main

sys.exit(main())

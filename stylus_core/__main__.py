"""`python -m stylus_core` is `stylus`."""

import sys

from stylus_core.cli import main

sys.exit(main())

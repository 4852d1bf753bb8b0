"""`python -m stylus_core` is `stylus`, with all commands in a checkout that is not installed too."""

import sys

from stylus_core.cli import main

sys.exit(main())

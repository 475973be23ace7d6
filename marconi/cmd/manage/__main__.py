"""python -m marconi.cmd.manage: the same as marconi-manage."""

import sys

from marconi.cmd import manage

sys.exit(manage.main())

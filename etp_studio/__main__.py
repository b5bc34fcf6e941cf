"""`python -m etp_studio` opens the studio, as the command `etp-studio` does."""

import sys

from etp_studio.app import main

if __name__ == "__main__":
    sys.exit(main())

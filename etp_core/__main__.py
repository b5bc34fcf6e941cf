"""`python -m etp_core` is the command `etp`."""

from etp_core.cli import main

if __name__ == "__main__":
    main()

"""Run the command line with ``python -m kamrules``."""

from kamrules.cli import main

main()

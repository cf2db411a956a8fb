"""Run the command line with ``python -m kamrules``."""

from kamrules.cli.main import main

main()

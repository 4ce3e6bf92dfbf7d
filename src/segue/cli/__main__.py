"""``python -m segue.cli``."""

from . import main

main()

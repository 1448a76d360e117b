"""``python -m trellis.router``: the same as ``trellis``."""

from trellis.router.commands.cli import main

if __name__ == "__main__":
    main()

"""``python -m router``: the same as ``trellis``."""

from router.cli import main

if __name__ == "__main__":
    main()

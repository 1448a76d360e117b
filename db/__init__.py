"""How subgraphs keep their data: engines, units of work, the outbox, the bus, migrations."""

if __name__ != "trellis.db":  # a second copy of every module, with classes of its own
    raise ImportError(f"{__name__} is imported as trellis.db")

"""How subgraphs keep their data: engines, units of work, the outbox, the bus, migrations."""

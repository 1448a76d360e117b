"""Query planning: a normalized operation and the supergraph's tables in, a query plan out. No I/O.

``graph.read_supergraph`` reads a supergraph into ``tables.FederatedGraph``; ``planner.Planner``
plans operations against it; ``plan.QueryPlan`` is what the executor runs.

How a plan is made: ``search`` decides which subgraph resolves each field (``object_sources`` and
``abstract`` list the options, ``view`` answers questions about the graph), ``emit`` turns the
decisions into fetches (``fetches``), ``batch`` orders and batches these into steps, and ``output``
shapes the client's response.
"""

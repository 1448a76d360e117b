"""From a normalized operation and the supergraph's tables to a query plan; no I/O.

``load.read_supergraph`` reads a supergraph into ``graph.FederatedGraph``; ``plan.QueryPlan`` is
what the executor runs.
"""

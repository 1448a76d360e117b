"""From a normalized operation and the supergraph's tables to a query plan; no I/O.

``graph.read_supergraph`` reads a supergraph into ``tables.FederatedGraph``; ``planner.Planner``
plans operations against it; ``plan.QueryPlan`` is what the executor runs.

How a plan comes about: ``choose`` decides where each field is asked (``place`` and ``abstract``
know the ways, ``view`` the graph behind them), ``emit`` turns the decisions into fetches
(``fetches``), ``batch`` orders and joins these into steps, ``output`` shapes the client's answer.
"""

"""The one name that Trellis takes in an environment: ``trellis.router``, ``trellis.schema``,
``trellis.db`` and ``trellis.subgraphs``.

In a checkout they are links to the folders at the top of the repository; a wheel holds the folders
themselves (docs/decisions/0041).
"""

"""Definitions shared by the router and the subgraphs; imports no other part of Trellis."""

if __name__ != "trellis.schema":  # a second copy of every module, with classes of its own
    raise ImportError(f"{__name__} is imported as trellis.schema")

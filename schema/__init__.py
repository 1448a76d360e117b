"""The words that the router and the subgraphs share; imports nothing else of ours."""

if __name__ != "trellis.schema":  # a second copy of every module, with classes of its own
    raise ImportError(f"{__name__} is imported as trellis.schema")

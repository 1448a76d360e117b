"""One folder per bounded context; folders never import one another."""

if __name__ != "trellis.subgraphs":  # a second copy of every module, with classes of its own
    raise ImportError(f"{__name__} is imported as trellis.subgraphs")

"""Apollo Federation composition: subgraph SDLs in, supergraph SDL out."""

from trellis.router.composition.contracts import contract

__all__ = ["contract"]

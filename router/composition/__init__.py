"""Subgraph SDLs in, supergraph SDL out: Apollo Federation composition."""

from trellis.router.composition.contracts import contract

__all__ = ["contract"]

"""The security directives of a supergraph: what they require, and where."""

"""What the security directives of a supergraph demand, and where."""

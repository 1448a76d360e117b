"""Mutation testing: small faults are put into the code one by one, and some test has to notice."""

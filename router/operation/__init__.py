"""Everything done to an operation before authorization and planning: pure, synchronous, cached."""

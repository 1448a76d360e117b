"""Rate limits: how many operations a caller may send in a time window."""

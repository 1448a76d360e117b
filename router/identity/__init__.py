"""Authentication: verifies credentials and turns them into an identity."""

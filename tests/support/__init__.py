"""Builders, throw-away servers, and fakes that fill a Protocol."""

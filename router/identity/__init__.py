"""Who asks: credentials become an identity, or are refused."""

"""Sign-in by identity providers of others (OpenID Connect)."""

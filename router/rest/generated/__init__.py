"""REST routes that are generated from fields with ``@rest``."""

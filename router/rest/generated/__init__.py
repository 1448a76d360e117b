"""REST routes of fields that carry ``@rest``: written from the schema as if somebody had."""

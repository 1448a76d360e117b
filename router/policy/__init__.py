"""Who may do what: authentication of callers and authorization of operations."""

"""What can be done with hours: one function per use case, each inside one transaction."""

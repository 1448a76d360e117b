"""What can be done with accounts: one function per use case, each inside one transaction."""

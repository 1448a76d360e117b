"""What can be done with payments: one function per use case, each inside one transaction."""

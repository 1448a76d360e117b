"""What can be done with notifications: one function per use case, each inside one transaction."""

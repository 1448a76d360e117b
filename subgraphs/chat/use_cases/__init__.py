"""What can be done with chat: one function per use case, each inside one transaction."""

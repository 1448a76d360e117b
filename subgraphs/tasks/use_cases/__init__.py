"""What can be done with tasks: one function per use case, each inside one transaction."""

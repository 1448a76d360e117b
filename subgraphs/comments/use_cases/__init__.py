"""What can be done with comments: one function per use case, each inside one transaction."""

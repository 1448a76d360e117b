"""What can be done with courses: one function per use case, each inside one transaction."""

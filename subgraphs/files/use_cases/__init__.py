"""What can be done with files: one function per use case, each inside one transaction; an upload
takes two, with the bytes between them."""

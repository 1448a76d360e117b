"""Projects: who works on what, by when."""

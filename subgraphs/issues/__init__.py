"""Issues: what is to be done in a project, and how far it is."""

"""Tasks: what people do in a project, and what they have to do for themselves."""

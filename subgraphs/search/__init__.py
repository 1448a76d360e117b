"""One search over issues, projects, people and the tasks of projects, as far as the caller sees."""

"""Comments on projects, tasks, issues, files and milestones, with mentions and reactions."""

"""What can be done with reports: ask for one, cancel it, generate it, remove old ones."""

"""What can be done with executions: ask for one, cancel it, run it, remove old ones."""

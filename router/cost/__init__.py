"""What an operation costs: estimated before it runs, counted in its answer."""

"""What can be done with orders and products."""

"""Products with their prices and stock, and the orders of them."""

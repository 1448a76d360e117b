"""HTTP: one ASGI middleware or endpoint per file; ``router/app.py`` stacks them."""

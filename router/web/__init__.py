"""HTTP: one ASGI middleware or endpoint per file; ``router/serving/application.py`` stacks them."""

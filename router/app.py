"""``trellis.router.app:create_app``: the name under which a server finds the application."""

from trellis.router.serving.application import create_app

__all__ = ["create_app"]

"""``trellis.router.app:create_app``, the application factory for ASGI servers."""

from trellis.router.serving.application import create_app

__all__ = ["create_app"]

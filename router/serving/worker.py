"""What each process of ``trellis serve --workers N`` runs."""

from starlette.types import ASGIApp

from trellis.router.config import export_to_subgraphs, load_config
from trellis.router.serving.application import build_app
from trellis.router.serving.logs import configure_logs
from trellis.router.serving.memory import give_back_large_blocks


def make_app() -> ASGIApp:
    """The application as the environment configures it; the parent has checked that it can be."""
    config = load_config()
    give_back_large_blocks()
    configure_logs(config.log_level, for_people=config.is_development, settings=config.logs)
    export_to_subgraphs(config)
    return build_app(config)

"""A router in a process of its own that only counts: ``python -m tests.support.counting_router``.

Its settings come from the environment; ``PORT`` is where it listens.
"""

import os

import uvicorn

from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph
from trellis.router.serving.application import create_app

SUPERGRAPH = compose([Subgraph("a", "http://a.test", "type Query { hello: Int }")]).supergraph_sdl


def main() -> None:
    app = create_app(SUPERGRAPH, [{"name": "a", "url": "http://127.0.0.1:9/graphql"}])
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")


if __name__ == "__main__":
    main()

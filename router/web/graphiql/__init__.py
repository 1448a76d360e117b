"""The explorer in the browser: GraphiQL with sign-in and query plans, built into ``static/``."""

from trellis.router.web.graphiql.content import (
    DemoAccount,
    ExplorerContent,
    SignIn,
    StartingOperation,
    load_content,
)
from trellis.router.web.graphiql.serve import GraphiQL

__all__ = [
    "DemoAccount",
    "ExplorerContent",
    "GraphiQL",
    "SignIn",
    "StartingOperation",
    "load_content",
]

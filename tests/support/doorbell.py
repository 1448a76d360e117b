"""A subgraph with web routes: it says what came to them."""

import orjson
import strawberry

from trellis.schema.errors import Forbidden, NotFound
from trellis.schema.federation import TrellisSchema
from trellis.schema.subgraph import Subgraph
from trellis.schema.web_routes import WebRequest, WebResponse


@strawberry.type
class Query:
    hello: str = "world"


async def answer_web(request: WebRequest) -> WebResponse:
    match request.path:
        case "echo":
            received = {
                "method": request.method,
                "query": request.query,
                "cookies": request.cookies,
                "headers": sorted(request.headers),
                "body": request.body.hex(),
                "requestId": request.request_id,
                "client": request.client_address,
            }
            headers = [("content-type", "application/json"), ("Content-Length", "7")]
            return WebResponse(201, headers, orjson.dumps(received))
        case "away":
            return WebResponse.redirect(
                "https://elsewhere.example/", ("set-cookie", "a=1"), ("set-cookie", "b=2")
            )
        case "sent-back":
            return WebResponse.redirect("https://elsewhere.example/#no", is_refusal=True)
        case "closed":
            raise Forbidden("The door is closed.")
        case "broken":
            raise RuntimeError("the password is swordfish")
        case _:
            raise NotFound("Nobody lives here.")


subgraph = Subgraph(
    name="doorbell",
    schema=TrellisSchema(query=Query),
    make_context=lambda context: context,
    answer_web=answer_web,
)

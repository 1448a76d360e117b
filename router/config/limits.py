"""Limits on requests, operations and connections."""

from pydantic import Field

from trellis.router.config.section import Section


class Limits(Section):
    """Limits of requests and connections, checked as early as possible."""

    body_bytes: int = Field(
        default=2_000_000, gt=0, description="size of a request body, compressed and decompressed"
    )
    upload_bytes: int = Field(
        default=50_000_000,
        gt=0,
        description="size of the files in a multipart request, together; its other parts count as "
        "`body_bytes`",
    )
    anonymous_uploads: bool = Field(
        default=False,
        description="whether callers who are not signed in may send files to GraphQL; REST routes "
        "say so themselves",
    )
    upload_files: int = Field(default=10, ge=0, description="files in a multipart request")
    parts: int = Field(default=50, gt=0, description="parts of a multipart request, files included")
    headers: int = Field(default=100, gt=0, description="number of request headers")
    header_bytes: int = Field(default=65_536, gt=0, description="total size of the request headers")
    url_bytes: int = Field(default=8_192, gt=0, description="length of path and query string")
    json_depth: int = Field(default=64, gt=0, description="nesting depth of a JSON body")
    batch: int = Field(
        default=0, ge=0, description="operations in a batch (a JSON array); 0 disables batches"
    )
    document_characters: int = Field(
        default=100_000, gt=0, description="length of a GraphQL document"
    )
    tokens: int = Field(default=5_000, gt=0, description="tokens of a GraphQL document")
    nesting: int = Field(default=200, gt=0, description="nesting depth of brackets in a document")
    depth: int = Field(default=15, gt=0, description="nesting depth of fields, fragments expanded")
    height: int = Field(default=200, gt=0, description="number of fields, fragments expanded")
    aliases: int = Field(default=30, ge=0, description="aliased fields, fragments expanded")
    root_fields: int = Field(
        default=20, gt=0, description="fields of the root type, fragments expanded"
    )
    directives: int = Field(default=50, ge=0, description="directives, fragments expanded")
    definitions: int = Field(default=50, gt=0, description="operations and fragments of a document")
    variables: int = Field(default=200, ge=0, description="number of variables of an operation")
    variable_values: int = Field(
        default=20_000,
        gt=0,
        description="number of list items and object members in the variables of an operation",
    )
    selections: int = Field(default=10_000, gt=0, description="selections, fragments expanded")
    request_seconds: float = Field(default=30, gt=0, description="total time for one request")
    subgraph_seconds: float = Field(
        default=5, gt=0, description="timeout of one call to a subgraph"
    )
    body_idle_seconds: float = Field(
        default=15, gt=0, description="timeout for the next part of a body"
    )
    response_bytes: int = Field(
        default=10_000_000, gt=0, description="size of a response of a subgraph"
    )
    connections: int = Field(default=1_000, gt=0, description="client connections of one worker")
    connections_per_address: int = Field(
        default=250,
        gt=0,
        description="of these, connections from one address (IPv6: from one network of 64 bits); "
        "behind a trusted proxy, concurrent requests of one client: docs/connections.md",
    )
    head_seconds: float = Field(
        default=10, gt=0, description="time to receive the head of a request, otherwise 408"
    )
    receive_seconds: float = Field(
        default=30, gt=0, description="time to receive head and body of a request, otherwise 408"
    )
    idle_seconds: float = Field(
        default=75, gt=0, description="keep-alive time between two requests on one connection"
    )
    send_seconds: float = Field(
        default=10,
        gt=0,
        description="time in which a client must read 256 KB of a pending response, or the rest of "
        "it",
    )
    unsent_bytes: int = Field(
        default=256_000_000,
        gt=0,
        description="bytes of responses that the clients of a worker have not read yet; above "
        "this, the clients with the most unread bytes are disconnected",
    )
    operations_per_caller: int = Field(
        default=100,
        gt=0,
        description="concurrent operations of one API key, user or address on one worker, not "
        "counting subscriptions, otherwise 429",
    )
    subgraph_connections: int = Field(
        default=100, gt=0, description="number of connections to one subgraph"
    )


class StreamLimits(Section):
    """Limits of long-lived connections: WebSockets and streams of server-sent events."""

    init_seconds: float = Field(
        default=10, gt=0, description="timeout for `connection_init`, otherwise 4408"
    )
    frame_bytes: int = Field(default=1_000_000, gt=0, description="size of a message from a client")
    operations: int = Field(default=100, gt=0, description="concurrent operations on one socket")
    queue: int = Field(default=128, gt=0, description="number of messages queued for a slow client")
    queue_bytes: int = Field(
        default=16_000_000, gt=0, description="bytes of messages queued for a slow client"
    )
    backlog_bytes: int = Field(
        default=64_000_000,
        gt=0,
        description="bytes of messages queued for all clients of a worker; above this, clients "
        "that do not read are disconnected (1013) immediately",
    )
    slow_seconds: float = Field(
        default=5, gt=0, description="how long a queue may stay full, otherwise 1013"
    )
    ping_seconds: float = Field(default=20, gt=0, description="interval between pings")
    recheck_seconds: float = Field(
        default=2,
        gt=0,
        description="interval between checks of the caller's rights, in addition to those at every "
        "event",
    )

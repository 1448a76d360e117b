"""What clients may ask for."""

from pydantic import Field

from trellis.router.config.section import Section


class Limits(Section):
    """What one client may ask for. A request over a limit is refused before it costs anything."""

    body_bytes: int = Field(default=2_000_000, gt=0, description="request body, also when unpacked")
    headers: int = Field(default=100, gt=0, description="number of request headers")
    header_bytes: int = Field(default=65_536, gt=0, description="all request headers together")
    url_bytes: int = Field(default=8_192, gt=0, description="path and query string")
    json_depth: int = Field(default=64, gt=0, description="nesting of a JSON body")
    batch: int = Field(
        default=0, ge=0, description="operations in one request as an array; 0: none"
    )
    document_characters: int = Field(
        default=100_000, gt=0, description="length of a GraphQL document"
    )
    tokens: int = Field(default=5_000, gt=0, description="tokens of a GraphQL document")
    nesting: int = Field(default=200, gt=0, description="brackets within brackets of a document")
    depth: int = Field(default=15, gt=0, description="nesting of fields, fragments expanded")
    height: int = Field(default=200, gt=0, description="number of fields, fragments expanded")
    aliases: int = Field(default=30, ge=0, description="aliased fields, fragments expanded")
    root_fields: int = Field(
        default=20, gt=0, description="fields of the root type, fragments expanded"
    )
    directives: int = Field(default=50, ge=0, description="directives, fragments expanded")
    definitions: int = Field(default=50, gt=0, description="operations and fragments of a document")
    variables: int = Field(default=200, ge=0, description="variables of an operation")
    variable_values: int = Field(
        default=20_000, gt=0, description="list items and members in an operation's variables"
    )
    selections: int = Field(default=10_000, gt=0, description="selections, fragments expanded")
    request_seconds: float = Field(default=30, gt=0, description="a request's whole time")
    subgraph_seconds: float = Field(default=5, gt=0, description="one call to a subgraph")
    body_idle_seconds: float = Field(
        default=15, gt=0, description="wait for the next part of a body"
    )
    response_bytes: int = Field(default=10_000_000, gt=0, description="answer of one subgraph")
    connections: int = Field(default=1_000, gt=0, description="client connections of one worker")
    connections_per_address: int = Field(
        default=250,
        gt=0,
        description="of these, those of one address (IPv6: of one network of 64 bits); behind a "
        "trusted proxy, what a client runs at a time: docs/connections.md",
    )
    head_seconds: float = Field(
        default=10, gt=0, description="for a request's head to arrive; then 408"
    )
    receive_seconds: float = Field(
        default=30, gt=0, description="for a request's head and body together; then 408"
    )
    idle_seconds: float = Field(
        default=75, gt=0, description="between two requests on one connection"
    )
    send_seconds: float = Field(
        default=10,
        gt=0,
        description="in which a client must take 256 KB of an answer that waits for it, or all",
    )
    unsent_bytes: int = Field(
        default=256_000_000,
        gt=0,
        description="of answers that all clients of a worker have not taken yet; above it, those "
        "who leave most are cut off",
    )
    operations_per_caller: int = Field(
        default=100,
        gt=0,
        description="operations of one API key, user or address that run at a time on one worker, "
        "without subscriptions; else 429",
    )
    subgraph_connections: int = Field(default=100, gt=0, description="connections to one subgraph")


class StreamLimits(Section):
    """Limits of one connection that stays open: a WebSocket, or a stream of server-sent events."""

    init_seconds: float = Field(
        default=10, gt=0, description="wait for `connection_init`; else 4408"
    )
    frame_bytes: int = Field(default=1_000_000, gt=0, description="one message of a client")
    operations: int = Field(default=100, gt=0, description="operations in flight on one socket")
    queue: int = Field(default=128, gt=0, description="messages waiting for a slow client")
    queue_bytes: int = Field(
        default=16_000_000, gt=0, description="bytes of messages waiting for a slow client"
    )
    backlog_bytes: int = Field(
        default=64_000_000,
        gt=0,
        description="bytes of messages waiting for all clients of a worker; above it, those who "
        "have not read are cut off (1013) at once",
    )
    slow_seconds: float = Field(
        default=5, gt=0, description="how long the queue may stay full; then 1013"
    )
    ping_seconds: float = Field(default=20, gt=0, description="time between two pings")
    recheck_seconds: float = Field(
        default=2,
        gt=0,
        description="time between two looks at the caller's rights, beside those at every event",
    )

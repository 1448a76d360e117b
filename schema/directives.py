"""The schema directives of Trellis; those of federation come from Strawberry.

Subgraphs put them on fields; ``@composeDirective`` carries them into the supergraph, where the
router reads them. Strawberry writes the ``@link`` and ``@composeDirective`` by itself.
"""

from strawberry import UNSET
from strawberry.federation.schema_directive import schema_directive
from strawberry.schema_directive import Location

TRELLIS_SPEC = "https://specs.trellis.dev/trellis/v0.1"
REST_SPEC = "https://specs.trellis.dev/rest/v0.1"
LIVE_SPEC = "https://specs.trellis.dev/live/v0.1"
CONSTRAINT_SPEC = "https://specs.trellis.dev/constraint/v0.1"
"""Of their own: composition wants the directives of one specification from the same subgraphs."""


@schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="rateLimit",
    repeatable=True,
    compose=True,
    import_url=TRELLIS_SPEC,
    description="How often this field may be requested; each occurrence in an operation counts as "
    "one attempt.",
)
class RateLimit:
    """``limit`` attempts in any ``window`` seconds, of which ``burst`` in any ten seconds.

    ``key`` tells whose tries are counted together: ``caller`` (API key, user, else address),
    ``user``, ``ip``, ``email``, ``api_key`` or ``tenant``. ``arguments`` are where ``email`` finds
    the address, such as ``input.email``. One try costs ``cost``. A limit for ``profiles``
    (dialects of clients: ``graphql``, ``learn`` ...) holds for those only, instead of the limits
    of the same field and key that name none. A ``strict`` limit refuses (503) while the store
    that workers share is away, where others go on with what each worker counts.
    """

    limit: int
    window: int
    burst: int | None = UNSET
    key: str | None = UNSET
    arguments: list[str] | None = UNSET
    cost: int | None = UNSET
    profiles: list[str] | None = UNSET
    strict: bool | None = UNSET


@schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="rateLimitStates",
    compose=True,
    import_url=TRELLIS_SPEC,
    description="The resolver of this field needs the state of all limits of its caller.",
)
class RateLimitStates:
    """The router puts all limits of the caller into ``RequestContext.rate_limit``."""


@schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="live",
    compose=True,
    import_url=LIVE_SPEC,
    description="The events of this subscription do not depend on when it started.",
)
class Live:
    """Lets the router serve equal subscriptions of a caller from one: this field of Subscription
    gives the same events to all that have equal arguments, whenever they began and over whichever
    connection. ``resumed_by`` names the arguments that begin with something else when they are
    given, such as events that were missed: such a subscription is served alone."""

    resumed_by: list[str] | None = UNSET


@schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="rest",
    compose=True,
    import_url=REST_SPEC,
    description="The REST route that this field of a root type answers.",
)
class Rest:
    """Serves a field of Query or Mutation at ``path``, in the dialect ``plain``.

    Arguments are those of the operation directive of the same name, see ``docs/rest.md``: ``path``
    names arguments of the field in braces (``/books/{id}``), ``method`` is GET for queries and
    POST for mutations unless it is said, ``status`` that of success (200, 201, 202 or 204),
    ``root`` where the data is in the answer, ``location`` the address of what was made
    (``/books/{id}``), with 201 or 202. A stored operation with the same method and path is served
    instead.
    """

    path: str
    method: str | None = UNSET
    status: int | None = UNSET
    root: str | None = UNSET
    location: str | None = UNSET
    tags: list[str] | None = UNSET


@schema_directive(
    locations=[Location.ARGUMENT_DEFINITION, Location.INPUT_FIELD_DEFINITION],
    name="constraint",
    repeatable=True,  # so that composition keeps those of all subgraphs that share an input
    compose=True,
    import_url=CONSTRAINT_SPEC,
    description="Constraints on the value beyond its type; for a list, on each item.",
)
class Constraint:
    """Limits of a text or a number, which the subgraph checks itself. The router does not check
    operations by it: it tells REST clients and their documentation the limits that hold.

    ``min`` and ``max`` are of numbers and included; ``not_null`` is of a member that may be absent,
    but not null. Lengths are in characters; a text that is ``not_blank`` has one that is no white
    space. ``pattern`` is a regular expression that a value has to contain, so it usually begins
    with ``^`` and ends with ``$``. ``format`` is one of ``DATE``, ``DATE_TIME``, ``EMAIL``,
    ``URI``, ``UUID`` and ``TIME_ZONE``. Write it into the type of an input member or an argument,
    ``Email = Annotated[str, Constraint(format="EMAIL", max_length=254)]``, which members of inputs
    put into the SDL by themselves (``trellis.schema.inputs``).
    """

    min_length: int | None = UNSET
    max_length: int | None = UNSET
    pattern: str | None = UNSET
    format: str | None = UNSET
    min: int | None = UNSET
    max: int | None = UNSET
    not_null: bool | None = UNSET
    not_blank: bool | None = UNSET

    def __hash__(self) -> int:  # for `| None`
        texts = (self.min_length, self.max_length, self.pattern, self.format)
        return hash((texts, self.min, self.max, self.not_null, self.not_blank))

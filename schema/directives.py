"""The schema directives of Trellis itself, beside those of federation.

Subgraphs put them on fields; ``@composeDirective`` carries them into the supergraph, where the
router reads them. Strawberry writes the ``@link`` and ``@composeDirective`` by itself.
"""

from strawberry import UNSET
from strawberry.federation.schema_directive import schema_directive
from strawberry.schema_directive import Location

TRELLIS_SPEC = "https://specs.trellis.dev/trellis/v0.1"


@schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="rateLimit",
    repeatable=True,
    compose=True,
    import_url=TRELLIS_SPEC,
    description="How often this field may be asked for; each occurrence in an operation is a try.",
)
class RateLimit:
    """``limit`` tries in any ``window`` seconds, of which ``burst`` in any ten seconds.

    ``key`` tells whose tries are counted together: ``caller`` (user, API key, else address),
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
    description="The resolver of this field wants the states of all limits of its caller.",
)
class RateLimitStates:
    """Makes the router put every limit of the caller into ``RequestContext.rate_limit``."""

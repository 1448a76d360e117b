"""Authorization for programs that use the graph as a library: nothing is denied."""

from collections.abc import Sequence

from trellis.router.authorization.authorize import Authorized, allow_all
from trellis.router.authorization.explain import Case, Removed
from trellis.router.authorization.object_checks import DeniedValue
from trellis.router.authorization.policies.outcome import NOTHING_DECIDED, PolicyOutcome
from trellis.router.operation.model import NormalizedOperation
from trellis.router.operation.variables import Variables
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext


class Unrestricted:
    """An Enforcer that denies nothing and evaluates no policy."""

    def initial_outcome(
        self, operation: NormalizedOperation, variables: Variables
    ) -> PolicyOutcome:
        return NOTHING_DECIDED

    async def decide(
        self, operation: NormalizedOperation, variables: Variables, context: RequestContext
    ) -> PolicyOutcome:
        return NOTHING_DECIDED

    def authorize(
        self, operation: NormalizedOperation, identity: Identity, outcome: PolicyOutcome
    ) -> Authorized:
        return allow_all(operation)

    def explain(self, case: Case, denied_values: Sequence[DeniedValue] = ()) -> tuple[Removed, ...]:
        return ()

import pytest

from trellis.subgraphs.executions.runners.bubblewrap import Bubblewrap, why_not
from trellis.subgraphs.executions.settings import ExecutionSettings


@pytest.fixture(scope="session")
async def sandbox() -> Bubblewrap:
    """The sandbox of this machine, with what languages prepare kept where servers keep it."""
    reason = await why_not()
    if reason is not None:
        pytest.skip(reason)
    return Bubblewrap(ExecutionSettings.from_environment().cache_dir, slots=4)

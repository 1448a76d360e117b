"""Letters of accounts go out after the answer.

They contain secrets, so they are neither logged nor kept in the outbox: they wait in memory and
are tried three times. One that is lost can be asked for again.
"""

from functools import partial

from trellis.subgraphs.accounts.background import Background
from trellis.subgraphs.mail_scope.mailer import Letter, Mailer

_LETTERS_AT_ONCE = 10


class Postbox:
    """Sends e-mails in the background, so that response times do not reveal how long sending
    took."""

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer
        self._sending = Background(passing=OSError, at_once=_LETTERS_AT_ONCE)

    def post(self, letter: Letter) -> None:
        """Take a letter; when too many are waiting it is dropped."""
        self._sending.do(partial(self._mailer.send, letter))

    async def empty(self) -> None:
        """Wait a while for the letters under way, then give the rest up."""
        await self._sending.finish()

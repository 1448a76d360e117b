"""The stream of payments as a file, which outlives the processes that read and write it."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson

from trellis.db.models import utc_now
from trellis.db.outbox import Envelope
from trellis.schema.events.payments import PaymentCompleted


class PaymentLog:
    """One event on each line; a line that was not written to its end is none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if path.exists():
            whole = path.read_bytes()
            path.write_bytes(whole[: whole.rfind(b"\n") + 1])

    def append(self, event: PaymentCompleted) -> None:
        line = {"id": uuid4(), "at": utc_now(), "payload": event.payload()}
        with self._path.open("ab", buffering=0) as file:
            file.write(orjson.dumps(line) + b"\n")

    def completed(self) -> list[PaymentCompleted]:
        return [PaymentCompleted.read(line["payload"]) for line in self._lines()]

    async def read_after(self, cursor: str, limit: int) -> list[Envelope]:
        some = self._lines()[int(cursor) :][:limit]
        return [
            Envelope(
                id=UUID(line["id"]),
                topic=PaymentCompleted.topic,
                key=line["payload"]["payment_id"],
                payload=line["payload"],
                occurred_at=datetime.fromisoformat(line["at"]),
                cursor=str(int(cursor) + place),
            )
            for place, line in enumerate(some, 1)
        ]

    async def head(self) -> str:
        return str(len(self._lines()))

    def _lines(self) -> list[dict[str, Any]]:
        if not self._path.exists():
            return []
        return [orjson.loads(line) for line in self._path.read_bytes().split(b"\n")[:-1]]

"""A channel between all processes of this service: LISTEN and NOTIFY of Postgres."""

import asyncio
import random
from collections.abc import Callable

import psycopg
from sqlalchemy import URL
from sqlmodel import Session, func, select

from limits import MAX_WAIT_SECONDS
from logs import log

NAME = "task_changes"
#: Limits of the time between two attempts to connect. Seconds.
_SHORTEST, _LONGEST = 0.5, 10

#: If the server has disappeared without a word, the connection ends after about a minute. Seconds.
_OPTIONS = {
    "connect_timeout": MAX_WAIT_SECONDS,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}


def notify(db: Session, text: str) -> None:
    """Sends a text of less than 8,000 bytes to every open channel, if the transaction commits."""
    db.exec(select(func.pg_notify(NAME, text)))


class Channel:
    """Receives the texts of all processes, on a connection of its own. Connects again when it ends.

    Texts that are sent while there is no connection are lost. So ``on_connect`` is called each time
    that the channel receives texts from now on. Only the event loop may use it.
    """

    def __init__(
        self, url: URL, on_connect: Callable[[], None], on_text: Callable[[str], None]
    ) -> None:
        address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._connected = asyncio.Event()
        self._task = asyncio.create_task(self._run(address, on_connect, on_text))

    async def connected(self) -> None:
        """Waits until the channel receives texts."""
        await self._connected.wait()

    def close(self) -> None:
        self._task.cancel()

    async def _run(self, address: str, on_connect, on_text) -> None:
        failures = 0
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(
                    address, autocommit=True, **_OPTIONS
                )
                async with connection:
                    await connection.execute(f"LISTEN {NAME}")
                    failures = 0
                    self._connected.set()
                    on_connect()
                    async for message in connection.notifies():
                        on_text(message.payload)
            # Besides a lost connection: a text that this version of the service cannot read. With a
            # new connection every list is read again, so no change is lost.
            except Exception as error:
                log.error("live_channel_lost", extra={"error": type(error).__name__})
            self._connected.clear()
            # Random, so that not all processes connect at the same moment.
            await asyncio.sleep(random.uniform(_SHORTEST, min(_LONGEST, 2**failures)))
            failures += 1

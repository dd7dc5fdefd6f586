"""One fixed port in front of the replicas that Compose runs: each connection goes to one that answers."""

import asyncio
import contextlib
import sys

CHUNK_BYTES = 65_536
NOBODY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nConnection: close\r\n\r\n"
    b'{"type":"about:blank","title":"Service Unavailable","status":503,'
    b'"detail":"No embedding service answers: see `docker compose ps`."}'
)


class Forwarder:
    """Copies bytes both ways between a client and whichever address of `host` accepts first."""

    def __init__(self, host: str, port: int, connect_seconds: float = 2.0) -> None:
        self.host, self.port, self.connect_seconds = host, port, connect_seconds

    async def __call__(self, client_in: asyncio.StreamReader, client_out: asyncio.StreamWriter) -> None:
        try:
            replica_in, replica_out = await self._connect()
        except OSError:  # refused, unknown name, too slow: TimeoutError is one too
            client_out.write(NOBODY)
        else:
            await asyncio.gather(_copy(client_in, replica_out), _copy(replica_in, client_out))
            replica_out.close()
        with contextlib.suppress(ConnectionError):
            await client_out.drain()
        client_out.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The name is resolved anew each time: Docker lists the running replicas in changing order."""
        attempt = asyncio.open_connection(self.host, self.port, happy_eyeballs_delay=0.25)
        return await asyncio.wait_for(attempt, self.connect_seconds)


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Until the source ends, which the target is told, or either side breaks, which closes the target."""
    try:
        while data := await source.read(CHUNK_BYTES):
            target.write(data)
            await target.drain()
        target.write_eof()
    except OSError:
        target.close()


async def serve(host: str, port: int, listen_port: int) -> None:
    server = await asyncio.start_server(Forwarder(host, port), port=listen_port)
    async with server:
        await server.serve_forever()


def main(target: str, listen_port: str) -> None:
    host, _, port = target.rpartition(":")
    asyncio.run(serve(host, int(port), int(listen_port)))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A proxy that adds the same time to each HTTP request and counts requests, also those under way at once."""

import asyncio
import collections
import contextlib
import threading


class Cut(bytes):
    """An answer after which the connection is closed."""


class Proxy:
    """Forwards to a port of this machine; serves in a thread of its own."""

    def __init__(self, upstream, delay):
        self.upstream, self.delay = upstream, delay
        self.port, self.loop = None, asyncio.new_event_loop()
        self.reset()

    def reset(self):
        self.calls, self.most, self.under_way = 0, 0, 0
        self.seen = collections.Counter()

    @contextlib.contextmanager
    def serving(self):
        ready = threading.Event()
        thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        thread.start()
        ready.wait()
        try:
            yield f"http://127.0.0.1:{self.port}"
        finally:
            self.loop.call_soon_threadsafe(self.loop.stop)
            thread.join()

    def _run(self, ready):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._client, "127.0.0.1", 0, limit=1 << 24))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self.loop.run_forever()

    async def _client(self, reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head, body = await read(reader, writer)
                line, headers = parsed(head)
                self.calls += 1
                self.under_way += 1
                self.most = max(self.most, self.under_way)
                self.seen[headers.get("x-amz-target") or line.split("?")[0]] += 1
                try:
                    await asyncio.sleep(self.delay)
                    answer = await self._forward(head, body)
                finally:
                    self.under_way -= 1
                writer.write(answer)
                await writer.drain()
                if isinstance(answer, Cut):
                    break
        writer.close()

    async def _forward(self, head, body):
        """The answer, with its length, so that the client can keep its connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream, limit=1 << 24)
        line, *rest = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        dropped = ("connection:", "transfer-encoding:", "content-length:", "expect:")
        kept = [header for header in rest if not header.lower().startswith(dropped)]
        writer.write("\r\n".join([line, *kept, "Connection: close", f"Content-Length: {len(body)}", "", ""]).encode("latin-1") + body)
        answer = await reader.read()
        writer.close()
        head, _, content = answer.partition(b"\r\n\r\n")
        status, *rest = head.decode("latin-1").split("\r\n")
        _, headers = parsed(head)
        kept = [header for header in rest if not header.lower().startswith(("connection:", "content-length:", "transfer-encoding:"))]
        if headers.get("transfer-encoding", "").lower() == "chunked":
            content = unchunked(content)
        # The answer to HEAD has the length of what GET would answer, and nothing else has a length without a body.
        length = headers.get("content-length", "0") if line.startswith("HEAD ") else len(content)
        status = status.replace("HTTP/1.0", "HTTP/1.1", 1)
        return "\r\n".join([status, *kept, f"Content-Length: {length}", "", ""]).encode("latin-1") + content


def parsed(head):
    line, *rest = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    pairs = (header.partition(":") for header in rest)
    return line, {name.strip().lower(): value.strip() for name, _, value in pairs}


async def read(reader, writer):
    """The head and the whole body of one request."""
    head = await reader.readuntil(b"\r\n\r\n")
    _, headers = parsed(head)
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return head, await reader.readexactly(int(headers.get("content-length", 0)))
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += (await reader.readexactly(size + 2))[:-2]
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass
    return head, body


def unchunked(content):
    body, at = b"", 0
    while True:
        end = content.index(b"\r\n", at)
        size = int(content[at:end].split(b";")[0], 16)
        if size == 0:
            return body
        body += content[end + 2:end + 2 + size]
        at = end + 2 + size + 2

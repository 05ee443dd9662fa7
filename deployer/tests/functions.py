#!/usr/bin/env python3
"""The functions as they are shipped (profile `function`), measured and counted against the embedded AWS.

    python3 deployer/tests/functions.py target/debug/deployer

Prints how long `convert` takes from the start of its process to its first request for an event, for its first event and for
later ones, its peak memory and the size of its zip. Only what does not depend on the machine's other work is checked: memory, size,
and that a call that is delivered again counts once. Shares its project and checks with end_to_end.py.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import tempfile
import time
import uuid
import zipfile

import end_to_end as base
from end_to_end import Project, SOURCE, aws, check, copy_directory, section

STARTS = int(os.environ.get("STARTS", "40"))
WARM = int(os.environ.get("WARM", "500"))
# Lambda's own, 2018-06-01.
NEXT, RESPONSE = b"GET /2018-06-01/runtime/invocation/next", re.compile(rb"^POST /2018-06-01/runtime/invocation/[^/]+/response")


class Function:
    """A process with a Runtime API of its own: one socket, so that nothing but the function takes time."""

    def __init__(self, binary, **environment):
        server = socket.create_server(("127.0.0.1", 0))
        port = server.getsockname()[1]
        environment = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}", "AWS_LAMBDA_FUNCTION_NAME": "convert",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME": "group", "AWS_LAMBDA_LOG_STREAM_NAME": "stream", "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "example", "AWS_SECRET_ACCESS_KEY": "example", **environment,
        }
        started = time.perf_counter()
        self.process = subprocess.Popen([binary], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wire, _ = server.accept()
        self.unread = b""
        head, _ = self.request()
        self.init = time.perf_counter() - started
        assert head.startswith(NEXT), head
        server.close()

    def request(self):
        """Head and body of one request."""
        head = self.until(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        if length:
            return head, self.take(int(length[1]))
        body = b""
        while re.search(rb"(?i)\r\ntransfer-encoding: chunked", head):
            size = int(self.until(b"\r\n"), 16)
            body += self.take(size + 2)[:-2]
            if size == 0:
                break
        return head, body

    def until(self, end):
        while end not in self.unread:
            self.receive()
        found, self.unread = self.unread.split(end, 1)
        return found + end

    def take(self, size):
        while len(self.unread) < size:
            self.receive()
        found, self.unread = self.unread[:size], self.unread[size:]
        return found

    def receive(self):
        part = self.wire.recv(1 << 16)
        if not part:
            raise EOFError(f"the function has ended with {self.process.wait()}")
        self.unread += part

    def answer(self, event):
        """What the function answers, and the seconds from the event to the answer."""
        body = json.dumps(event).encode()
        head = (
            f"HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: {uuid.uuid4()}\r\nlambda-runtime-deadline-ms: 9999999999999\r\n"
            "lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:111122223333:function:convert\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        started = time.perf_counter()
        self.wire.sendall(head.encode() + body)
        line, answer = self.request()
        took = time.perf_counter() - started
        assert RESPONSE.match(line), (line, answer)
        self.wire.sendall(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
        line, _ = self.request()
        assert line.startswith(NEXT), line
        return json.loads(answer), took

    def peak(self):
        """Peak memory in bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024

    def end(self):
        """Ends it, and gives the seconds of processor time that it took."""
        self.process.kill()
        _, status, used = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.wire.close()
        return used.ru_utime + used.ru_stime


def call(number, contact=None):
    return {"Name": "ContactFlowEvent", "Details": {"Parameters": {}, "ContactData": {
        "ContactId": contact or str(uuid.uuid4()), "Channel": "VOICE", "InitiationMethod": "INBOUND", "Attributes": {},
        "CustomerEndpoint": {"Address": number, "Type": "TELEPHONE_NUMBER"},
        "SystemEndpoint": {"Address": "+18005550100", "Type": "TELEPHONE_NUMBER"}}}}


def build():
    """The executables as they go to Lambda."""
    command = ["cargo", "build", "--quiet", "--locked", "--profile", "function", "--package", "convert", "--package", "get"]
    subprocess.run(command, cwd=SOURCE, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", SOURCE / "target")) / "function"
    return target / "convert", target / "get"


def times(what, seconds, target=""):
    seconds = sorted(seconds)
    fast, middle, slow = seconds[0], statistics.median(seconds), seconds[int(len(seconds) * 0.99)]
    print(f"  {what}: fastest {fast * 1e3:.2f} ms, median {middle * 1e3:.2f} ms, 99th {slow * 1e3:.2f} ms of {len(seconds)}{target}", flush=True)


def sizes(convert, get):
    section("Size")
    for binary in (convert, get):
        with tempfile.TemporaryFile() as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.write(binary, "bootstrap")
            size = file.tell()
        check(f"{binary.name}: {binary.stat().st_size / 1e6:.2f} MB, its zip {size / 1e6:.2f} MB (at most 4)", size < 4_000_000)


def measured(convert, there):
    section("Time and memory of convert")
    starts, used, firsts = [], [], []
    for _ in range(STARTS):
        # As in Lambda: over TLS, which is set up with the first event.
        function = Function(convert, TABLE_NAME="numbers")
        starts.append(function.init)
        used.append(function.end())
        function = Function(convert, **there)
        firsts.append(function.answer(call("+12010000003"))[1])
        function.end()
    times("start of the process to the first request for an event", starts, " (target 15 ms)")
    times("of which processor time", used)
    times("first event", firsts)
    function = Function(convert, **there)
    later = [function.answer(call(f"+1201{5550100 + turn % 100}"))[1] for turn in range(WARM + 20)][20:]
    times("later events", later)
    peak = function.peak()
    function.end()
    check(f"peak memory after {WARM} events: {peak / 1e6:.1f} MB (at most 32)", peak < 32_000_000)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = closed.getsockname()[1]
    function = Function(convert, **{**there, "AWS_ENDPOINT_URL": f"https://127.0.0.1:{nobody}"})
    check("a table that cannot be reached does not silence it", function.answer(call("+18003569377"))[0]["status"] == "OK")
    peak = function.peak()
    function.end()
    check(f"peak memory with the root certificates read: {peak / 1e6:.1f} MB (at most 32)", peak < 32_000_000)


def counted(convert, there, calls_of):
    section("Calls are counted once")
    function = Function(convert, **there)
    number, first, second = "+12012277448", str(uuid.uuid4()), str(uuid.uuid4())
    for contact, calls in ((first, 1), (first, 1), (second, 2), (first, 2), (second, 2), (str(uuid.uuid4()), 3)):
        answer, _ = function.answer(call(number, contact))
        check(f"{calls} after {contact[:8]}", answer["status"] == "OK" and calls_of(number) == calls, (answer, calls_of(number)))
    function.end()
    functions = [Function(convert, **there) for _ in range(6)]
    number, contact = "+12015505155", str(uuid.uuid4())
    with concurrent.futures.ThreadPoolExecutor(len(functions)) as pool:
        together = list(pool.map(lambda one: one.answer(call(number, contact))[0]["status"], functions))
    check("the same call in six processes at once is one", together == ["OK"] * 6 and calls_of(number) == 1, together)
    with concurrent.futures.ThreadPoolExecutor(len(functions)) as pool:
        list(pool.map(lambda one: one.answer(call(number)), functions))
    check("and six calls at once are six", calls_of(number) == 7, calls_of(number))
    for one in functions:
        one.end()


def main():
    convert, get = build()
    with copy_directory() as directory:
        project = Project(directory)
        sizes(convert, get)
        project.run("apply", "--env", "local", "--yes")
        with project.served() as (endpoint, _):
            there = {"TABLE_NAME": "vanity-local-numbers", "AWS_ENDPOINT_URL": endpoint}

            def calls_of(number):
                # Strangers get no counts from the API.
                key = json.dumps({"id": {"S": number}})
                return int(aws(endpoint, "dynamodb", "get-item", "--table-name", "vanity-local-numbers", "--key", key)["Item"]["calls"]["N"])

            measured(convert, there)
            counted(convert, there, calls_of)
    print(f"\n{base.passed} passed, 0 failed")


if __name__ == "__main__":
    main()

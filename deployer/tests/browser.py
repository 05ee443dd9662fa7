"""Headless Chromium, spoken to over a pipe in the DevTools protocol: no driver, no library, no port.

Protocol: https://chromedevtools.github.io/devtools-protocol/, messages of JSON with a NUL after each
(`--remote-debugging-pipe` reads file descriptor 3 and writes 4).
"""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time

QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--remote-debugging-pipe",
)
# Long enough for a busy machine; only a page that will never be right waits so long.
TIMEOUT = 120


class Browser:
    """One Chromium with an empty profile, ended with the block."""

    def __init__(self, *arguments):
        self.profile = tempfile.mkdtemp(prefix="deployer-page-")
        (inward, self.into), (self.out_of, outward) = os.pipe(), os.pipe()

        def as_three_and_four():
            # Both are moved out of the way first: either may be 3 or 4 already.
            read, write = os.dup(inward), os.dup(outward)
            os.dup2(read, 3)
            os.dup2(write, 4)

        program = shutil.which("chromium") or shutil.which("chromium-browser") or "chromium"
        self.process = subprocess.Popen(
            [program, *QUIET, f"--user-data-dir={self.profile}", *arguments, "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            close_fds=False, preexec_fn=as_three_and_four,
        )
        os.close(inward)
        os.close(outward)
        self.unread, self.last, self.events = b"", 0, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.send("Browser.close")
        except (BrokenPipeError, EOFError):
            pass
        self.process.wait()
        os.close(self.into)
        os.close(self.out_of)
        shutil.rmtree(self.profile, ignore_errors=True)

    def send(self, method, session=None, **parameters):
        """The result of a command; events that come before it are kept."""
        self.last += 1
        wanted = self.last
        message = {"id": wanted, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self.into, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == wanted:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def receive(self):
        while b"\0" not in self.unread:
            part = os.read(self.out_of, 1 << 16)
            if not part:
                raise EOFError("chromium has ended; is it installed, and of Debian's package?")
            self.unread += part
        message, self.unread = self.unread.split(b"\0", 1)
        return json.loads(message)

    def page(self):
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        return Page(self, self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])


class Page:
    """One tab."""

    def __init__(self, browser, session):
        self.browser, self.session = browser, session
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility", "Audits"):
            self.send(f"{domain}.enable")

    def send(self, method, **parameters):
        return self.browser.send(method, self.session, **parameters)

    def events(self, *methods):
        return [event["params"] for event in self.browser.events if event.get("method") in methods]

    def next(self, method):
        """The first event of this name that nobody took yet."""
        while True:
            for index, event in enumerate(self.browser.events):
                if event.get("method") == method:
                    return self.browser.events.pop(index)["params"]
            self.browser.events.append(self.browser.receive())

    def open(self, url):
        self.browser.events = [event for event in self.browser.events if event.get("method") != "Page.loadEventFired"]
        error = self.send("Page.navigate", url=url).get("errorText")
        if error is None:
            self.next("Page.loadEventFired")
        return error

    def value(self, expression):
        result = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def until(self, expression):
        """Whether this becomes true."""
        end = time.monotonic() + TIMEOUT
        while not self.value(expression):
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    def press(self, key, code=None, text="", shift=False):
        codes = {"Tab": 9, "Enter": 13, "Escape": 27, "Backspace": 8}
        text = {"Enter": "\r"}.get(key, text)
        known = {"key": key, "code": code or key, "windowsVirtualKeyCode": codes.get(key, 0), "modifiers": 8 if shift else 0}
        self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **known)
        self.send("Input.dispatchKeyEvent", type="keyUp", **known)

    def write(self, text):
        for letter in text:
            self.send("Input.dispatchKeyEvent", type="keyDown", text=letter, key=letter)
            self.send("Input.dispatchKeyEvent", type="keyUp", key=letter)

    def picture(self, path):
        size = self.send("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        data = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def tree(self):
        """What a screen reader is given: role, name and what else is known of every part that is not left out."""
        nodes = self.send("Accessibility.getFullAXTree")["nodes"]
        return [Part(node) for node in nodes if not node.get("ignored")]


class Part:
    """One node of the accessibility tree."""

    def __init__(self, node):
        text = lambda name: node.get(name, {}).get("value", "")
        self.role, self.name, self.description = text("role"), text("name"), text("description")
        self.properties = {item["name"]: item["value"].get("value") for item in node.get("properties", [])}

    def __repr__(self):
        return f"{self.role} {self.name!r} {self.description!r} {self.properties}"

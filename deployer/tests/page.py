#!/usr/bin/env python3
"""The page for people, in headless Chromium, against the embedded AWS's HTTPS front with the deployed certificate.

    python3 deployer/tests/page.py target/debug/deployer

Shares its project and checks with end_to_end.py. Needs python3, openssl and Debian's `chromium`; nothing else. With SHOTS=DIRECTORY
it leaves pictures there.
"""

import base64
import hashlib
import json
import os
import pathlib
import re
import ssl
import subprocess

import browser
import end_to_end as base
from end_to_end import Project, check, copy_directory, section

SHOTS = os.environ.get("SHOTS")
CALLERS = ["+18003569377", "+12012277448", "+442079460123", "+12010000002", "+12010101010", "+12015505155"]
FLOWERS = ["+1 800 FLOWERS", "+1 800 FLOW ERR", "+1 800 3 LOWERS", "+1 800 ELM YEPS", "+1 800 FLOWER 7"]

SAID = "document.getElementById('said').textContent"
FORMS = "[...document.querySelectorAll('#forms li')].map(item => item.textContent)"
ROWS = "[...document.querySelectorAll('#recent tbody tr')].map(row => [...row.cells].map(cell => cell.textContent))"
FOCUS = "document.activeElement.id || document.activeElement.textContent"

# The lowest contrast of any text with what is behind it (WCAG 2.2, 1.4.3), and where.
CONTRAST = """(() => {
  const channels = color => color.match(/[\\d.]+/g).map(Number);
  const linear = value => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = element => {
    for (; element; element = element.parentElement) {
      const color = channels(getComputedStyle(element).backgroundColor);
      if (color.length < 4 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const shown = [...document.querySelectorAll('main *')].filter(element => element.checkVisibility() &&
    [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()));
  return shown.map(element => {
    const pair = [light(channels(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
    return [(pair[0] + 0.05) / (pair[1] + 0.05), element.tagName + ' ' + element.textContent];
  }).sort((a, b) => a[0] - b[0])[0];
})()"""


def picture(page, name):
    if SHOTS:
        pathlib.Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.picture(pathlib.Path(SHOTS) / f"{name}.png")


def key_of(certificate):
    """The digest of a certificate's public key, as Chromium names keys that it is to trust."""
    key = subprocess.run(["openssl", "x509", "-pubkey", "-noout", "-in", certificate], check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key, check=True, capture_output=True).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def open_page(page, url):
    page.send("Page.addScriptToEvaluateOnNewDocument", source="""
        window.violations = [];
        addEventListener('securitypolicyviolation', event => violations.push(event.violatedDirective + ' ' + event.blockedURI));""")
    check("the page opens", page.open(url) is None)
    check("and has read the callers", page.until("document.getElementById('none').textContent !== 'Reading…'"))


def first_sight(page, url, domain, der):
    section("First sight, before anybody has called")
    open_page(page, url)
    check("nobody has called yet, and no table says otherwise",
          page.value("document.getElementById('none').textContent") == "Nobody has called yet."
          and page.value("document.getElementById('recent').checkVisibility()") is False)
    document = next(answer for answer in page.events("Network.responseReceived") if answer["type"] == "Document")["response"]
    details = document["securityDetails"]
    check("over TLS, for the deployed domain", details["sanList"] == [domain] and details["protocol"] == "TLS 1.3", details)
    chain = page.send("Network.getCertificate", origin=url)["tableNames"]
    check("with the deployed certificate", base64.b64decode(chain[0]) == der and len(chain) == 1)
    headers = {name.lower(): value for name, value in document["headers"].items()}
    policy = headers["content-security-policy"]
    check("under a policy that allows one script, one style and the own origin",
          policy.startswith("default-src 'none'; script-src 'sha256-") and "unsafe" not in policy and "*" not in policy, policy)
    check("and is not guessed at", headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer")
    picture(page, "empty")


def callers(page, project):
    section("The last five callers")
    for number in CALLERS:
        project.run("call", "--env", "local", "--from", number)
    project.run("call", "--env", "local", "--from", CALLERS[2])
    page.open(page.value("location.href"))
    check("five are shown", page.until(f"{ROWS}.length === 5"), page.value(ROWS))
    rows = page.value(ROWS)
    masked = ["+44 … 23", "+1 … 55", "+1 … 10", "+1 … 02", "+1 … 48"]
    check("the last one first, masked", [row[0] for row in rows] == masked, rows)
    check("without how often they called, which is for who has a key", all(len(row) == 2 for row in rows), rows)
    times = page.value("[...document.querySelectorAll('#recent time')].map(time => time.dateTime)")
    check("and when, to the minute", all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00.000Z", time) for time in times) and times == sorted(times, reverse=True), times)
    source = page.value("document.documentElement.outerHTML")
    check("no number of a caller stands anywhere in the page", not any(number[4:] in source for number in CALLERS))


def ask(page, text, button=False):
    """By keyboard alone: the field is emptied, written and sent, from the field itself or from the button."""
    page.value("document.getElementById('phone').value = ''; document.getElementById('phone').focus()")
    page.write(text)
    if button:
        page.press("Tab")
    page.press("Enter")
    page.until(f"{SAID} !== 'Looking…'")


def by_keyboard(page):
    section("With a keyboard alone")
    page.value("document.activeElement.blur()")
    page.press("Tab")
    check("the first stop is the field", page.value(FOCUS) == "phone", page.value(FOCUS))
    page.write("+1 (800) 356-9377")
    page.press("Tab")
    check("the second is the button", page.value(FOCUS) == "Show its five", page.value(FOCUS))
    outline = page.value("(style => style.outlineStyle + ' ' + style.outlineWidth)(getComputedStyle(document.activeElement))")
    check("which shows that it has the focus", outline == "solid 3px", outline)
    page.press("Enter")
    check("five forms come", page.until(f"{FORMS}.length === 5"), page.value(SAID))
    check("best first, words apart", page.value(FORMS) == FLOWERS, page.value(FORMS))
    check("and are announced", page.value(SAID) == "5 vanity numbers, best first:", page.value(SAID))
    page.press("Tab", shift=True)
    check("back goes back", page.value(FOCUS) == "phone", page.value(FOCUS))
    for written in ("18003569377", "0018003569377", "+1.800.356.9377", " +18003569377 "):
        ask(page, written)
        check(f"{written!r} is understood", page.until(f"{FORMS}.length === 5") and page.value(FORMS) == FLOWERS, page.value(SAID))


def answers(page):
    section("What else is answered")
    ask(page, "+12010000002")
    check("three letters", page.value(FORMS) == ["+1 201 000 000A", "+1 201 000 000B", "+1 201 000 000C"], page.value(FORMS))
    ask(page, "+12010101010")
    check("none at all", page.value(FORMS) == [] and "only zeros and ones" in page.value(SAID), page.value(SAID))
    ask(page, "+18005550100")
    check("404: a number that never called", page.value(SAID) == "No call from this number has been saved.", page.value(SAID))
    check("which is no fault of the field", page.value("document.getElementById('phone').ariaInvalid") is None)
    for wrong in ("12", "+1800FLOWERS", "<img src=x onerror=alert(1)>", "٣٣٣٣٣٣٣٣٣٣"):
        ask(page, wrong, button=True)
        check(f"400: {wrong} is refused in words", "not a phone number" in page.value(SAID), page.value(SAID))
        check("the field is marked and has the focus",
              page.value("document.getElementById('phone').ariaInvalid") == "true" and page.value(FOCUS) == "phone")
    check("what was written became no element", page.value("document.images.length") == 0)
    check("and no form is left", page.value(FORMS) == [])
    picture(page, "refused")
    ask(page, "")
    check("nothing is asked for too", page.value(SAID) == "Please enter a phone number.", page.value(SAID))
    ask(page, "+18003569377")
    check("and a right number rights it", page.until(f"{FORMS}.length === 5") and page.value("document.getElementById('phone').ariaInvalid") is None)


def out_of_order(page):
    section("When the network or the API is out of order")
    offline = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    page.send("Network.emulateNetworkConditions", offline=True, **offline)
    ask(page, "+18003569377")
    check("without a network it says so and shows no old form",
          "could not be looked up" in page.value(SAID) and page.value(FORMS) == [], page.value(SAID))
    page.send("Network.emulateNetworkConditions", offline=False, **offline)
    page.send("Fetch.enable", patterns=[{"urlPattern": "*/vanity-numbers*"}])

    def instead(status, kind, body):
        page.value("document.getElementById('phone').focus()")
        page.press("Enter")
        request = page.next("Fetch.requestPaused")["requestId"]
        headers = [{"name": "content-type", "value": kind}]
        page.send("Fetch.fulfillRequest", requestId=request, responseCode=status, responseHeaders=headers,
                  body=base64.b64encode(body.encode()).decode())
        page.until(f"{SAID} !== 'Looking…'")

    problem = '{"status":500,"title":"Internal Server Error","detail":"the saved numbers could not be read"}'
    for status, kind, body in ((500, "application/problem+json", problem), (503, "text/html", "<h1>Busy</h1>"), (200, "text/html", "<p>")):
        instead(status, kind, body)
        check(f"a {status} of {kind} says so", "could not be looked up" in page.value(SAID) and page.value(FORMS) == [], page.value(SAID))

    # Two questions, the first of which is answered last.
    ask_without_waiting = "document.getElementById('phone').value = '{}'; document.getElementById('ask').requestSubmit()"
    page.value(ask_without_waiting.format("+12010000002"))
    slow = page.next("Fetch.requestPaused")["requestId"]
    page.value(ask_without_waiting.format("+18003569377"))
    page.send("Fetch.continueRequest", requestId=page.next("Fetch.requestPaused")["requestId"])
    check("the later question is answered", page.until(f"{FORMS}.length === 5"))
    page.send("Fetch.continueRequest", requestId=page.next("Fetch.requestPaused")["requestId"])
    page.send("Fetch.continueRequest", requestId=slow)
    page.value("new Promise(done => setTimeout(done, 300))")
    check("and an earlier one that comes late does not replace it", page.value(FORMS) == FLOWERS, page.value(FORMS))
    page.send("Fetch.disable")


def for_ears(page):
    section("For a screen reader")
    page.open(page.value("location.href"))
    page.until(f"{ROWS}.length === 5")
    ask(page, "+18003569377")
    page.until(f"{FORMS}.length === 5")
    tree = page.tree()

    def only(role, name=None):
        found = [part for part in tree if part.role == role and name in (None, part.name)]
        check(f"there is one {role} {name or ''}", len(found) == 1, tree)
        return found[0]

    check("the document has a title and a language",
          only("RootWebArea").name == "Vanity numbers" and page.value("document.documentElement.lang") == "en")
    only("main")
    check("headings are a first and a second",
          [(part.name, part.properties["level"]) for part in tree if part.role == "heading"]
          == [("Vanity numbers", 1), ("Last five callers", 2)], tree)
    field = only("textbox", "Phone number")
    check("the field is required, described, and not invalid",
          field.properties["required"] is True and field.description.startswith("With its country code, for example")
          and field.properties.get("invalid") == "false", field)
    only("button", "Show its five")
    check("what is said is live", [part.properties.get("live") for part in tree if part.role == "status"] == ["polite", "polite"], tree)
    only("list", "Vanity numbers, best first")
    check("with five items", len([part for part in tree if part.role == "listitem"]) == 5)
    only("table", "Last five callers")
    check("the table's columns are named", [part.name for part in tree if part.role == "columnheader"] == ["Number", "Last call"])
    check("every region has a name", all(part.name for part in tree if part.role == "region"), tree)
    ask(page, "12")
    field = next(part for part in page.tree() if part.role == "textbox")
    check("a refused field is invalid and described by why",
          field.properties["invalid"] == "true" and "not a phone number" in field.description, field)


def for_eyes(page):
    section("On screens of every size and in both lights")
    for scheme in ("light", "dark"):
        page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        for width, height, mobile in ((1280, 800, False), (390, 844, True), (320, 568, True)):
            page.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2 if mobile else 1, mobile=mobile)
            page.open(page.value("location.href"))
            page.until(f"{ROWS}.length === 5")
            for number, forms in (("12", 0), ("+18003569377", 5)):
                ask(page, number)
                page.until(f"{FORMS}.length === {forms}")
                ratio, where = page.value(CONTRAST)
                check(f"{scheme}, {width} wide: every text has a contrast of 4.5 or more", ratio >= 4.5, (ratio, where))
            wide = page.value("document.scrollingElement.scrollWidth")
            check(f"{scheme}, {width} wide: nothing to scroll sideways", wide <= width, wide)
            beyond = page.value("[...document.querySelectorAll('main section')].filter(one => one.scrollWidth > one.clientWidth).length")
            check(f"{scheme}, {width} wide: nothing sticks out of its frame", beyond == 0)
            small = page.value("[...document.querySelectorAll('input, button')].filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 44).length")
            check(f"{scheme}, {width} wide: what is touched is 44 pixels high", small == 0)
            picture(page, f"{scheme}-{width}")
    page.send("Emulation.setEmulatedMedia", features=[])
    page.send("Emulation.clearDeviceMetricsOverride")


def kept_to_itself(page, url):
    section("And all the while")
    asked = [event["request"]["url"] for event in page.events("Network.requestWillBeSent")]
    asked = [one for one in asked if not one.startswith("data:")]
    paths = {re.sub(r"/[^/]+$", "/PHONE", one[len(url):]) if one[len(url):].count("/") else one[len(url):] for one in asked}
    check("only the own origin was asked", all(one.startswith(url) for one in asked), [one for one in asked if not one.startswith(url)])
    check("for the page, the callers and single numbers", paths == {"", "vanity-numbers", "vanity-numbers/PHONE"}, paths)
    violations = page.value("violations")
    issues = [issue["issue"] for issue in page.events("Audits.issueAdded") if "ContentSecurityPolicy" in issue["issue"]["code"]]
    check("the policy was never violated", violations == [] and issues == [], (violations, issues))
    check("nothing was thrown", page.events("Runtime.exceptionThrown") == [], page.events("Runtime.exceptionThrown"))
    kept = page.value("[document.cookie, localStorage.length, sessionStorage.length]")
    check("nothing is kept in the browser", kept == ["", 0, 0], kept)
    script = "(s => { s.textContent = 'window.pwned = 1'; document.head.append(s) })(document.createElement('script'))"
    check("and a script that got in would not run", page.value(f"try {{ {script} }} catch {{}} window.pwned") is None)


def distrusted(url, rule):
    section("Without the certificate")
    with browser.Browser(rule) as stranger:
        error = stranger.page().open(url)
        check("a browser that was not given it refuses", error == "net::ERR_CERT_AUTHORITY_INVALID", error)


def main():
    with copy_directory() as directory:
        project = Project(directory)
        section("A deployed environment")
        project.run("apply", "--env", "local", "--yes")
        certificate = project.root / "certificate.pem"
        outputs = json.loads(project.run("outputs", "--env", "local", "--json", "--certificate-out", str(certificate)).stdout)
        domain, der = outputs["api_domain"], ssl.PEM_cert_to_DER_cert(certificate.read_text())
        with project.served() as (_, api):
            url = f"https://{domain}:{api.rsplit(':', 1)[1]}/"
            rule = f"--host-resolver-rules=MAP {domain} 127.0.0.1, MAP * ~NOTFOUND"
            with browser.Browser(rule, f"--ignore-certificate-errors-spki-list={key_of(certificate)}") as chromium:
                page = chromium.page()
                first_sight(page, url, domain, der)
                callers(page, project)
                by_keyboard(page)
                answers(page)
                out_of_order(page)
                for_ears(page)
                for_eyes(page)
                kept_to_itself(page, url)
            distrusted(url, rule)
    print(f"\n{base.passed} passed, 0 failed")


if __name__ == "__main__":
    main()

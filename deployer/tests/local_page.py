#!/usr/bin/env python3
"""The page of `deployer local serve`, in headless Chromium, with the shipped project deployed to the embedded AWS.

    python3 deployer/tests/local_page.py target/debug/deployer

Calls the flow through the keypad and sees what it speaks, writes and logs, and where it is. Shares its project and checks with
end_to_end.py and page.py. Needs python3, openssl and Debian's `chromium`; nothing else. With SHOTS=DIRECTORY it leaves pictures there.
"""

import base64
import contextlib
import http.client
import json
import pathlib
import re
import signal
import time

import browser
import end_to_end as base
from end_to_end import Project, check, copy_directory, section
from page import CONTRAST, SHOTS, picture

CALLER = "+18003569377"
SAID = "document.getElementById('said').textContent"
TRANSCRIPT = "[...document.querySelectorAll('#transcript li')].map(item => item.textContent)"
ITEMS = "[...document.querySelectorAll('#items tbody tr')].map(row => [...row.cells].map(cell => cell.textContent))"
EVENTS = "[...document.querySelectorAll('#events li')].map(item => item.textContent).join('\\n')"
RESOURCES = "document.getElementById('resources').textContent"
HERE = "document.querySelector('#picture g.here')?.getAttribute('data-action')"
FOCUS = "document.activeElement.id || document.activeElement.textContent"
SIGNED = "AWS4-HMAC-SHA256 Credential=111122223333/20261130/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
SCRIPT = "<script>window.pwned=1</script><img src=x onerror=window.pwned=1>"

# A voice that records what it is to say, and is done at once.
VOICE = """
  window.uttered = [];
  Object.defineProperty(window, 'speechSynthesis', { value: {
    speak(utterance) { uttered.push(utterance.text); setTimeout(() => utterance.onend?.({}), 0); },
    cancel() {}, getVoices() { return [{}]; } } });
  window.violations = [];
  addEventListener('securitypolicyviolation', event => violations.push(event.violatedDirective + ' ' + event.blockedURI));"""


def request(address, path, method="GET", body=None, **headers):
    """The status and the text of an answer to these very headers."""
    connection = http.client.HTTPConnection(address)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.putrequest(method, path, skip_host="host" in names)
    for name, value in names.items():
        connection.putheader(name, value)
    if body is not None:
        connection.putheader("content-length", str(len(body)))
    connection.endheaders(body.encode() if body is not None else None)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def aws(address, service, method, path, body, target=""):
    status, text = request(address, path, method, None if method == "GET" else json.dumps(body), authorization=SIGNED.format(service),
                           content_type="application/x-amz-json-1.0", x_amz_target=target)
    check(f"{service} {target or path.split('/')[1]} is answered", status == 200, text)
    return json.loads(text or "null")


def open_page(page, url):
    page.send("Page.addScriptToEvaluateOnNewDocument", source=VOICE)
    check("the page opens", page.open(url) is None)
    check("and has read the state", page.until("document.querySelectorAll('#picture g[data-action]').length > 0"), page.value(RESOURCES))


def first_sight(page, actions):
    section("What there is")
    text = page.value(RESOURCES)
    for resource in ("Connect instance vanity-local (ACTIVE)", "vanity-local-convert", "vanity-local-get", "vanity-local-numbers: ACTIVE",
                     "GET /vanity-numbers/{phone}", "vanity-local.example: AVAILABLE", "support"):
        check(f"{resource} is listed", resource in text, text)
    check("nothing is shown of the functions' environment", "TABLE_NAME" not in text and "Canary" not in text, text)
    check("the shipped flow is drawn first", page.value("document.getElementById('flow-choice').selectedOptions[0].textContent") == "vanity")
    drawn = page.value("[...document.querySelectorAll('#picture g[data-action]')].map(group => group.getAttribute('data-action'))")
    check("with all of its actions", sorted(drawn) == sorted(actions), drawn)
    check("nothing has been said", page.value(TRANSCRIPT) == [] and page.value(SAID) == "No call.", page.value(SAID))
    document = next(answer for answer in page.events("Network.responseReceived") if answer["type"] == "Document")["response"]
    headers = {name.lower(): value for name, value in document["headers"].items()}
    policy = headers["content-security-policy"]
    check("under a policy without inline scripts", "script-src 'self'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy, policy)
    check("and is not stored", headers["cache-control"] == "no-store" and headers["x-frame-options"] == "DENY", headers)


def call_by_keyboard(page):
    section("A call with the keyboard alone")
    page.value("document.getElementById('from').value = ''; document.getElementById('from').focus()")
    page.write(CALLER)
    page.press("Enter")
    check("the flow asks for a key", page.until(f"/^Press a key within/.test({SAID})"), page.value(SAID))
    heard = page.value(TRANSCRIPT)
    check("the words are in the transcript", "1 eight hundred flowers." in heard and heard[-1] == "To hear them again, press 1.", heard)
    check("and were spoken", page.value("uttered") == heard, page.value("uttered"))
    check("the block that the call is in is marked", page.value(HERE) == "Offer to repeat", page.value(HERE))
    check("and named", page.value("document.getElementById('block').textContent") == "The call is in vanity: Offer to repeat")
    frame = page.value("""(() => { const box = document.querySelector('#picture g.here').getBoundingClientRect(),
        frame = document.getElementById('picture').getBoundingClientRect(); return box.top >= frame.top && box.bottom <= frame.bottom })()""")
    check("where it can be seen", frame is True)
    check("and those that it has passed", "Greet" in page.value("[...document.querySelectorAll('#picture g.seen')].map(one => one.getAttribute('data-action'))"))
    picture(page, "call")
    page.value("document.activeElement.blur()")
    page.press("1", text="1")
    check("a key repeats them", page.until(f"{TRANSCRIPT}.filter(text => text === '1 eight hundred flowers.').length === 2"), page.value(TRANSCRIPT))
    check("and is in the transcript", "1" in page.value(TRANSCRIPT))
    check("the flow asks again", page.until(f"/^Press a key within/.test({SAID})"), page.value(SAID))
    # The time of the flow passes.
    check("without a key the call goes on and ends", page.until(f"{SAID} === 'The call is over: disconnected.'"), page.value(SAID))
    check("no block is marked any more", page.value(HERE) is None)
    log = page.value("[...document.querySelectorAll('#flow-log li')].map(item => item.textContent)")
    check("the flow log is shown, from where the flow logs", "Turn logging on" in log[0] and "Hang up" in log[-1]
          and not any("Find words" in line for line in log), log)
    check("and what the function returned", any("vanity-local-convert returned" in line for line in page.value(TRANSCRIPT)), page.value(TRANSCRIPT))


def what_it_wrote(page):
    section("What the call wrote and logged")
    check("the item is in the table", page.until(f"{ITEMS}.flat().includes('{CALLER}')"), page.value(ITEMS))
    check("the function has logged", page.until(f"{EVENTS}.includes('REPORT RequestId')"), page.value(EVENTS))
    page.value("(select => { select.value = '/aws/connect/vanity-local'; select.dispatchEvent(new Event('change')) })(document.getElementById('group-choice'))")
    check("and the flow", page.until(f"{EVENTS}.includes('ContactFlowModuleType')"), page.value(EVENTS))
    picture(page, "after")


def keypad(page):
    section("With the mouse")
    keys = "[...document.querySelectorAll('#keypad button')]"
    check("without a call no key can be pressed", page.value(f"{keys}.every(key => key.disabled)") and page.value(f"{keys}.length") == 12)
    page.value("document.getElementById('from').value = '12'; document.getElementById('call').click()")
    check("a wrong number is refused in words", page.until(f"/not in E.164 form/.test({SAID})"), page.value(SAID))
    page.value("document.getElementById('speak').click()")
    page.value("uttered.length = 0; document.getElementById('from').value = ''; document.getElementById('call').click()")
    check("a withheld number is heard too", page.until(f"{TRANSCRIPT}.some(text => /caller|number/i.test(text)) && /over|key/.test({SAID})"), page.value(TRANSCRIPT))
    check("muted, nothing is spoken", page.value("uttered") == [])
    page.until(f"/over/.test({SAID})")
    page.value(f"document.getElementById('patient').click(); document.getElementById('from').value = '{CALLER}'; document.getElementById('call').click()")
    check("without time limits it waits", page.until(f"{SAID} === 'Press a key.'"), page.value(SAID))
    page.value("document.querySelector('#keypad button').click()")
    check("a click presses a key", page.until(f"{TRANSCRIPT}.includes('1')"), page.value(TRANSCRIPT))
    page.until(f"{SAID} === 'Press a key.'")
    page.value("document.getElementById('hang-up').click()")
    check("hanging up ends the call", page.until(f"{SAID} === 'The call is over: caller hung up.'"), page.value(SAID))
    page.value("document.getElementById('patient').click(); document.getElementById('speak').click()")


def other_program(page, project):
    section("A call that another program makes")
    project.run("call", "--env", "local", "--from", "+442079460123")
    check("is shown too", page.until(f"{TRANSCRIPT}.length > 3 && document.getElementById('call-list').childElementCount > 0"), page.value(TRANSCRIPT))


def hostile(page, address, instance):
    section("Texts that are programs")
    flow = {"Version": "2019-10-30", "StartAction": "say", "Actions": [
        {"Identifier": "say", "Type": "MessageParticipant", "Parameters": {"Text": SCRIPT},
         "Transitions": {"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]}},
        {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]}
    made = aws(address, "connect", "PUT", f"/contact-flows/{instance}", {"Name": SCRIPT, "Type": "CONTACT_FLOW", "Content": json.dumps(flow)})
    aws(address, "dynamodb", "POST", "/", {"TableName": "vanity-local-numbers", "Item": {"id": {"S": SCRIPT}, "<b>": {"M": {"<i>": {"S": SCRIPT}}}}},
        "DynamoDB_20120810.PutItem")
    group = "/aws/lambda/vanity-local-convert"
    aws(address, "logs", "POST", "/", {"logGroupName": group, "logStreamName": "hostile"}, "Logs_20140328.CreateLogStream")
    aws(address, "logs", "POST", "/", {"logGroupName": group, "logStreamName": "hostile", "logEvents": [
        {"timestamp": int(time.time() * 1000), "message": SCRIPT}]}, "Logs_20140328.PutLogEvents")
    page.value(f"(select => {{ select.value = '{group}'; select.dispatchEvent(new Event('change')) }})(document.getElementById('group-choice'))")
    check("an item shows as text", page.until(f"{ITEMS}.flat().includes({json.dumps(SCRIPT)})"), page.value(ITEMS))
    check("a log event too", page.until(f"{EVENTS}.includes({json.dumps(SCRIPT)})"), page.value(EVENTS))
    check("and a flow's name", page.until(f"{RESOURCES}.includes({json.dumps(SCRIPT)})"), page.value(RESOURCES))
    line = json.dumps({"instance_id": instance, "contact_flow_id": made["ContactFlowId"]}, separators=(",", ":"))
    page.value(f"document.getElementById('line').value = {json.dumps(line)}; document.getElementById('call').click()")
    check("its call is heard", page.until(f"{SAID} === 'The call is over: disconnected.'"), page.value(SAID))
    check("and shown as text", SCRIPT in page.value(TRANSCRIPT), page.value(TRANSCRIPT))
    check("its picture is drawn, and named by its text", page.until("document.querySelector('#picture g[data-action=say]') !== null")
          and SCRIPT in page.value("document.getElementById('flow-choice').selectedOptions[0].textContent"))
    check("nothing of it became an element or ran", page.value("[window.pwned, document.images.length, document.scripts.length]") == [None, 0, 1],
          page.value("[window.pwned, document.images.length, document.scripts.length]"))


def strangers(address):
    section("Strangers")
    own = {"x_deployer_page": "1"}
    port = address.rsplit(":", 1)[1]
    for path in ("/_deployer", "/_deployer/page.js", "/_deployer/state", "/_deployer/flow", "/_deployer/calls/none"):
        for what, headers in (("another host", {"host": f"page.example:{port}"}), ("another origin", {"origin": "http://page.example"}),
                              ("another site", {"sec_fetch_site": "cross-site"})):
            status, text = request(address, path, **own, **headers)
            check(f"{path} of {what} is refused", status == 403 and "answers only requests for 127.0.0.1" in text, (status, text))
    for path in ("/_deployer/state", "/_deployer/flow"):
        check(f"{path} without the page's header is refused", request(address, path)[0] == 403)
    call = json.dumps({"to": "+18005550100"})
    check("and so is a call", request(address, "/_deployer/calls", "POST", call)[0] == 403)


def for_ears(page):
    section("For a screen reader")
    tree = page.tree()
    nameless = [part for part in tree if part.role in ("button", "textbox", "combobox", "checkbox", "region") and not part.name]
    check("every control and region has a name", nameless == [], nameless)
    headings = [(part.name, part.properties["level"]) for part in tree if part.role == "heading"]
    check("headings are in order", headings[:2] == [("deployer local", 1), ("Phone", 2)] and all(
        later[1] <= earlier[1] + 1 for earlier, later in zip(headings, headings[1:])), headings)
    check("the call's state is announced", any(part.role == "status" and part.properties.get("live") == "polite" for part in tree))
    names = [part.name for part in tree if part.role == "button"]
    check("keys have names", all(name in names for name in ("1", "0", "star", "hash")), names)


def for_the_documentation(page):
    """`deployer/docs/local-page.png`: what is seen first, in the middle of a call."""
    if not SHOTS:
        return
    page.send("Emulation.setDeviceMetricsOverride", width=1180, height=760, deviceScaleFactor=1, mobile=False)
    page.value("new Promise(done => setTimeout(done, 2500))")
    data = page.send("Page.captureScreenshot", format="png")["data"]
    (pathlib.Path(SHOTS) / "local-page.png").write_bytes(base64.b64decode(data))


def for_eyes(page, url):
    section("On screens of every size and in both lights")
    for scheme in ("light", "dark"):
        page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        for width, height, mobile in ((1280, 800, False), (360, 740, True)):
            page.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)
            page.open(url)
            page.until("document.querySelectorAll('#picture g[data-action]').length > 0 && !document.getElementById('call').disabled")
            page.value(f"document.getElementById('from').value = '{CALLER}'; document.getElementById('patient').click(); document.getElementById('call').click()")
            page.until(f"{SAID} === 'Press a key.' && {ITEMS}.length > 0 && {EVENTS} !== ''")
            ratio, where = page.value(CONTRAST)
            check(f"{scheme}, {width} wide: every text has a contrast of 4.5 or more", ratio >= 4.5, (ratio, where))
            fills = page.value(FILLS)
            check(f"{scheme}, {width} wide: in the picture too", fills[0] >= 4.5, fills)
            wide = page.value("document.scrollingElement.scrollWidth")
            check(f"{scheme}, {width} wide: nothing to scroll sideways", wide <= width, wide)
            picture_width = page.value("document.querySelector('#picture svg').getBoundingClientRect().width")
            room = page.value("document.getElementById('picture').clientWidth")
            check(f"{scheme}, {width} wide: the picture fits its frame", picture_width <= max(room, 420), (picture_width, room))
            small = page.value("[...document.querySelectorAll('button, select, input:not([type=checkbox]), label.check')].filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 44).map(one => one.id || one.textContent)")
            check(f"{scheme}, {width} wide: what is touched is 44 pixels high", small == [], small)
            picture(page, f"local-{scheme}-{width}")
            if (scheme, width) == ("light", 1280):
                for_the_documentation(page)
            page.value("document.getElementById('hang-up').click()")
            page.until(f"/over/.test({SAID})")
    page.send("Emulation.setEmulatedMedia", features=[])
    page.send("Emulation.clearDeviceMetricsOverride")


# The lowest contrast of a text of the picture with its box.
FILLS = CONTRAST.split("const behind")[0] + """
  const of = color => light(channels(color));
  return [...document.querySelectorAll('#picture g text')].map(text => {
    const pair = [of(getComputedStyle(text).fill), of(getComputedStyle(text.parentElement.querySelector('.box')).fill)].sort((a, b) => b - a);
    return [(pair[0] + 0.05) / (pair[1] + 0.05), text.textContent];
  }).sort((a, b) => a[0] - b[0])[0];
})()"""


def to_itself(page):
    section("And all the while")
    issues = [issue["issue"] for issue in page.events("Audits.issueAdded") if "ContentSecurityPolicy" in issue["issue"]["code"]]
    check("the policy was never violated", page.value("violations") == [] and issues == [], (page.value("violations"), issues))
    check("nothing was thrown", page.events("Runtime.exceptionThrown") == [], page.events("Runtime.exceptionThrown"))
    kept = page.value("[document.cookie, localStorage.length, sessionStorage.length]")
    check("nothing is kept in the browser", kept == ["", 0, 0], kept)


@contextlib.contextmanager
def with_credentials(project):
    process = project.start("local", "serve", "--env", "local", "--aws-port", "0", "--api-port", "0", "--require-credentials")
    try:
        process.stdout.readline()
        yield process.stdout.readline().split()[1]
    finally:
        process.send_signal(signal.SIGINT)
        check("serve ends with 0 on Ctrl-C", process.wait() == 0, process.stderr.read())


def behind_a_key(project):
    section("With --require-credentials")
    with with_credentials(project) as url:
        key = url.split("?key=")[1]
        check("the printed address has a key", re.fullmatch(r"[0-9a-f]{64}", key) is not None, url)
        address = url.split("/")[2]
        for path in ("/_deployer", "/_deployer/page.js", "/_deployer/state"):
            check(f"{path} without it is refused", request(address, path, x_deployer_page="1")[0] == 403)
        refused = project.run("open", "--env", "local", expect={1, 2, 3, 4, 5})
        check("open does not put it on a command line", key not in refused.stdout + refused.stderr and "--print" in refused.stderr, refused.stderr)
        check("but prints it", project.run("open", "--env", "local", "--print").stdout.strip() == url)
        with browser.Browser() as chromium:
            page = chromium.page()
            open_page(page, url)
            check("and with it the page works", "vanity-local-convert" in page.value(RESOURCES))
            page.value("document.getElementById('call').click()")
            check("and calls", page.until(f"/Press a key|over/.test({SAID})"), page.value(SAID))


def main():
    with copy_directory() as directory:
        project = Project(directory)
        section("A deployed environment")
        project.run("apply", "--env", "local", "--yes")
        actions = [action["Identifier"] for action in json.loads((project.root / "flows/vanity.json").read_text())["Actions"]]
        with project.served() as (endpoint, _):
            address = endpoint.split("//")[1]
            url = project.run("open", "--env", "local", "--print").stdout.strip()
            check("open prints the address of the page", url == f"{endpoint}/_deployer", url)
            instance = aws(address, "connect", "GET", "/instance", {})["InstanceSummaryList"][0]["Id"]
            with browser.Browser() as chromium:
                page = chromium.page()
                open_page(page, url)
                first_sight(page, actions)
                call_by_keyboard(page)
                what_it_wrote(page)
                keypad(page)
                other_program(page, project)
                for_ears(page)
                for_eyes(page, url)
                hostile(page, address, instance)
                to_itself(page)
            strangers(address)
        check("open says so if nothing serves", "local serve" in project.run("open", "--env", "local", "--print", expect=2).stderr)
        behind_a_key(project)
    print(f"\n{base.passed} passed, 0 failed")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""A web page whose name is rebound to 127.0.0.1 gets nothing from `deployer local serve`, in headless Chromium.

    python3 deployer/tests/rebinding.py target/debug/deployer

The page stands on the listener's own port, so that for the browser everything is of one origin, as after the rebinding of its name: it
may set any header and read any answer. A second page is of another origin. Both try what a page can: operations of AWS with made-up
credentials, the telephone line, forms. Then the same from a page of this machine must still reach the listener. Shares its checks
with end_to_end.py.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import browser
import end_to_end as base
from end_to_end import check, section

SIGNED = "AWS4-HMAC-SHA256 Credential=111122223333/20261130/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
TABLE = {"TableName": "stolen", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
         "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}


def fetched(page, path, **options):
    """The status and the text of an answer, or why there is none."""
    script = f"fetch({json.dumps(path)}, {json.dumps(options)}).then(async a => [a.status, await a.text()], e => [0, String(e)])"
    return page.value(script)


def attempts(page, where):
    aws = {"authorization": SIGNED.format("dynamodb"), "content-type": "application/x-amz-json-1.0"}
    tables = fetched(page, f"{where}/", method="POST", headers={**aws, "x-amz-target": "DynamoDB_20120810.ListTables"}, body="{}")
    made = fetched(page, f"{where}/", method="POST", headers={**aws, "x-amz-target": "DynamoDB_20120810.CreateTable"}, body=json.dumps(TABLE))
    form = {"authorization": SIGNED.format("iam"), "content-type": "application/x-www-form-urlencoded"}
    roles = fetched(page, f"{where}/", method="POST", headers=form, body="Action=ListRoles&Version=2010-05-08")
    line = fetched(page, f"{where}/_deployer/call")
    simple = fetched(page, f"{where}/", method="POST", mode="no-cors", body="Action=CreateRole&RoleName=stolen")
    return {"tables": tables, "made": made, "roles": roles, "line": line, "simple": simple}


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory(prefix="deployer-rebinding-") as directory:
        serve = [program, "local", "serve", "--aws-port", "0", "--api-port", "0", "--speed", "1000000"]
        served = subprocess.Popen(serve, cwd=directory, stdout=subprocess.PIPE, text=True)
        try:
            address = served.stdout.readline().split("http://")[1].split(",")[0]
            port = address.rsplit(":", 1)[1]
            with browser.Browser("--host-resolver-rules=MAP *.example 127.0.0.1") as chromium:
                section("A page that has been rebound")
                page = chromium.page()
                page.open(f"http://page.example:{port}/")
                check("is of the listener's own origin", page.value("location.origin") == f"http://page.example:{port}")
                for name, (status, text) in attempts(page, "").items():
                    check(f"{name}: is refused", status == 403 and f"page.example:{port} is not this machine" in text, (status, text))
                section("A page of another origin")
                for name, (status, text) in attempts(page, f"http://127.0.0.1:{port}").items():
                    check(f"{name}: gets nothing", status == 0, (status, text))
                section("A page of this machine")
                page.open(f"http://localhost:{port}/")
                status, text = attempts(page, "")["tables"]
                check("is answered, and nothing was made", status == 200 and json.loads(text) == {"TableNames": []}, (status, text))
                status, text = attempts(page, "")["roles"]
                check("no role either", status == 200 and "stolen" not in text, (status, text))
        finally:
            served.terminate()
            served.wait()
    print(f"\n{base.passed} passed, 0 failed")


if __name__ == "__main__":
    main()

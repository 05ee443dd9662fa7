"""The AWS command line as a process: what a person types, against the embedded AWS."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from checks import things
from checks.connect import END
from checks.iam import POLICY
from servers import ACCOUNT, REGION

AWS = str(pathlib.Path(sys.executable).parent / "aws")
# What version 1 of the command line ends with when the service refuses (AWS CLI user guide, return codes).
REFUSED = 255
ANSWERED = 0


class Shell:
    """Runs commands one after the other and remembers what was wrong."""

    def __init__(self, endpoint, directory):
        self.endpoint, self.directory = endpoint, pathlib.Path(directory)
        self.run, self.wrong = 0, []

    def aws(self, *arguments, ends=ANSWERED, says=""):
        """The answer as JSON, where there is one. The command must end so, and its errors must hold `says`."""
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.directory), "AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "example", "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION, "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": self.endpoint, "AWS_MAX_ATTEMPTS": "1",
        }
        done = subprocess.run([AWS, "--output", "json", *arguments], cwd=self.directory, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.run += 1
        if done.returncode != ends or says not in done.stderr:
            self.wrong.append(f"aws {' '.join(arguments)[:200]} ended with {done.returncode}, not {ends}: {done.stderr.strip()[-300:]}")
        try:
            return json.loads(done.stdout or "{}")
        except ValueError:
            return {"text": done.stdout}

    def equal(self, what, got, wanted):
        if got != wanted:
            self.wrong.append(f"{what} is {got!r}, not {wanted!r}")

    def file(self, name, content):
        (self.directory / name).write_bytes(content)
        return name


def run(endpoint):
    """How many commands were run, and what was wrong."""
    with tempfile.TemporaryDirectory(prefix="interop-") as directory:
        shell = Shell(endpoint, directory)
        for part in (identity, logs, table, function, gateway, certificate, bucket, contact_centre):
            part(shell)
        return shell.run, shell.wrong


def identity(shell):
    shell.equal("the account", shell.aws("sts", "get-caller-identity").get("Account"), ACCOUNT)
    shell.aws("iam", "create-role", "--role-name", "typed", "--assume-role-policy-document", things.TRUST, "--tags", "Key=project,Value=vanity")
    shell.aws("iam", "put-role-policy", "--role-name", "typed", "--policy-name", "p", "--policy-document", POLICY)
    role = shell.aws("iam", "get-role", "--role-name", "typed")
    shell.equal("the tags of the role", role.get("Role", {}).get("Tags"), [{"Key": "project", "Value": "vanity"}])
    shell.aws("iam", "delete-role", "--role-name", "typed", ends=REFUSED, says="DeleteConflict")
    shell.aws("iam", "list-roles", "--page-size", "1")


def logs(shell):
    shell.aws("logs", "create-log-group", "--log-group-name", "/typed", "--tags", "project=vanity")
    shell.aws("logs", "put-retention-policy", "--log-group-name", "/typed", "--retention-in-days", "14")
    groups = shell.aws("logs", "describe-log-groups", "--log-group-name-prefix", "/typed")
    shell.equal("the retention", [group.get("retentionInDays") for group in groups.get("logGroups", [])], [14])
    shell.aws("logs", "put-retention-policy", "--log-group-name", "/typed", "--retention-in-days", "15", ends=REFUSED, says="InvalidParameterException")


def table(shell):
    shell.aws("dynamodb", "create-table", "--table-name", "typed", "--billing-mode", "PAY_PER_REQUEST", "--attribute-definitions", "AttributeName=id,AttributeType=S",
              "--key-schema", "AttributeName=id,KeyType=HASH")
    shell.aws("dynamodb", "wait", "table-exists", "--table-name", "typed")
    shell.aws("dynamodb", "put-item", "--table-name", "typed", "--item", '{"id":{"S":"a"},"n":{"N":"1"}}')
    item = shell.aws("dynamodb", "get-item", "--table-name", "typed", "--key", '{"id":{"S":"a"}}')
    shell.equal("the item", item.get("Item"), {"id": {"S": "a"}, "n": {"N": "1"}})
    shell.aws("dynamodb", "put-item", "--table-name", "typed", "--item", '{"id":{"S":"a"}}', "--condition-expression", "attribute_not_exists(id)",
              ends=REFUSED, says="ConditionalCheckFailedException")
    shell.equal("the scan", shell.aws("dynamodb", "scan", "--table-name", "typed").get("Count"), 1)


def function(shell):
    code = shell.file("code.zip", things.CODE)
    arn = f"arn:aws:iam::{ACCOUNT}:role/typed"
    shell.aws("lambda", "create-function", "--function-name", "typed", "--runtime", "provided.al2023", "--handler", "bootstrap", "--role", arn, "--zip-file", f"fileb://{code}")
    shell.aws("lambda", "wait", "function-active-v2", "--function-name", "typed")
    shell.aws("lambda", "add-permission", "--function-name", "typed", "--statement-id", "api", "--action", "lambda:InvokeFunction", "--principal", "apigateway.amazonaws.com")
    shell.aws("lambda", "invoke", "--function-name", "typed", "--payload", '{"a":1}', "answer.json")
    answer = json.loads((shell.directory / "answer.json").read_text() or "{}") if (shell.directory / "answer.json").exists() else {}
    shell.equal("the answer of the function", answer.get("event"), {"a": 1})
    shell.aws("lambda", "get-function", "--function-name", "nothing", ends=REFUSED, says="ResourceNotFoundException")
    shell.equal("the functions", [one["FunctionName"] for one in shell.aws("lambda", "list-functions").get("Functions", [])], ["typed"])


def gateway(shell):
    api = shell.aws("apigateway", "create-rest-api", "--name", "typed", "--endpoint-configuration", "types=REGIONAL").get("id", "")
    root = shell.aws("apigateway", "get-resources", "--rest-api-id", api).get("items", [{}])[0].get("id", "")
    where = ["--rest-api-id", api, "--resource-id", root, "--http-method", "GET"]
    shell.aws("apigateway", "put-method", *where, "--authorization-type", "NONE")
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/arn:aws:lambda:{REGION}:{ACCOUNT}:function:typed/invocations"
    shell.aws("apigateway", "put-integration", *where, "--type", "AWS_PROXY", "--integration-http-method", "POST", "--uri", uri)
    shell.equal("the integration", shell.aws("apigateway", "get-integration", *where).get("httpMethod"), "POST")
    shell.aws("apigateway", "create-deployment", "--rest-api-id", api, "--stage-name", "live")
    patch = "op=replace,path=/*/*/throttling/rateLimit,value=10"
    stage = shell.aws("apigateway", "update-stage", "--rest-api-id", api, "--stage-name", "live", "--patch-operations", patch)
    shell.equal("the rate", stage.get("methodSettings", {}).get("*/*", {}).get("throttlingRateLimit"), 10.0)
    shell.aws("apigateway", "create-stage", "--rest-api-id", api, "--stage-name", "live", "--deployment-id", "abc123", ends=REFUSED, says="Exception")


def certificate(shell):
    body, key = things.pem("typed.voice.example", "rsa")
    names = shell.file("certificate.pem", body), shell.file("key.pem", key)
    arn = shell.aws("acm", "import-certificate", "--certificate", f"fileb://{names[0]}", "--private-key", f"fileb://{names[1]}").get("CertificateArn", "")
    shell.equal("the domain", shell.aws("acm", "describe-certificate", "--certificate-arn", arn).get("Certificate", {}).get("DomainName"), "typed.voice.example")
    shell.aws("acm", "import-certificate", "--certificate", f"fileb://{names[1]}", "--private-key", f"fileb://{names[1]}", ends=REFUSED, says="ValidationException")


def bucket(shell):
    name = shell.file("state.json", b'{"serial": 1}')
    shell.aws("s3", "mb", "s3://typed-states")
    shell.aws("s3", "cp", name, "s3://typed-states/dev/state.json")
    shell.aws("s3", "cp", "s3://typed-states/dev/state.json", "back.json")
    shell.equal("the file that came back", (shell.directory / "back.json").read_bytes() if (shell.directory / "back.json").exists() else None, b'{"serial": 1}')
    shell.equal("the listing", shell.aws("s3", "ls", "s3://typed-states/dev/").get("text", "").split()[-1:], ["state.json"])
    shell.aws("s3", "rb", "s3://typed-states", ends=1, says="BucketNotEmpty")
    shell.aws("s3api", "put-object", "--bucket", "typed-states", "--key", "dev/state.json", "--body", name, "--if-none-match", "*", ends=REFUSED, says="PreconditionFailed")
    shell.aws("s3", "rm", "s3://typed-states", "--recursive")
    shell.aws("s3", "rb", "s3://typed-states")


def contact_centre(shell):
    id_ = shell.aws("connect", "create-instance", "--identity-management-type", "CONNECT_MANAGED", "--instance-alias", "typed", "--inbound-calls-enabled", "--no-outbound-calls-enabled").get("Id", "")
    while shell.aws("connect", "describe-instance", "--instance-id", id_).get("Instance", {}).get("InstanceStatus") == "CREATION_IN_PROGRESS":
        pass
    shell.aws("connect", "create-contact-flow", "--instance-id", id_, "--name", "typed", "--type", "CONTACT_FLOW", "--content", json.dumps(END))
    flows = shell.aws("connect", "list-contact-flows", "--instance-id", id_).get("ContactFlowSummaryList", [])
    shell.equal("the flows of the name", [flow["Name"] for flow in flows if flow["Name"] == "typed"], ["typed"])

#!/usr/bin/env python3
"""A pipeline from nothing: `bootstrap`, then plan, apply and destroy with the roles that it created, then `bootstrap --remove`.

    python3 deployer/tests/pipeline.py target/debug/deployer

The embedded AWS judges every call by the roles' policies and their boundary, and lets assume them by what a token claims. What exists is
counted with boto3. The bucket, the roles and the identity provider are also created and removed on moto, which others wrote. Needs boto3
and moto (`pip install boto3 'moto[server]'`). SEED makes the moments of kills repeatable, AGAINST=embedded or AGAINST=moto runs only one.
"""

import base64
import contextlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from end_to_end import BINARY, Project, SEED, check, copy_directory, section
from killed import ACCOUNT, CREDENTIALS, REGION, moto, without_policy

AGAINST = os.environ.get("AGAINST", "embedded moto").split()
BUCKET = f"deployer-state-{ACCOUNT}-{REGION}"
REPOSITORY = "octo-org/voice"
ISSUER = "https://token.actions.githubusercontent.com"
WHOLE = ["bootstrap", "--env", "dev", "--github", REPOSITORY, "--yes"]
ROLES = {step: f"arn:aws:iam::{ACCOUNT}:role/deployer-vanity-dev-{step}" for step in ("plan", "apply")}


class Account:
    """What bootstrap creates, as a client sees it that we did not write."""

    def __init__(self, endpoint, embedded):
        self.endpoint, self.embedded = endpoint, embedded

    def client(self, service, **credentials):
        given = credentials or {"aws_access_key_id": "example", "aws_secret_access_key": "example"}
        config = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})
        return boto3.client(service, endpoint_url=self.endpoint, region_name=REGION, config=config, **given)

    def names(self):
        iam = self.client("iam")
        return {
            "bucket": [bucket["Name"] for bucket in self.client("s3").list_buckets()["Buckets"]],
            "role": [role["RoleName"] for role in iam.list_roles()["Roles"]],
            "policy": [policy["PolicyName"] for policy in iam.list_policies(Scope="Local")["Policies"]],
            "provider": [one["Arn"] for one in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]],
        }

    def counts(self):
        return {kind: len(names) for kind, names in self.names().items()}


def denied(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
    return False


def token(project, subject, **more):
    """The environment of a workflow's job whose token has this subject. The SDK sends the token itself."""
    said = {"iss": ISSUER, "aud": "sts.amazonaws.com", "sub": subject, "exp": int(time.time()) + 600, **more}
    part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
    path = project.root / "token.jwt"
    path.write_text(f"{part({'alg': 'RS256'})}.{part(said)}.c2lnbmF0dXJl")
    return {"AWS_WEB_IDENTITY_TOKEN_FILE": str(path), "AWS_ROLE_SESSION_NAME": "workflow"}


@contextlib.contextmanager
def as_role(project, step, subject, **more):
    """Runs with the role of a step instead of the administrator's keys."""
    before = dict(project.environment)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        project.environment.pop(name, None)
    project.environment.update(token(project, subject, **more), AWS_ROLE_ARN=ROLES[step])
    try:
        yield
    finally:
        project.environment.clear()
        project.environment.update(before)


def killed(project, dice):
    """Starts a bootstrap and kills it a moment after a random number of its changes has begun."""
    process = subprocess.Popen(
        [BINARY, *WHOLE, "--json"], cwd=project.root, env=project.environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    )
    left = dice.randint(0, 8)
    while left > 0 and (line := process.stdout.readline()):
        left -= json.loads(line).get("event") == "started"
    time.sleep(dice.random() * 0.05)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def removed(project, account):
    if not account.embedded:
        without_policy(account.client("s3"), BUCKET)
    return project.run("bootstrap", "--env", "dev", "--remove", "--yes")


def life(project, account):
    """Created once, however often it is asked for and whenever it is killed; and gone in the end."""
    nothing = dict.fromkeys(account.counts(), 0)
    check("nothing exists", account.counts() == nothing, account.names())
    project.run(*WHOLE)
    one_of_each = account.counts()
    check("a bucket, two roles, a provider and their policies are created", (one_of_each["bucket"], one_of_each["role"], one_of_each["provider"]) == (1, 2, 1), account.names())
    again = project.run(*WHOLE)
    check("the second run changes nothing", "No changes" in again.stdout and account.counts() == one_of_each, again.stdout)
    settings(account)
    removed(project, account)
    check("--remove leaves nothing", account.counts() == nothing, account.names())
    again = removed(project, account)
    check("and is done when it is run again", "Nothing to remove" in again.stdout, again.stdout)
    dice = random.Random(SEED)
    for number in range(6):
        killed(project, dice)
        if number % 2:
            project.run(*WHOLE)
            check("killed and run again, there is one of each", account.counts() == one_of_each, account.names())
            done = project.run(*WHOLE)
            check("and nothing is left to do", "No changes" in done.stdout, done.stdout)
            removed(project, account)
            check("and it can be removed", account.counts() == nothing, account.names())
    removed(project, account)


def settings(account):
    s3 = account.client("s3")
    check("the bucket is versioned", s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled")
    blocks = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    check("it is private", len(blocks) == 4 and all(blocks.values()), blocks)
    rules = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    check("it is encrypted", rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256", rules)
    statement = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"][0]
    check("it takes TLS only", statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}, statement)
    old = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"][0]["NoncurrentVersionExpiration"]
    check("its old versions go after 90 days", old["NoncurrentDays"] == 90, old)
    iam = account.client("iam")
    for step, subjects in (("plan", 3), ("apply", 1)):
        role = iam.get_role(RoleName=f"deployer-vanity-dev-{step}")["Role"]
        condition = role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]["StringEquals"]
        named = condition["token.actions.githubusercontent.com:sub"]
        check(f"the role to {step} trusts {subjects} subjects of the repository", len(named) == subjects and all(one.startswith(f"repo:{REPOSITORY}:") for one in named), named)
        check("it has a boundary", role["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith("deployer-vanity-dev-boundary"), role)


def foreign(project, account):
    """What somebody else has created is refused, used as it is, or taken over."""
    s3 = account.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    refused = project.run("bootstrap", "--env", "dev", "--yes", expect=3)
    check("a bucket of somebody else is refused", "--adopt" in refused.stdout + refused.stderr, refused.stdout + refused.stderr)
    check("and left as it is", "Status" not in s3.get_bucket_versioning(Bucket=BUCKET))
    project.run("bootstrap", "--env", "dev", "--yes", "--adopt")
    check("--adopt takes it over", s3.get_bucket_versioning(Bucket=BUCKET).get("Status") == "Enabled")
    s3.delete_bucket_tagging(Bucket=BUCKET)
    used = project.run("bootstrap", "--env", "dev", "--yes")
    check("with the right settings it is used as it is", "used as it is" in used.stderr and "No changes" in used.stdout, used.stdout + used.stderr)
    removed(project, account)
    check("and --remove leaves it", account.names()["bucket"] == [BUCKET], account.names())
    s3.delete_bucket(Bucket=BUCKET)


def pipeline(project, account):
    """What the workflow does, with the rights that it has."""
    project.run(*WHOLE)
    roles = project.run("bootstrap", "--env", "dev", "--show-roles").stdout
    check("the ARNs of the roles follow from the spec", roles == f"plan_role={ROLES['plan']}\napply_role={ROLES['apply']}\n", roles)
    project.run("build", "--env", "dev", "--out", "package/functions")
    prebuilt = ["--functions", "package/functions"]
    pull, job = f"repo:{REPOSITORY}:pull_request", f"repo:{REPOSITORY}:environment:dev"
    project.environment["CARGO"] = "/nonexistent/cargo"
    time.sleep(1)
    with as_role(project, "plan", pull):
        planned = project.run("plan", "--env", "dev", *prebuilt)
        check("a pull request plans with the role that reads", "to create" in planned.stdout + planned.stderr, planned.stdout + planned.stderr)
        refused = project.run("apply", "--env", "dev", "--yes", *prebuilt, expect=1)
        check("and cannot apply with it", "not authorized" in refused.stderr + refused.stdout, refused.stdout + refused.stderr)
    for step, subject, more in (
        ("apply", pull, {}),
        ("apply", f"repo:{REPOSITORY}:ref:refs/heads/main", {}),
        ("apply", f"repo:{REPOSITORY}:environment:prod", {}),
        ("plan", "repo:octo-org/other:pull_request", {}),
        ("apply", job, {"aud": "another"}),
        ("apply", job, {"iss": "https://issuer.example"}),
        ("apply", job, {"exp": int(time.time()) - 1}),
    ):
        with as_role(project, step, subject, **more):
            project.run("plan", "--env", "dev", *prebuilt, expect=3)
        check(f"the role to {step} is not for {subject} {more or ''}", True)
    with as_role(project, "plan", f"repo:{REPOSITORY}:ref:refs/heads/main"):
        project.run("plan", "--env", "dev", "--out", "plan.json", *prebuilt)
    with as_role(project, "apply", job):
        project.run("apply", "plan.json", "--env", "dev", *prebuilt)
        refused = project.run("apply", "plan.json", "--env", "dev", *prebuilt, expect=5)
        check("a plan is applied once", "state: there was none" in refused.stderr, refused.stderr)
        done = project.run("plan", "--env", "dev", *prebuilt)
        check("a job of the environment applies", "No changes" in done.stdout, done.stdout)
    with as_role(project, "plan", pull):
        done = project.run("plan", "--env", "dev", *prebuilt)
        check("the role that reads sees that nothing is to do", "No changes" in done.stdout, done.stdout)
    bounded(account, token(project, job))
    refused = project.run("bootstrap", "--env", "dev", "--remove", "--yes", expect=3)
    check("--remove is refused while the state records resources", "deployer destroy --env dev" in refused.stderr, refused.stderr)
    with as_role(project, "apply", job):
        project.run("destroy", "--env", "dev", "--yes")
    project.run("bootstrap", "--env", "dev", "--remove", "--yes")
    check("in the end nothing is left", not any(account.counts().values()), account.names())


def bounded(account, environment):
    """What the role that applies cannot do, whatever its policies said."""
    sts = account.client("sts")
    text = pathlib.Path(environment["AWS_WEB_IDENTITY_TOKEN_FILE"]).read_text()
    said = sts.assume_role_with_web_identity(RoleArn=ROLES["apply"], RoleSessionName="workflow", WebIdentityToken=text)["Credentials"]
    keys = {"aws_access_key_id": said["AccessKeyId"], "aws_secret_access_key": said["SecretAccessKey"], "aws_session_token": said["SessionToken"]}
    everything = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    account.client("iam").put_role_policy(RoleName="deployer-vanity-dev-apply", PolicyName="everything", PolicyDocument=everything)
    iam, s3 = account.client("iam", **keys), account.client("s3", **keys)
    check("it reads what its policies allow", iam.get_role(RoleName="vanity-dev-get")["Role"]["RoleName"] == "vanity-dev-get")
    check("it takes no boundary away, its own included", denied(iam.delete_role_permissions_boundary, RoleName="deployer-vanity-dev-apply"))
    check("it adds no policy to itself", denied(iam.put_role_policy, RoleName="deployer-vanity-dev-plan", PolicyName="x", PolicyDocument=everything))
    check("it rewrites no policy of the pipeline", denied(iam.create_policy_version, PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/deployer-vanity-dev-boundary", PolicyDocument=everything))
    check("it creates no role of another name", denied(iam.create_role, RoleName="other", AssumeRolePolicyDocument=everything))
    version = s3.list_object_versions(Bucket=BUCKET)["Versions"][0]
    check("it removes no version of a state", denied(s3.delete_object, Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"]))
    check("it opens no bucket of states", denied(s3.delete_bucket_policy, Bucket=BUCKET) and denied(s3.put_bucket_versioning, Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}))
    account.client("iam").delete_role_policy(RoleName="deployer-vanity-dev-apply", PolicyName="everything")


def main():
    for against in AGAINST:
        embedded = against == "embedded"
        with copy_directory() as directory, contextlib.ExitStack() as stack:
            project = Project(directory)
            endpoint = stack.enter_context(project.served())[0] if embedded else stack.enter_context(moto())
            project.environment.update(CREDENTIALS, AWS_ENDPOINT_URL=endpoint)
            account = Account(endpoint, embedded)
            section(f"bootstrap on {'the embedded AWS' if embedded else 'moto'}")
            life(project, account)
            if embedded:
                # moto keeps the tags of a deleted bucket for the next one of its name.
                foreign(project, account)
                section("A pipeline on the embedded AWS")
                pipeline(project, account)


if __name__ == "__main__":
    main()
    print("\nall good")

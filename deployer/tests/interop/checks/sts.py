"""STS: who calls, and sessions of roles."""

import datetime
import json

from botocore.exceptions import ClientError
from checks import things
from suite import check

ASSUMABLE = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}]})


def role(at, trust=ASSUMABLE, **more):
    return at.iam.create_role(RoleName=at.name("assumed"), AssumeRolePolicyDocument=trust, **more)["Role"]


def assumed(at, arn, **more):
    """A session, once the role is known."""
    def known():
        try:
            at.sts.assume_role(RoleArn=arn, RoleSessionName="tester")
        except ClientError as error:
            if error.response["Error"]["Code"] == "AccessDenied":
                return False
            raise
        return True

    at.until("the role can be assumed", known)
    return at.sts.assume_role(RoleArn=arn, RoleSessionName="tester", **more)


@check("sts.GetCallerIdentity", "BC sts.GetCallerIdentity")
def the_account_is_that_of_the_key(at):
    at.equal("Account", at.sts.get_caller_identity()["Account"], "111122223333")


@check("sts.AssumeRole", "BC sts.AssumeRole, Credentials")
def a_session_has_temporary_credentials_that_end_in_an_hour(at):
    answer = assumed(at, role(at)["Arn"])
    keys = answer["Credentials"]
    at.true("the key begins with ASIA", keys["AccessKeyId"].startswith("ASIA"))
    left = (keys["Expiration"] - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
    at.true(f"it ends in an hour, not in {left:.0f} s", 3500 < left <= 3605)


@check("sts.AssumeRole", "BC sts.AssumedRoleUser: the id is that of the role and the session's name; the ARN has no path")
def a_session_names_its_role(at):
    made = role(at, Path="/team/")
    user = assumed(at, made["Arn"])["AssumedRoleUser"]
    at.equal("AssumedRoleId", user["AssumedRoleId"], f"{made['RoleId']}:tester")
    at.equal("Arn", user["Arn"], f"arn:aws:sts::111122223333:assumed-role/{made['RoleName']}/tester")


@check("sts.GetCallerIdentity", "BC sts.GetCallerIdentity: Arn, UserId of an assumed role")
def whoever_has_a_session_is_that_session(at):
    made = role(at)
    keys = assumed(at, made["Arn"])["Credentials"]
    there = at.client("sts", keys=(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]))
    identity = there.get_caller_identity()
    at.equal("Arn", identity["Arn"], f"arn:aws:sts::111122223333:assumed-role/{made['RoleName']}/tester")
    at.equal("UserId", identity["UserId"], f"{made['RoleId']}:tester")


@check("sts.AssumeRole", "IAM user guide, troubleshooting roles: a role that does not exist and one that may not be assumed are told apart to nobody", kind="absent")
def a_role_that_does_not_exist_cannot_be_assumed(at):
    at.refuses(("AccessDenied", 403), at.sts.assume_role, RoleArn="arn:aws:iam::111122223333:role/nobody-there", RoleSessionName="tester",
               message="is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/nobody-there")


@check("sts.AssumeRole", "BC sts.AssumeRole: the role's trust policy must name the caller", kind="forbidden")
def a_role_that_trusts_a_service_alone_cannot_be_assumed_by_an_account(at):
    at.refuses(("AccessDenied", 403), at.sts.assume_role, RoleArn=role(at, things.TRUST)["Arn"], RoleSessionName="tester")


@check("sts.AssumeRole", "BC sts.AssumeRole: DurationSeconds up to the role's maximum", kind="malformed")
def a_session_longer_than_its_role_allows_is_refused(at):
    arn = role(at)["Arn"]
    assumed(at, arn)
    at.refuses(("ValidationError", 400), at.sts.assume_role, RoleArn=arn, RoleSessionName="tester", DurationSeconds=7200,
               message="exceeds the MaxSessionDuration")


@check("sts.AssumeRole", "BC sts.roleDurationSecondsType: at least 900", kind="malformed")
def a_session_of_less_than_a_quarter_of_an_hour_is_refused(at):
    at.refuses(("ValidationError", 400), at.sts.assume_role, RoleArn=role(at)["Arn"], RoleSessionName="tester", DurationSeconds=899)


@check("sts.AssumeRole", "BC sts.roleSessionNameType: 2 to 64 of [\\w+=,.@-]", kind="malformed")
def a_session_name_with_a_space_is_refused(at):
    at.refuses(("ValidationError", 400), at.sts.assume_role, RoleArn=role(at)["Arn"], RoleSessionName="a b")

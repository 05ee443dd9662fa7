"""IAM: managed policies, permissions boundaries and identity providers, and sessions by a provider's token."""

import base64
import json
import time

from botocore.exceptions import ClientError

from checks.iam import GRAMMAR, POLICY, made, policy
from suite import check, refusals

ACCOUNT = "arn:aws:iam::111122223333"
NO_POLICY = f"{ACCOUNT}:policy/nothing-there"
NO_PROVIDER = f"{ACCOUNT}:oidc-provider/nothing-there.example"

for operation, more in {
    "GetPolicy": {}, "DeletePolicy": {}, "ListPolicyVersions": {}, "ListPolicyTags": {}, "ListEntitiesForPolicy": {},
    "CreatePolicyVersion": {"PolicyDocument": POLICY}, "GetPolicyVersion": {"VersionId": "v1"}, "DeletePolicyVersion": {"VersionId": "v1"},
    "TagPolicy": {"Tags": [{"Key": "a", "Value": "b"}]}, "UntagPolicy": {"TagKeys": ["a"]},
}.items():
    refusals(f"iam.{operation}", "BC iam.NoSuchEntityException", "NoSuchEntity", 404, [("a policy that is not there", {"PolicyArn": NO_POLICY, **more})], kind="absent")
for operation, more in {
    "GetOpenIDConnectProvider": {}, "ListOpenIDConnectProviderTags": {}, "AddClientIDToOpenIDConnectProvider": {"ClientID": "a"},
    "TagOpenIDConnectProvider": {"Tags": [{"Key": "a", "Value": "b"}]}, "UntagOpenIDConnectProvider": {"TagKeys": ["a"]},
}.items():
    refusals(f"iam.{operation}", "BC iam.NoSuchEntityException", "NoSuchEntity", 404,
             [("a provider that is not there", {"OpenIDConnectProviderArn": NO_PROVIDER, **more})], kind="absent")
refusals("iam.DeleteRolePermissionsBoundary", "BC iam.NoSuchEntityException", "NoSuchEntity", 404, [
    ("the boundary of a role that is not there", {"RoleName": "nobody-there"}, "The role with name nobody-there cannot be found.")], kind="absent")
refusals("iam.PutRolePermissionsBoundary", "BC iam.NoSuchEntityException", "NoSuchEntity", 404, [
    ("a boundary that is not there", lambda at: {"RoleName": made(at), "PermissionsBoundary": NO_POLICY})], kind="absent")
refusals("iam.CreatePolicy", f"BC iam.CreatePolicy; {GRAMMAR}", "MalformedPolicyDocument", 400, [
    ("a managed policy that is no JSON", {"PolicyName": "faulty", "PolicyDocument": "{"}),
    ("a managed policy with a principal", {"PolicyName": "faulty", "PolicyDocument": policy(Principal="*")}),
])


def managed(at, document=POLICY, **more):
    return at.iam.create_policy(PolicyName=at.name("policy"), PolicyDocument=document, **more)["Policy"]["Arn"]


def provider(at, **more):
    return at.iam.create_open_id_connect_provider(Url=f"https://{at.name('issuer')}.example", **more)["OpenIDConnectProviderArn"]


@check("iam.CreatePolicy", "BC iam.EntityAlreadyExistsException", kind="duplicate")
def a_second_policy_of_the_name_is_refused(at):
    arn = managed(at)
    at.refuses(("EntityAlreadyExists", 409), at.iam.create_policy, PolicyName=arn.rsplit("/")[-1], PolicyDocument=POLICY)


@check("iam.CreatePolicy", "IAM quotas page: a managed policy has 6,144 characters without white space at most; BC iam.LimitExceededException", kind="malformed")
def a_policy_of_more_than_6_144_characters_is_refused(at):
    large = policy(Resource=[f"arn:aws:s3:::bucket-{n:04}/*" for n in range(240)])
    at.refuses(("LimitExceeded", 409), at.iam.create_policy, PolicyName=at.name("policy"), PolicyDocument=large)


@check("iam.GetPolicy", "BC iam.Policy: the description comes with GetPolicy; the first version is v1")
def a_policy_says_what_it_is(at):
    arn = managed(at, Description="For tests", Tags=[{"Key": "a", "Value": "b"}])
    found = at.iam.get_policy(PolicyArn=arn)["Policy"]
    for member, value in {"Arn": arn, "Path": "/", "DefaultVersionId": "v1", "AttachmentCount": 0, "PermissionsBoundaryUsageCount": 0,
                          "IsAttachable": True, "Description": "For tests", "Tags": [{"Key": "a", "Value": "b"}]}.items():
        at.equal(member, found.get(member), value)
    at.true("the id begins with ANPA", found["PolicyId"].startswith("ANPA"))
    document = at.iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]
    at.equal("document", document, json.loads(POLICY))


@check("iam.ListPolicies", "BC iam.ListPolicies: Scope, OnlyAttached; does not return tags")
def policies_of_the_account_are_listed(at):
    path = f"/{at.name()}/"
    arn, other = managed(at, Path=path, Tags=[{"Key": "a", "Value": "b"}]), managed(at, Path=path)
    at.iam.attach_role_policy(RoleName=made(at), PolicyArn=arn)
    listed = at.iam.list_policies(Scope="Local", PathPrefix=path)["Policies"]
    at.equal("ARNs", {one["Arn"] for one in listed}, {arn, other})
    at.true("they have no Tags", all("Tags" not in one for one in listed))
    attached = at.iam.list_policies(Scope="Local", PathPrefix=path, OnlyAttached=True)["Policies"]
    at.equal("attached", [one["Arn"] for one in attached], [arn])


@check("iam.CreatePolicyVersion", "BC iam.CreatePolicyVersion: SetAsDefault; IAM user guide, Versioning IAM policies: numbers are not used again")
def a_new_version_takes_over_where_asked(at):
    arn = managed(at)
    at.equal("version", at.iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(Action="s3:PutObject"))["PolicyVersion"]["VersionId"], "v2")
    at.equal("default", at.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"], "v1")
    at.iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(Action="s3:List*"), SetAsDefault=True)
    at.equal("default", at.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"], "v3")
    at.iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    at.equal("version", at.iam.create_policy_version(PolicyArn=arn, PolicyDocument=POLICY)["PolicyVersion"]["VersionId"], "v4")
    versions = {one["VersionId"]: one["IsDefaultVersion"] for one in at.iam.list_policy_versions(PolicyArn=arn)["Versions"]}
    at.equal("versions", versions, {"v1": False, "v3": True, "v4": False})


@check("iam.CreatePolicyVersion", "BC iam.CreatePolicyVersion: up to five versions; LimitExceededException")
def a_sixth_version_is_refused(at):
    arn = managed(at)
    for _ in range(4):
        at.iam.create_policy_version(PolicyArn=arn, PolicyDocument=POLICY)
    at.refuses(("LimitExceeded", 409), at.iam.create_policy_version, PolicyArn=arn, PolicyDocument=POLICY)


@check("iam.DeletePolicyVersion", "BC iam.DeletePolicyVersion: not the default version; DeleteConflictException")
def the_version_in_force_is_not_deleted(at):
    at.refuses(("DeleteConflict", 409), at.iam.delete_policy_version, PolicyArn=managed(at), VersionId="v1")


@check("iam.DeletePolicy", "BC iam.DeletePolicy: detached and without other versions; DeleteConflictException")
def a_policy_in_use_is_not_deleted(at):
    arn, role = managed(at), made(at)
    at.iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    at.refuses(("DeleteConflict", 409), at.iam.delete_policy, PolicyArn=arn)
    at.iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    at.iam.create_policy_version(PolicyArn=arn, PolicyDocument=POLICY)
    at.refuses(("DeleteConflict", 409), at.iam.delete_policy, PolicyArn=arn)
    at.iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    at.iam.delete_policy(PolicyArn=arn)
    at.refuses(("NoSuchEntity", 404), at.iam.get_policy, PolicyArn=arn)


@check("iam.ListEntitiesForPolicy", "BC iam.ListEntitiesForPolicy: PolicyUsageFilter")
def whoever_uses_a_policy_is_listed(at):
    arn, attached, bound = managed(at), made(at), made(at)
    at.iam.attach_role_policy(RoleName=attached, PolicyArn=arn)
    at.iam.put_role_permissions_boundary(RoleName=bound, PermissionsBoundary=arn)
    names = lambda **more: {one["RoleName"] for one in at.iam.list_entities_for_policy(PolicyArn=arn, **more)["PolicyRoles"]}
    at.equal("all", names(), {attached, bound})
    at.equal("boundaries", names(PolicyUsageFilter="PermissionsBoundary"), {bound})


@check("iam.TagPolicy", "BC iam.TagPolicy, UntagPolicy, ListPolicyTags")
def the_tags_of_a_policy_change(at):
    arn = managed(at, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "1"}])
    at.iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": "2"}])
    at.iam.untag_policy(PolicyArn=arn, TagKeys=["b"])
    at.equal("tags", at.iam.list_policy_tags(PolicyArn=arn)["Tags"], [{"Key": "a", "Value": "2"}])


@check("iam.PutRolePermissionsBoundary", "BC iam.PutRolePermissionsBoundary, AttachedPermissionsBoundary")
def a_role_shows_its_boundary(at):
    arn, name = managed(at), made(at)
    at.iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=arn)
    found = at.iam.get_role(RoleName=name)["Role"]["PermissionsBoundary"]
    at.equal("ARN", found["PermissionsBoundaryArn"], arn)
    at.refuses(("DeleteConflict", 409), at.iam.delete_policy, PolicyArn=arn)
    at.iam.delete_role_permissions_boundary(RoleName=name)
    at.true("it has none", "PermissionsBoundary" not in at.iam.get_role(RoleName=name)["Role"])


@check("iam.CreateOpenIDConnectProvider", "BC iam.CreateOpenIDConnectProvider: not the same URL twice; EntityAlreadyExistsException", kind="duplicate")
def a_second_provider_of_the_issuer_is_refused(at):
    url = "https://" + provider(at).split("/", 1)[1]
    at.refuses(("EntityAlreadyExists", 409), at.iam.create_open_id_connect_provider, Url=url)


@check("iam.CreateOpenIDConnectProvider", "BC iam.CreateOpenIDConnectProvider: the URL must begin with https://", kind="malformed")
def an_issuer_without_tls_is_refused(at):
    at.refuses((("ValidationError", "InvalidInput"), 400), at.iam.create_open_id_connect_provider, Url="http://issuer.example")


@check("iam.GetOpenIDConnectProvider", "BC iam.GetOpenIDConnectProviderResponse; LocalStack and moto give the URL without its scheme, as recorded from AWS")
def a_provider_says_what_it_is(at):
    arn = provider(at, ClientIDList=["a"], ThumbprintList=["0" * 40], Tags=[{"Key": "a", "Value": "b"}])
    found = at.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    for member, value in {"Url": arn.split("/", 1)[1], "ClientIDList": ["a"], "ThumbprintList": ["0" * 40], "Tags": [{"Key": "a", "Value": "b"}]}.items():
        at.equal(member, found.get(member), value)
    at.true("it is listed", arn in [one["Arn"] for one in at.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]])


@check("iam.AddClientIDToOpenIDConnectProvider", "BC iam.AddClientIDToOpenIDConnectProvider: no error for one that is there", kind="duplicate")
def an_audience_added_twice_is_there_once(at):
    arn = provider(at, ClientIDList=["a"])
    for _ in range(2):
        at.iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="b")
    at.equal("audiences", sorted(at.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"]), ["a", "b"])


@check("iam.UpdateOpenIDConnectProviderThumbprint", "BC iam.UpdateOpenIDConnectProviderThumbprint: the list is replaced; RemoveClientIDFromOpenIDConnectProvider: no error for one that is not there")
def thumbprints_are_replaced_and_audiences_removed(at):
    arn = provider(at, ClientIDList=["a", "b"], ThumbprintList=["1" * 40])
    at.iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["2" * 40, "3" * 40])
    for _ in range(2):
        at.iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="b")
    found = at.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    at.equal("provider", (found["ThumbprintList"], found["ClientIDList"]), (["2" * 40, "3" * 40], ["a"]))


for operation, arguments in {"UpdateOpenIDConnectProviderThumbprint": {"ThumbprintList": ["1" * 40]}, "RemoveClientIDFromOpenIDConnectProvider": {"ClientID": "a"}}.items():
    refusals(f"iam.{operation}", "BC iam.NoSuchEntityException", "NoSuchEntity", 404, [
        ("a provider that is not there", {"OpenIDConnectProviderArn": "arn:aws:iam::111122223333:oidc-provider/nobody.example", **arguments})], kind="absent")


@check("iam.TagOpenIDConnectProvider", "BC iam.TagOpenIDConnectProvider, UntagOpenIDConnectProvider, ListOpenIDConnectProviderTags")
def the_tags_of_a_provider_change(at):
    arn = provider(at, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "1"}])
    at.iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "a", "Value": "2"}])
    at.iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn, TagKeys=["b"])
    at.equal("tags", at.iam.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=arn)["Tags"], [{"Key": "a", "Value": "2"}])


@check("iam.DeleteOpenIDConnectProvider", "BC iam.DeleteOpenIDConnectProvider: idempotent, no error for one that is not there", kind="absent")
def a_provider_deleted_twice_is_no_error(at):
    arn = provider(at)
    for _ in range(2):
        at.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    at.refuses(("NoSuchEntity", 404), at.iam.get_open_id_connect_provider, OpenIDConnectProviderArn=arn)


def token(issuer, **more):
    said = {"iss": f"https://{issuer}", "aud": "tests", "sub": "repo:octo-org/voice:pull_request", "exp": int(time.time()) + 600, **more}
    part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
    return f"{part({'alg': 'RS256'})}.{part(said)}.c2lnbmF0dXJl"


def trusting(at, subject):
    """A role that trusts a subject of an issuer, and the issuer."""
    arn = provider(at, ClientIDList=["tests"])
    issuer = arn.split("/", 1)[1]
    document = json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Federated": arn}, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{issuer}:aud": "tests", f"{issuer}:sub": subject}}}]})
    return at.iam.create_role(RoleName=at.name("federated"), AssumeRolePolicyDocument=document)["Role"]["Arn"], issuer


@check("sts.AssumeRoleWithWebIdentity", "BC sts.AssumeRoleWithWebIdentity: SubjectFromWebIdentityToken, Audience, AssumedRoleUser")
def the_bearer_of_a_trusted_token_gets_a_session(at):
    role, issuer = trusting(at, "repo:octo-org/voice:pull_request")

    def known():
        try:
            return at.sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="tester", WebIdentityToken=token(issuer))
        except ClientError as error:
            if error.response["Error"]["Code"] == "AccessDenied":
                return None
            raise

    at.until("the role can be assumed", known)
    answer = known()
    at.equal("subject", answer["SubjectFromWebIdentityToken"], "repo:octo-org/voice:pull_request")
    at.equal("audience", answer["Audience"], "tests")
    keys = answer["Credentials"]
    there = at.client("sts", keys=(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]))
    at.equal("caller", there.get_caller_identity()["Arn"], answer["AssumedRoleUser"]["Arn"])


@check("sts.AssumeRoleWithWebIdentity", "IAM user guide, Create a role for OpenID Connect federation: conditions on audience and subject")
def another_subject_gets_no_session(at):
    role, issuer = trusting(at, "repo:octo-org/voice:environment:prod")
    at.refuses(("AccessDenied", 403), at.sts.assume_role_with_web_identity, RoleArn=role, RoleSessionName="tester", WebIdentityToken=token(issuer))


@check("sts.AssumeRoleWithWebIdentity", "BC sts.InvalidIdentityTokenException", kind="absent")
def a_token_of_an_unknown_issuer_is_refused(at):
    role, _ = trusting(at, "anybody")
    at.refuses(("InvalidIdentityToken", 400), at.sts.assume_role_with_web_identity, RoleArn=role, RoleSessionName="tester", WebIdentityToken=token("nobody.example"))


@check("sts.AssumeRoleWithWebIdentity", "BC sts.ExpiredTokenException")
def a_token_that_has_ended_is_refused(at):
    role, issuer = trusting(at, "anybody")
    ended = token(issuer, exp=int(time.time()) - 60)
    at.refuses(("ExpiredTokenException", 400), at.sts.assume_role_with_web_identity, RoleArn=role, RoleSessionName="tester", WebIdentityToken=ended)

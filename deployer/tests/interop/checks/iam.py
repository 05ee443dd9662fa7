"""IAM: roles and their policies."""

import json

from checks import things
from suite import check, refusals

TRUST = things.TRUST
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})
GRAMMAR = "IAM user guide, Grammar of the IAM JSON policy language; BC iam.MalformedPolicyDocumentException"


def policy(**changed):
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **changed}
    return json.dumps({"Version": "2012-10-17", "Statement": [{key: value for key, value in statement.items() if value is not None}]})


def trust(**changed):
    statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole", **changed}
    return json.dumps({"Version": "2012-10-17", "Statement": [{key: value for key, value in statement.items() if value is not None}]})


def made(at, **more):
    name = at.name("role")
    at.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, **more)
    return name


refusals("iam.CreateRole", f"BC iam.CreateRole; {GRAMMAR}", "MalformedPolicyDocument", 400, [
    ("a trust policy that is no JSON", {"RoleName": "faulty", "AssumeRolePolicyDocument": "nonsense"}),
    ("a trust policy without statements", {"RoleName": "faulty", "AssumeRolePolicyDocument": '{"Version":"2012-10-17"}'}),
    ("a trust policy of an unknown version", {"RoleName": "faulty", "AssumeRolePolicyDocument": TRUST.replace("2012-10-17", "2020-01-01")}),
    ("a trust policy with a resource", {"RoleName": "faulty", "AssumeRolePolicyDocument": trust(Resource="*")}, "Has prohibited field Resource"),
    ("a trust policy without a principal", {"RoleName": "faulty", "AssumeRolePolicyDocument": trust(Principal=None)}),
    ("a trust policy of another service's action", {"RoleName": "faulty", "AssumeRolePolicyDocument": trust(Action="s3:GetObject")},
     "AssumeRole policy may only specify STS AssumeRole actions"),
    ("a trust policy without an action", {"RoleName": "faulty", "AssumeRolePolicyDocument": trust(Action=None)}),
    ("a trust policy without an effect", {"RoleName": "faulty", "AssumeRolePolicyDocument": trust(Effect=None)}),
    ("a trust policy of an unknown effect", {"RoleName": "faulty", "AssumeRolePolicyDocument": trust(Effect="Maybe")}),
    ("a trust policy with an invented element", {"RoleName": "faulty", "AssumeRolePolicyDocument": trust(Colour="red")}),
])
refusals("iam.CreateRole", "BC iam.CreateRole: constraints of RoleName, Path, MaxSessionDuration, Description, tagListType", "ValidationError", 400, [
    ("a role name of 65 characters", {"RoleName": "x" * 65, "AssumeRolePolicyDocument": TRUST}),
    ("a role name with a space", {"RoleName": "a b", "AssumeRolePolicyDocument": TRUST}),
    ("a role path without slashes", {"RoleName": "faulty", "Path": "team", "AssumeRolePolicyDocument": TRUST}),
    ("a role session of 43,201 seconds", {"RoleName": "faulty", "MaxSessionDuration": 43201, "AssumeRolePolicyDocument": TRUST}),
    ("a role session of 3,599 seconds", {"RoleName": "faulty", "MaxSessionDuration": 3599, "AssumeRolePolicyDocument": TRUST}),
    ("a role description of 1,001 characters", {"RoleName": "faulty", "Description": "x" * 1001, "AssumeRolePolicyDocument": TRUST}),
    ("a role with 51 tags", {"RoleName": "faulty", "Tags": [{"Key": f"k{n}", "Value": ""} for n in range(51)], "AssumeRolePolicyDocument": TRUST}),
    ("a role tag key of 129 characters", {"RoleName": "faulty", "Tags": [{"Key": "k" * 129, "Value": ""}], "AssumeRolePolicyDocument": TRUST}),
    ("a role tag value of 257 characters", {"RoleName": "faulty", "Tags": [{"Key": "k", "Value": "v" * 257}], "AssumeRolePolicyDocument": TRUST}),
])
refusals("iam.CreateRole", "IAM user guide, Rules for tagging: keys differ by more than case; aws: is reserved", "InvalidInput", 400, [
    ("a role with one tag key twice", {"RoleName": "faulty", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}], "AssumeRolePolicyDocument": TRUST}),
    ("a role with a reserved tag key", {"RoleName": "faulty", "Tags": [{"Key": "aws:x", "Value": "1"}], "AssumeRolePolicyDocument": TRUST}),
])
refusals("iam.PutRolePolicy", f"BC iam.PutRolePolicy; {GRAMMAR}", "MalformedPolicyDocument", 400, [
    (sentence, lambda at, document=document: {"RoleName": made(at), "PolicyName": "p", "PolicyDocument": document}, *message)
    for sentence, document, *message in [
        ("a policy that is no JSON", "{"),
        ("a policy with a principal", policy(Principal="*"), "should not specify a principal"),
        ("a policy without a resource", policy(Resource=None), "must contain resources"),
        ("a policy without an action", policy(Action=None), "must contain actions"),
        ("an action without its service", policy(Action="GetObject"), "must be prefaced by a vendor"),
        ("a resource that is no ARN", policy(Resource="bucket")),
        ("a policy with Action and NotAction", policy(NotAction="s3:PutObject")),
        ("a policy with an unknown condition operator", policy(Condition={"StringSame": {"aws:username": "x"}})),
        ("a policy with one statement id twice", json.dumps({"Version": "2012-10-17", "Statement": [
            {"Sid": "A", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}, {"Sid": "A", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}]})),
        ("a statement id with a dash", policy(Sid="a-b")),
        ("a policy whose effect has another case", policy(Effect="allow")),
    ]
])
refusals("iam.UpdateAssumeRolePolicy", f"BC iam.UpdateAssumeRolePolicy; {GRAMMAR}", "MalformedPolicyDocument", 400, [
    ("a new trust policy that is no JSON", lambda at: {"RoleName": made(at), "PolicyDocument": "no"}),
    ("a new trust policy with a resource", lambda at: {"RoleName": made(at), "PolicyDocument": trust(Resource="*")}),
])


@check("iam.CreateRole", "BC iam.CreateRole: names are unique whatever their case; EntityAlreadyExistsException", kind="duplicate")
def a_second_role_whose_name_differs_in_case_alone_is_refused(at):
    name = made(at)
    at.refuses(("EntityAlreadyExists", 409), at.iam.create_role, RoleName=name.upper(), AssumeRolePolicyDocument=TRUST)


@check("iam.CreateRole", "BC iam.EntityAlreadyExistsException", kind="duplicate")
def a_second_role_of_the_name_is_refused(at):
    name = made(at)
    at.refuses(("EntityAlreadyExists", 409), at.iam.create_role, RoleName=name, AssumeRolePolicyDocument=TRUST,
               message=f"Role with name {name} already exists.")


@check("iam.CreateRole", "BC iam.CreateRole: Tags; BC iam.Role")
def the_tags_of_a_role_are_kept_from_its_creation_on(at):
    tags = [{"Key": "project", "Value": "vanity"}]
    name = made(at, Tags=tags)
    at.equal("tags of GetRole", at.iam.get_role(RoleName=name)["Role"].get("Tags"), tags)
    at.equal("tags of ListRoleTags", at.iam.list_role_tags(RoleName=name)["Tags"], tags)


@check("iam.CreateRole", "BC iam.CreateRole: the answer describes the role, with its tags")
def the_answer_to_a_creation_shows_the_tags(at):
    tags = [{"Key": "project", "Value": "vanity"}]
    role = at.iam.create_role(RoleName=at.name("role"), AssumeRolePolicyDocument=TRUST, Tags=tags)["Role"]
    at.equal("Tags", role.get("Tags"), tags)


@check("iam.CreateRole", "BC iam.idType: AROA and at least 16 characters in all; IAM identifiers page")
def a_role_has_an_id_of_its_kind(at):
    role = at.iam.get_role(RoleName=made(at))["Role"]
    at.true(f"{role['RoleId']} begins with AROA and has 21 characters", role["RoleId"].startswith("AROA") and len(role["RoleId"]) == 21)


@check("iam.CreateRole", "BC iam.Role; IAM identifiers page: the path is in the ARN")
def a_path_is_in_the_arn(at):
    role = at.iam.get_role(RoleName=made(at, Path="/team/voice/"))["Role"]
    at.true(role["Arn"], role["Arn"].startswith("arn:aws:iam::111122223333:role/team/voice/role-"))
    at.equal("Path", role["Path"], "/team/voice/")


@check("iam.CreateRole", "BC iam.CreateRole: MaxSessionDuration has a default of one hour")
def a_session_lasts_an_hour_unless_said(at):
    at.equal("MaxSessionDuration", at.iam.get_role(RoleName=made(at))["Role"]["MaxSessionDuration"], 3600)


@check("iam.ListRoles", "BC iam.ListRoles: does not return PermissionsBoundary, RoleLastUsed, Tags")
def a_list_of_roles_leaves_out_tags(at):
    name = made(at, Path=f"/{at.name()}/", Tags=[{"Key": "a", "Value": "b"}])
    path = at.iam.get_role(RoleName=name)["Role"]["Path"]
    roles = at.iam.list_roles(PathPrefix=path)["Roles"]
    at.equal("names", [role["RoleName"] for role in roles], [name])
    at.true("it has no Tags", "Tags" not in roles[0])


@check("iam.ListRoles", "BC iam.ListRoles: MaxItems, Marker, IsTruncated")
def roles_come_in_pages_as_asked(at):
    path = f"/{at.name()}/"
    wanted = {made(at, Path=path) for _ in range(3)}
    first = at.iam.list_roles(PathPrefix=path, MaxItems=2)
    at.equal("size of the first page", len(first["Roles"]), 2)
    at.true("it is truncated and has a marker", first["IsTruncated"] and first.get("Marker"))
    second = at.iam.list_roles(PathPrefix=path, MaxItems=2, Marker=first["Marker"])
    at.equal("all names", {role["RoleName"] for role in first["Roles"] + second["Roles"]}, wanted)
    at.true("the second is the last", not second["IsTruncated"])


@check("iam.ListRoles", "BC iam.maxItemsType: 1 to 1000", kind="malformed")
def a_page_of_no_roles_is_refused(at):
    at.refuses(("ValidationError", 400), at.iam.list_roles, MaxItems=0)


@check("iam.UpdateRoleDescription", "BC iam.UpdateRoleDescription")
def the_description_of_a_role_is_replaced(at):
    name = made(at, Description="one")
    at.equal("answer", at.iam.update_role_description(RoleName=name, Description="two")["Role"]["Description"], "two")
    at.equal("description", at.iam.get_role(RoleName=name)["Role"]["Description"], "two")


@check("iam.UpdateRole", "BC iam.UpdateRole")
def a_changed_description_leaves_the_rest(at):
    name = made(at, MaxSessionDuration=7200, Tags=[{"Key": "a", "Value": "b"}])
    at.iam.update_role(RoleName=name, Description="new")
    role = at.iam.get_role(RoleName=name)["Role"]
    at.equal("Description", role["Description"], "new")
    at.equal("Tags", role.get("Tags"), [{"Key": "a", "Value": "b"}])


@check("iam.TagRole", "BC iam.TagRole: a tag with the same key is overwritten")
def a_tag_of_the_same_key_is_overwritten(at):
    name = made(at, Tags=[{"Key": "a", "Value": "1"}])
    at.iam.tag_role(RoleName=name, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}])
    tags = {tag["Key"]: tag["Value"] for tag in at.iam.list_role_tags(RoleName=name)["Tags"]}
    at.equal("tags", tags, {"a": "2", "b": ""})


@check("iam.TagRole", "IAM user guide, Rules for tagging: keys differ by more than case", kind="duplicate")
def one_key_twice_in_a_call_is_refused(at):
    name = made(at)
    at.refuses(("InvalidInput", 400), at.iam.tag_role, RoleName=name, Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}])


@check("iam.TagRole", "BC iam.TagRole: at most 50 tags; LimitExceededException", kind="malformed")
def a_fifty_first_tag_is_refused(at):
    name = made(at, Tags=[{"Key": f"k{n}", "Value": "v"} for n in range(50)])
    at.refuses(("LimitExceeded", 409), at.iam.tag_role, RoleName=name, Tags=[{"Key": "more", "Value": "v"}])


@check("iam.UntagRole", "BC iam.UntagRole")
def an_untagged_key_is_gone_and_an_absent_one_no_error(at):
    name = made(at, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    at.iam.untag_role(RoleName=name, TagKeys=["a", "nothing"])
    at.equal("tags", at.iam.list_role_tags(RoleName=name)["Tags"], [{"Key": "b", "Value": "2"}])


@check("iam.DeleteRole", "BC iam.DeleteRole, DeleteConflictException: inline policies go first")
def a_role_with_a_policy_is_not_deleted(at):
    name = made(at)
    at.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=POLICY)
    at.refuses(("DeleteConflict", 409), at.iam.delete_role, RoleName=name, message="must delete policies first")


@check("iam.DeleteRole", "BC iam.DeleteRole, DeleteConflictException: managed policies are detached first")
def a_role_with_an_attached_policy_is_not_deleted(at):
    name = made(at)
    at.iam.attach_role_policy(RoleName=name, PolicyArn=things.BASIC)
    at.refuses(("DeleteConflict", 409), at.iam.delete_role, RoleName=name, message="must detach all policies first")


@check("iam.DeleteRole", "BC iam.NoSuchEntityException", kind="absent")
def a_deleted_role_is_gone(at):
    name = made(at)
    at.iam.delete_role(RoleName=name)
    at.refuses(("NoSuchEntity", 404), at.iam.get_role, RoleName=name, message=f"The role with name {name} cannot be found.")
    at.refuses(("NoSuchEntity", 404), at.iam.delete_role, RoleName=name)


@check("iam.CreateRole", "BC iam.Role; IAM identifiers page: unique ids are never reused")
def a_role_made_again_is_another_role(at):
    name = made(at)
    old = at.iam.get_role(RoleName=name)["Role"]["RoleId"]
    at.iam.delete_role(RoleName=name)
    at.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    at.true("the new id is another", at.iam.get_role(RoleName=name)["Role"]["RoleId"] != old)


@check("iam.GetRole", "BC iam.Role: names of roles are found whatever their case (CreateRole: names are not distinguished by case)")
def a_role_is_found_in_another_case(at):
    name = made(at)
    at.equal("RoleName", at.iam.get_role(RoleName=name.upper())["Role"]["RoleName"], name)


@check("iam.GetRole", "BC iam.Role: the document is URL-encoded after RFC 3986; the client decodes it")
def a_trust_policy_is_read_back_as_it_was(at):
    at.equal("trust", at.iam.get_role(RoleName=made(at))["Role"]["AssumeRolePolicyDocument"], json.loads(TRUST))


@check("iam.PutRolePolicy", "BC iam.PutRolePolicy: an inline policy of the name is replaced")
def a_policy_is_replaced_whole(at):
    name = made(at)
    at.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=POLICY)
    at.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(Action="s3:PutObject"))
    at.equal("document", at.iam.get_role_policy(RoleName=name, PolicyName="p")["PolicyDocument"], json.loads(policy(Action="s3:PutObject")))
    at.equal("names", at.iam.list_role_policies(RoleName=name)["PolicyNames"], ["p"])


@check("iam.PutRolePolicy", "IAM quotas page: all inline policies of a role have 10,240 characters at most; BC iam.LimitExceededException", kind="malformed")
def policies_of_more_than_10_240_characters_are_refused(at):
    name = made(at)
    large = policy(Resource=[f"arn:aws:s3:::bucket-{n:04}/*" for n in range(450)])
    at.refuses(("LimitExceeded", 409), at.iam.put_role_policy, RoleName=name, PolicyName="p", PolicyDocument=large)


@check("iam.PutRolePolicy", "BC iam.policyNameType: 1 to 128 of [\\w+=,.@-]", kind="malformed")
def a_policy_name_with_a_slash_is_refused(at):
    at.refuses(("ValidationError", 400), at.iam.put_role_policy, RoleName=made(at), PolicyName="a/b", PolicyDocument=POLICY)


@check("iam.GetRolePolicy", "BC iam.NoSuchEntityException", kind="absent")
def an_absent_policy_is_not_found(at):
    at.refuses(("NoSuchEntity", 404), at.iam.get_role_policy, RoleName=made(at), PolicyName="nothing")


@check("iam.DeleteRolePolicy", "BC iam.NoSuchEntityException", kind="absent")
def an_absent_policy_cannot_be_deleted(at):
    at.refuses(("NoSuchEntity", 404), at.iam.delete_role_policy, RoleName=made(at), PolicyName="nothing")


@check("iam.AttachRolePolicy", "BC iam.AttachRolePolicy, NoSuchEntityException", kind="absent")
def a_managed_policy_that_does_not_exist_is_not_attached(at):
    at.refuses(("NoSuchEntity", 404), at.iam.attach_role_policy, RoleName=made(at), PolicyArn="arn:aws:iam::aws:policy/NoSuchThing")


@check("iam.AttachRolePolicy", "BC iam.arnType: 20 to 2048 characters", kind="malformed")
def a_policy_arn_that_is_none_is_refused(at):
    at.refuses((("ValidationError", "InvalidInput"), 400), at.iam.attach_role_policy, RoleName=made(at), PolicyArn="nonsense")


@check("iam.AttachRolePolicy", "BC iam.AttachRolePolicy; attaching is a set operation (API reference: no error for repeats)", kind="duplicate")
def a_policy_attached_twice_is_there_once(at):
    name = made(at)
    for _ in range(2):
        at.iam.attach_role_policy(RoleName=name, PolicyArn=things.BASIC)
    at.equal("policies", at.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"],
             [{"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": things.BASIC}])


@check("iam.DetachRolePolicy", "BC iam.NoSuchEntityException", kind="absent")
def a_policy_that_is_not_attached_cannot_be_detached(at):
    at.refuses(("NoSuchEntity", 404), at.iam.detach_role_policy, RoleName=made(at), PolicyArn=things.BASIC)


@check("iam.ListInstanceProfilesForRole", "BC iam.ListInstanceProfilesForRole")
def a_role_is_in_no_instance_profile_at_first(at):
    answer = at.iam.list_instance_profiles_for_role(RoleName=made(at))
    at.equal("profiles", answer["InstanceProfiles"], [])
    at.equal("IsTruncated", answer["IsTruncated"], False)


@check("iam.DeleteRolePolicy", "BC iam.DeleteRolePolicy, DetachRolePolicy, DeleteRole")
def a_role_without_policies_can_be_deleted_again(at):
    name = made(at)
    at.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=POLICY)
    at.iam.attach_role_policy(RoleName=name, PolicyArn=things.BASIC)
    at.iam.delete_role_policy(RoleName=name, PolicyName="p")
    at.iam.detach_role_policy(RoleName=name, PolicyArn=things.BASIC)
    at.equal("policies", at.iam.list_role_policies(RoleName=name)["PolicyNames"] + at.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"], [])
    at.iam.delete_role(RoleName=name)


@check("iam.UpdateAssumeRolePolicy", "BC iam.UpdateAssumeRolePolicy: the whole document is replaced", kind="duplicate")
def a_trust_policy_is_replaced_whole(at):
    name, new = made(at), trust(Principal={"Service": "apigateway.amazonaws.com"})
    for _ in range(2):
        at.iam.update_assume_role_policy(RoleName=name, PolicyDocument=new)
    at.equal("trust", at.iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"], json.loads(new))

"""S3: buckets and their settings."""

import json

from checks import things
from suite import check, refusals

NAMES = "S3 user guide, Bucket naming rules"


def shared(at):
    return at.kept("bucket", lambda: things.bucket(at))


refusals("s3.CreateBucket", NAMES, "InvalidBucketName", 400, [
    ("a bucket name with capitals", {"Bucket": "Capital-Letters"}),
    ("a bucket name of two characters", {"Bucket": "ab"}),
    ("a bucket name of 64 characters", {"Bucket": "x" * 64}),
    ("a bucket name with an underscore", {"Bucket": "under_score"}),
    ("a bucket name that ends with a dash", {"Bucket": "ends-with-"}),
    ("a bucket name with two dots", {"Bucket": "two..dots"}),
    ("a bucket name like an address", {"Bucket": "192.168.5.4"}),
    ("a bucket name with a reserved prefix", {"Bucket": "xn--bucket"}),
    ("a bucket name with a reserved suffix", {"Bucket": "bucket-s3alias"}),
])


@check("s3.CreateBucket", "BC s3.CreateBucket: us-east-1 is no location constraint", kind="malformed")
def a_location_that_is_not_the_endpoint_s_is_refused(at):
    at.refuses(("IllegalLocationConstraintException", 400), at.client("s3", region="eu-west-1").create_bucket, Bucket=at.name("elsewhere"))


@check("s3.CreateBucket", "BC s3.BucketLocationConstraint; S3 error responses page: InvalidLocationConstraint", kind="malformed")
def a_location_that_is_no_region_is_refused(at):
    at.refuses(("InvalidLocationConstraint", 400), at.s3.create_bucket, Bucket=at.name("nowhere"), CreateBucketConfiguration={"LocationConstraint": "NOWHERE"})


@check("s3.CreateBucket", "BC s3.BucketAlreadyOwnedByYou: in us-east-1 a 200", kind="duplicate")
def ones_own_bucket_made_again_in_us_east_1_is_no_error(at):
    at.s3.create_bucket(Bucket=shared(at))


@check("s3.CreateBucket", "BC s3.BucketAlreadyOwnedByYou", kind="duplicate")
def ones_own_bucket_made_again_elsewhere_is_refused(at):
    name, there = at.name("elsewhere"), at.client("s3", region="eu-west-1")
    where = {"LocationConstraint": "eu-west-1"}
    there.create_bucket(Bucket=name, CreateBucketConfiguration=where)
    at.refuses(("BucketAlreadyOwnedByYou", 409), there.create_bucket, Bucket=name, CreateBucketConfiguration=where)
    at.equal("LocationConstraint", there.get_bucket_location(Bucket=name)["LocationConstraint"], "eu-west-1")


@check("s3.GetBucketLocation", "BC s3.GetBucketLocation: null for us-east-1")
def a_bucket_in_us_east_1_has_no_location(at):
    at.equal("LocationConstraint", at.s3.get_bucket_location(Bucket=shared(at)).get("LocationConstraint"), None)


@check("s3.HeadBucket", "BC s3.HeadBucketOutput: BucketRegion")
def a_head_says_the_region(at):
    at.equal("BucketRegion", at.s3.head_bucket(Bucket=shared(at)).get("BucketRegion"), "us-east-1")


@check("s3.HeadBucket", "BC s3.HeadBucket: 404 without a body", kind="absent")
def a_head_of_an_absent_bucket_is_404(at):
    at.refuses(("404", 404), at.s3.head_bucket, Bucket="nothing-is-here")


@check("s3.HeadBucket", "S3 user guide, Bucket owner condition: 403", kind="forbidden")
def a_bucket_of_another_owner_than_expected_is_forbidden(at):
    at.refuses(("403", 403), at.s3.head_bucket, Bucket=shared(at), ExpectedBucketOwner="444455556666")


@check("s3.PutObject", "S3 user guide, Bucket owner condition: 403", kind="forbidden")
def an_object_for_another_owner_than_expected_is_forbidden(at):
    at.refuses(("AccessDenied", 403), at.s3.put_object, Bucket=shared(at), Key="x", Body=b"", ExpectedBucketOwner="444455556666")


@check("s3.DeleteBucket", "S3 error responses page: BucketNotEmpty")
def a_bucket_that_is_not_empty_is_not_deleted(at):
    name = things.bucket(at)
    at.s3.put_object(Bucket=name, Key="x", Body=b"")
    at.refuses(("BucketNotEmpty", 409), at.s3.delete_bucket, Bucket=name, message="The bucket you tried to delete is not empty")


@check("s3.DeleteBucket", "S3 user guide, Deleting a bucket: versions and delete markers count")
def a_bucket_with_old_versions_alone_is_not_empty(at):
    name = things.bucket(at, versioned=True)
    at.s3.put_object(Bucket=name, Key="x", Body=b"")
    at.s3.delete_object(Bucket=name, Key="x")
    at.refuses(("BucketNotEmpty", 409), at.s3.delete_bucket, Bucket=name)


@check("s3.GetBucketVersioning", "BC s3.GetBucketVersioning: no Status if it never was enabled")
def versioning_has_no_status_before_it_is_enabled(at):
    name = things.bucket(at)
    at.true("no Status", "Status" not in at.s3.get_bucket_versioning(Bucket=name))
    at.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    at.equal("Status", at.s3.get_bucket_versioning(Bucket=name)["Status"], "Enabled")


@check("s3.PutBucketVersioning", "S3 error responses page: MalformedXML", kind="malformed")
def an_unknown_state_of_versioning_is_refused(at):
    at.refuses((("MalformedXML", "IllegalVersioningConfigurationException"), 400), at.s3.put_bucket_versioning, Bucket=shared(at), VersioningConfiguration={"Status": "Sometimes"})


@check("s3.GetBucketEncryption", "S3 user guide: SSE-S3 is the default of every bucket since 2023")
def a_bucket_is_encrypted_by_default(at):
    rules = at.s3.get_bucket_encryption(Bucket=shared(at))["ServerSideEncryptionConfiguration"]["Rules"]
    at.equal("algorithm", rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256")


@check("s3.PutBucketEncryption", "S3 error responses page: MalformedXML", kind="malformed")
def an_unknown_algorithm_is_refused(at):
    at.refuses(("MalformedXML", 400), at.s3.put_bucket_encryption, Bucket=shared(at), ServerSideEncryptionConfiguration={
        "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "ROT13"}}]})


@check("s3.GetPublicAccessBlock", "S3 user guide: new buckets block public access since 2023")
def a_bucket_blocks_public_access_by_default(at):
    block = at.s3.get_public_access_block(Bucket=things.bucket(at))["PublicAccessBlockConfiguration"]
    at.equal("blocks", block, {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True})


@check("s3.DeletePublicAccessBlock", "S3 error responses page: NoSuchPublicAccessBlockConfiguration", kind="absent")
def a_removed_block_is_not_found(at):
    name = things.bucket(at)
    at.s3.delete_public_access_block(Bucket=name)
    at.refuses(("NoSuchPublicAccessBlockConfiguration", 404), at.s3.get_public_access_block, Bucket=name)


@check("s3.PutBucketTagging", "BC s3.PutBucketTagging: the whole set is replaced; NoSuchTagSet")
def tags_of_a_bucket_are_replaced_whole(at):
    name = things.bucket(at)
    at.refuses(("NoSuchTagSet", 404), at.s3.get_bucket_tagging, Bucket=name)
    for key in "ab":
        at.s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": key, "Value": "1"}]})
    at.equal("TagSet", at.s3.get_bucket_tagging(Bucket=name)["TagSet"], [{"Key": "b", "Value": "1"}])
    at.s3.delete_bucket_tagging(Bucket=name)
    at.refuses(("NoSuchTagSet", 404), at.s3.get_bucket_tagging, Bucket=name)


@check("s3.PutBucketTagging", "S3 error responses page: InvalidTag", kind="malformed")
def one_tag_key_twice_is_refused(at):
    at.refuses(("InvalidTag", 400), at.s3.put_bucket_tagging, Bucket=things.bucket(at), Tagging={"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]})


@check("s3.PutBucketPolicy", "S3 error responses page: NoSuchBucketPolicy")
def a_policy_is_put_read_and_removed(at):
    name = things.bucket(at)
    at.refuses(("NoSuchBucketPolicy", 404), at.s3.get_bucket_policy, Bucket=name)
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}
    at.s3.put_bucket_policy(Bucket=name, Policy=json.dumps(document))
    at.equal("policy", json.loads(at.s3.get_bucket_policy(Bucket=name)["Policy"]), document)
    at.s3.delete_bucket_policy(Bucket=name)
    at.refuses(("NoSuchBucketPolicy", 404), at.s3.get_bucket_policy, Bucket=name)


def bucket_policy(resource, **changed):
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resource, **changed}
    return json.dumps({"Version": "2012-10-17", "Statement": [{key: value for key, value in statement.items() if value is not None}]})


refusals("s3.PutBucketPolicy", "S3 error responses page: MalformedPolicy", "MalformedPolicy", 400, [
    ("a bucket policy that is no JSON", lambda at: {"Bucket": shared(at), "Policy": "nonsense"}),
    ("a bucket policy without a principal", lambda at: {"Bucket": shared(at), "Policy": bucket_policy(f"arn:aws:s3:::{shared(at)}/*", Principal=None)}),
    ("a bucket policy for another bucket", lambda at: {"Bucket": shared(at), "Policy": bucket_policy("arn:aws:s3:::another-bucket/*")}),
    ("a bucket policy with an action of another service", lambda at: {"Bucket": shared(at), "Policy": bucket_policy(f"arn:aws:s3:::{shared(at)}/*", Action="iam:GetRole")}),
])


@check("s3.PutBucketLifecycleConfiguration", "S3 error responses page: NoSuchLifecycleConfiguration")
def a_lifecycle_is_put_read_and_removed(at):
    name = things.bucket(at)
    at.refuses(("NoSuchLifecycleConfiguration", 404), at.s3.get_bucket_lifecycle_configuration, Bucket=name)
    rules = [{"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "states/"}, "NoncurrentVersionExpiration": {"NoncurrentDays": 30}}]
    at.s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
    at.equal("rules", at.s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"], rules)
    at.s3.delete_bucket_lifecycle(Bucket=name)
    at.refuses(("NoSuchLifecycleConfiguration", 404), at.s3.get_bucket_lifecycle_configuration, Bucket=name)


@check("s3.PutBucketLifecycleConfiguration", "S3 error responses page: MalformedXML", kind="malformed")
def a_lifecycle_rule_without_an_action_is_refused(at):
    at.refuses((("MalformedXML", "InvalidRequest"), 400), at.s3.put_bucket_lifecycle_configuration, Bucket=shared(at), LifecycleConfiguration={
        "Rules": [{"ID": "nothing", "Status": "Enabled", "Filter": {"Prefix": ""}}]})


for operation, arguments in {
    "DeleteBucket": {}, "GetBucketLocation": {}, "GetBucketVersioning": {}, "PutBucketVersioning": {"VersioningConfiguration": {"Status": "Enabled"}},
    "GetBucketEncryption": {}, "DeleteBucketEncryption": {}, "GetPublicAccessBlock": {}, "DeletePublicAccessBlock": {}, "GetBucketPolicy": {}, "DeleteBucketPolicy": {},
    "PutBucketEncryption": {"ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}},
    "PutPublicAccessBlock": {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}, "PutBucketPolicy": {"Policy": bucket_policy("arn:aws:s3:::nothing-is-here/*")},
    "GetBucketTagging": {}, "PutBucketTagging": {"Tagging": {"TagSet": [{"Key": "a", "Value": "1"}]}}, "DeleteBucketTagging": {}, "GetBucketLifecycleConfiguration": {},
    "PutBucketLifecycleConfiguration": {"LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]}},
    "DeleteBucketLifecycle": {}, "ListObjectsV2": {}, "ListObjectVersions": {}, "PutObject": {"Key": "x", "Body": b""}, "GetObject": {"Key": "x"}, "DeleteObject": {"Key": "x"},
    "DeleteObjects": {"Delete": {"Objects": [{"Key": "x"}]}},
}.items():
    refusals(f"s3.{operation}", "BC s3.NoSuchBucket", "NoSuchBucket", 404, [
        ("an absent bucket", {"Bucket": "nothing-is-here", **arguments}, "The specified bucket does not exist")], kind="absent")


@check("s3.DeleteBucket", "BC s3.DeleteBucket; NoSuchBucket")
def an_empty_bucket_is_deleted(at):
    name = things.bucket(at)
    at.s3.delete_bucket(Bucket=name)
    at.refuses(("404", 404), at.s3.head_bucket, Bucket=name)


@check("s3.PutBucketEncryption", "S3 user guide, Default encryption: with the deletion SSE-S3 is the default again")
def an_encryption_is_put_and_taken_back(at):
    name = things.bucket(at)
    at.s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}]})
    algorithm = lambda: at.s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
    at.equal("algorithm", algorithm(), "aws:kms")
    at.s3.delete_bucket_encryption(Bucket=name)
    at.equal("algorithm afterwards", algorithm(), "AES256")


@check("s3.PutPublicAccessBlock", "BC s3.PutPublicAccessBlock: the whole configuration is replaced")
def a_public_access_block_is_replaced_whole(at):
    name = things.bucket(at)
    at.s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    at.equal("block", at.s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"],
             {"BlockPublicAcls": True, "IgnorePublicAcls": False, "BlockPublicPolicy": False, "RestrictPublicBuckets": False})

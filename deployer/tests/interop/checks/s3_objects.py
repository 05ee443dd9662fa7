"""S3: objects, conditions, versions, checksums, listings."""

import base64
import hashlib
import zlib

from checks import things
from suite import check, refusals

CONDITIONS = "S3 user guide, Conditional requests; BC s3.PutObject"


def shared(at):
    return at.kept("bucket of objects", lambda: things.bucket(at))


def put(at, body=b"content", **more):
    key = at.name("key")
    answer = at.s3.put_object(Bucket=shared(at), Key=key, Body=body, **more)
    return key, answer["ETag"]


def content(at, key, bucket=None, **more):
    return at.s3.get_object(Bucket=bucket or shared(at), Key=key, **more)["Body"].read()


@check("s3.PutObject", CONDITIONS)
def a_key_is_made_once_if_none_may_match(at):
    key = at.name("key")
    at.s3.put_object(Bucket=shared(at), Key=key, Body=b"first", IfNoneMatch="*")
    at.refuses(("PreconditionFailed", 412), at.s3.put_object, Bucket=shared(at), Key=key, Body=b"second", IfNoneMatch="*",
               message="At least one of the pre-conditions you specified did not hold")
    at.equal("content", content(at, key), b"first")


@check("s3.PutObject", CONDITIONS)
def a_key_is_replaced_only_if_its_etag_matches(at):
    key, etag = put(at)
    new = at.s3.put_object(Bucket=shared(at), Key=key, Body=b"new", IfMatch=etag)["ETag"]
    at.true("another ETag", new != etag)
    at.refuses(("PreconditionFailed", 412), at.s3.put_object, Bucket=shared(at), Key=key, Body=b"late", IfMatch=etag)
    at.equal("content", content(at, key), b"new")


@check("s3.PutObject", CONDITIONS + ": If-Match on a key that is not there", kind="absent")
def an_absent_key_matches_no_etag(at):
    at.refuses(("NoSuchKey", 404), at.s3.put_object, Bucket=shared(at), Key=at.name("key"), Body=b"x", IfMatch='"d41d8cd98f00b204e9800998ecf8427e"')


@check("s3.PutObject", CONDITIONS + ": a delete marker counts as nothing")
def a_key_under_a_delete_marker_can_be_made(at):
    bucket = things.bucket(at, versioned=True)
    at.s3.put_object(Bucket=bucket, Key="x", Body=b"1")
    at.s3.delete_object(Bucket=bucket, Key="x")
    at.s3.put_object(Bucket=bucket, Key="x", Body=b"2", IfNoneMatch="*")
    at.equal("content", content(at, "x", bucket), b"2")


@check("s3.PutObject", CONDITIONS + ": If-None-Match takes * alone", kind="malformed")
def an_etag_that_may_not_match_is_not_carried_out(at):
    key, etag = put(at)
    at.refuses(("NotImplemented", 501), at.s3.put_object, Bucket=shared(at), Key=key, Body=b"x", IfNoneMatch=etag)


@check("s3.DeleteObject", "BC s3.DeleteObject: If-Match")
def an_object_is_deleted_only_if_its_etag_matches(at):
    key, etag = put(at)
    at.refuses(("PreconditionFailed", 412), at.s3.delete_object, Bucket=shared(at), Key=key, IfMatch='"00000000000000000000000000000000"')
    at.s3.delete_object(Bucket=shared(at), Key=key, IfMatch=etag)
    at.refuses(("NoSuchKey", 404), at.s3.get_object, Bucket=shared(at), Key=key)


@check("s3.DeleteObject", "BC s3.DeleteObject: 204 whether it was there or not")
def the_deletion_of_an_absent_object_is_no_error(at):
    at.equal("status", at.s3.delete_object(Bucket=shared(at), Key="nothing")["ResponseMetadata"]["HTTPStatusCode"], 204)


@check("s3.GetObject", CONDITIONS + "; BC s3.GetObject: 304 and 412")
def reads_can_have_conditions(at):
    key, etag = put(at)
    at.refuses(("304", 304), at.s3.get_object, Bucket=shared(at), Key=key, IfNoneMatch=etag)
    at.refuses(("PreconditionFailed", 412), at.s3.get_object, Bucket=shared(at), Key=key, IfMatch='"00000000000000000000000000000000"')


@check("s3.GetObject", "BC s3.NoSuchKey", kind="absent")
def an_absent_object_is_not_found(at):
    at.refuses(("NoSuchKey", 404), at.s3.get_object, Bucket=shared(at), Key="nothing", message="The specified key does not exist.")


@check("s3.HeadObject", "BC s3.HeadObject: 404 without a body", kind="absent")
def a_head_of_an_absent_object_is_404(at):
    at.refuses(("404", 404), at.s3.head_object, Bucket=shared(at), Key="nothing")


@check("s3.PutObject", "BC s3.PutObjectOutput.ETag: the MD5 of the content of one put")
def the_etag_is_the_digest_of_the_content(at):
    _, etag = put(at, b"content")
    at.equal("ETag", etag, f'"{hashlib.md5(b"content").hexdigest()}"')


@check("s3.PutObject", "S3 user guide: every object is encrypted with SSE-S3 unless said")
def an_object_says_how_it_is_encrypted(at):
    key, _ = put(at)
    at.equal("ServerSideEncryption", at.s3.head_object(Bucket=shared(at), Key=key).get("ServerSideEncryption"), "AES256")


@check("s3.PutObject", "S3 user guide, Checking object integrity")
def a_checksum_is_kept_and_shown_if_asked(at):
    key = at.name("key")
    wanted = base64.b64encode(zlib.crc32(b"content").to_bytes(4, "big")).decode()
    answer = at.s3.put_object(Bucket=shared(at), Key=key, Body=b"content", ChecksumAlgorithm="CRC32")
    at.equal("ChecksumCRC32", answer.get("ChecksumCRC32"), wanted)
    at.equal("of a head", at.s3.head_object(Bucket=shared(at), Key=key, ChecksumMode="ENABLED").get("ChecksumCRC32"), wanted)


@check("s3.PutObject", "S3 user guide, Checking object integrity")
def a_sha256_is_kept_and_shown_if_asked(at):
    key = at.name("key")
    wanted = base64.b64encode(hashlib.sha256(b"content").digest()).decode()
    at.s3.put_object(Bucket=shared(at), Key=key, Body=b"content", ChecksumSHA256=wanted)
    at.equal("of a get", at.s3.get_object(Bucket=shared(at), Key=key, ChecksumMode="ENABLED").get("ChecksumSHA256"), wanted)


refusals("s3.PutObject", "S3 error responses page: BadDigest, InvalidDigest", ("BadDigest", "InvalidDigest"), 400, [
    ("content that is not that of its checksum", lambda at: {"Bucket": shared(at), "Key": "bad", "Body": b"content", "ChecksumSHA256": base64.b64encode(bytes(32)).decode()}),
    ("content that is not that of its CRC32", lambda at: {"Bucket": shared(at), "Key": "bad", "Body": b"content", "ChecksumCRC32": "AAAAAA=="}),
    ("content that is not that of its MD5", lambda at: {"Bucket": shared(at), "Key": "bad", "Body": b"content", "ContentMD5": base64.b64encode(bytes(16)).decode()}),
])
refusals("s3.PutObject", "S3 user guide, Object key naming: 1,024 bytes", "KeyTooLongError", 400, [
    ("a key of 1,025 bytes", lambda at: {"Bucket": shared(at), "Key": "k" * 1025, "Body": b""})])


@check("s3.PutObject", "BC s3.PutObject: Metadata, ContentType, CacheControl")
def metadata_comes_back(at):
    key, _ = put(at, Metadata={"owner": "voice"}, ContentType="application/json", CacheControl="no-store")
    head = at.s3.head_object(Bucket=shared(at), Key=key)
    at.equal("metadata", (head["Metadata"], head["ContentType"], head.get("CacheControl")), ({"owner": "voice"}, "application/json", "no-store"))


@check("s3.GetObject", "BC s3.GetObject: Range; 206 and ContentRange")
def a_part_of_an_object_is_read(at):
    key, _ = put(at, b"0123456789")
    answer = at.s3.get_object(Bucket=shared(at), Key=key, Range="bytes=2-4")
    at.equal("status, content, range", (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Body"].read(), answer["ContentRange"]), (206, b"234", "bytes 2-4/10"))


@check("s3.GetObject", "S3 error responses page: InvalidRange", kind="malformed")
def a_part_beyond_the_end_is_refused(at):
    key, _ = put(at, b"0123456789")
    at.refuses(("InvalidRange", 416), at.s3.get_object, Bucket=shared(at), Key=key, Range="bytes=10-20")


@check("s3.PutObject", "S3 user guide, Versioning")
def versions_are_kept_and_read_by_their_ids(at):
    bucket = things.bucket(at, versioned=True)
    first = at.s3.put_object(Bucket=bucket, Key="x", Body=b"1")["VersionId"]
    at.s3.put_object(Bucket=bucket, Key="x", Body=b"2")
    at.equal("latest", content(at, "x", bucket), b"2")
    at.equal("first", content(at, "x", bucket, VersionId=first), b"1")


@check("s3.DeleteObject", "S3 user guide, Versioning: a delete marker; its removal brings the object back")
def a_delete_marker_hides_and_its_removal_brings_back(at):
    bucket = things.bucket(at, versioned=True)
    at.s3.put_object(Bucket=bucket, Key="x", Body=b"1")
    gone = at.s3.delete_object(Bucket=bucket, Key="x")
    at.equal("DeleteMarker", gone.get("DeleteMarker"), True)
    answer = at.refuses(("NoSuchKey", 404), at.s3.get_object, Bucket=bucket, Key="x")
    at.equal("x-amz-delete-marker", answer["ResponseMetadata"]["HTTPHeaders"].get("x-amz-delete-marker"), "true")
    at.s3.delete_object(Bucket=bucket, Key="x", VersionId=gone["VersionId"])
    at.equal("content", content(at, "x", bucket), b"1")


@check("s3.GetObject", "S3 error responses page: NoSuchVersion, InvalidArgument", kind="absent")
def an_absent_version_is_not_found(at):
    bucket = things.bucket(at, versioned=True)
    at.s3.put_object(Bucket=bucket, Key="x", Body=b"1")
    at.refuses((("NoSuchVersion", "InvalidArgument"), 404), at.s3.get_object, Bucket=bucket, Key="x", VersionId="3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY")


@check("s3.ListObjectVersions", "BC s3.ListObjectVersions: newest first, markers beside versions")
def versions_are_listed_newest_first(at):
    bucket = things.bucket(at, versioned=True)
    ids = [at.s3.put_object(Bucket=bucket, Key="x", Body=b"1")["VersionId"] for _ in range(2)]
    marker = at.s3.delete_object(Bucket=bucket, Key="x")["VersionId"]
    listed = at.s3.list_object_versions(Bucket=bucket)
    at.equal("versions", [one["VersionId"] for one in listed["Versions"]], ids[::-1])
    at.equal("markers", [(one["VersionId"], one["IsLatest"]) for one in listed["DeleteMarkers"]], [(marker, True)])


@check("s3.ListObjectsV2", "BC s3.ListObjectsV2: UTF-8 order, MaxKeys, NextContinuationToken")
def keys_come_in_order_and_pages(at):
    bucket = things.bucket(at)
    for key in ("b", "a", "c"):
        at.s3.put_object(Bucket=bucket, Key=key, Body=b"")
    first = at.s3.list_objects_v2(Bucket=bucket, MaxKeys=2)
    at.equal("first page", ([one["Key"] for one in first["Contents"]], first["IsTruncated"], first["KeyCount"]), (["a", "b"], True, 2))
    second = at.s3.list_objects_v2(Bucket=bucket, MaxKeys=2, ContinuationToken=first["NextContinuationToken"])
    at.equal("second page", ([one["Key"] for one in second["Contents"]], second["IsTruncated"]), (["c"], False))


@check("s3.ListObjectsV2", "BC s3.ListObjectsV2: Delimiter, CommonPrefixes")
def folders_are_rolled_up(at):
    bucket = things.bucket(at)
    for key in ("dev/lease", "dev/state", "top"):
        at.s3.put_object(Bucket=bucket, Key=key, Body=b"")
    listed = at.s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    at.equal("prefixes and keys", ([one["Prefix"] for one in listed["CommonPrefixes"]], [one["Key"] for one in listed["Contents"]]), (["dev/"], ["top"]))
    at.equal("KeyCount", listed["KeyCount"], 2)


@check("s3.ListObjectsV2", "S3 error responses page: InvalidArgument", kind="malformed")
def a_token_that_is_none_is_refused(at):
    at.refuses(("InvalidArgument", 400), at.s3.list_objects_v2, Bucket=shared(at), ContinuationToken="nonsense")


@check("s3.CopyObject", "BC s3.CopyObject: metadata is copied unless replaced")
def an_object_is_copied_with_its_metadata(at):
    key, _ = put(at, b"content", Metadata={"owner": "voice"})
    at.s3.copy_object(Bucket=shared(at), Key=f"{key}-copy", CopySource={"Bucket": shared(at), "Key": key})
    answer = at.s3.get_object(Bucket=shared(at), Key=f"{key}-copy")
    at.equal("copy", (answer["Body"].read(), answer["Metadata"]), (b"content", {"owner": "voice"}))


@check("s3.CopyObject", "BC s3.CopyObject; S3 error responses page: InvalidRequest", kind="duplicate")
def an_object_is_not_copied_onto_itself_unchanged(at):
    key, _ = put(at)
    at.refuses(("InvalidRequest", 400), at.s3.copy_object, Bucket=shared(at), Key=key, CopySource={"Bucket": shared(at), "Key": key})


@check("s3.CopyObject", "BC s3.NoSuchKey", kind="absent")
def an_absent_object_is_not_copied(at):
    at.refuses(("NoSuchKey", 404), at.s3.copy_object, Bucket=shared(at), Key="copy", CopySource={"Bucket": shared(at), "Key": "nothing"})


@check("s3.DeleteObjects", "BC s3.DeleteObjects: every key is answered for, absent ones as deleted")
def many_objects_are_deleted_in_one_call(at):
    key, _ = put(at)
    answer = at.s3.delete_objects(Bucket=shared(at), Delete={"Objects": [{"Key": key}, {"Key": "nothing"}]})
    at.equal("Deleted", sorted(one["Key"] for one in answer["Deleted"]), sorted([key, "nothing"]))
    at.true("no Errors", not answer.get("Errors"))


@check("s3.DeleteObjects", "BC s3.DeleteObjects: at most 1,000 keys; MalformedXML", kind="malformed")
def a_deletion_of_1001_objects_is_refused(at):
    at.refuses(("MalformedXML", 400), at.s3.delete_objects, Bucket=shared(at), Delete={"Objects": [{"Key": str(n)} for n in range(1001)]})


@check("s3.ListBuckets", "BC s3.ListBuckets: Prefix, MaxBuckets, ContinuationToken")
def buckets_come_in_pages(at):
    prefix = at.name("paged-bucket")
    for letter in "ab":
        at.s3.create_bucket(Bucket=f"{prefix}-{letter}")
    first = at.s3.list_buckets(Prefix=prefix, MaxBuckets=1)
    at.equal("first page", [one["Name"] for one in first["Buckets"]], [f"{prefix}-a"])
    second = at.s3.list_buckets(Prefix=prefix, MaxBuckets=1, ContinuationToken=first["ContinuationToken"])
    at.equal("second page", [one["Name"] for one in second["Buckets"]], [f"{prefix}-b"])


@check("s3.CopyObject", "BC s3.CopyObjectRequest.ChecksumAlgorithm, CopyObjectResult: a copy has the checksum that is asked for")
def a_copy_has_the_checksum_that_is_asked_for(at):
    key, _ = put(at)
    wanted = base64.b64encode(hashlib.sha256(b"content").digest()).decode()
    answer = at.s3.copy_object(Bucket=shared(at), Key=f"{key}-copy", CopySource={"Bucket": shared(at), "Key": key}, ChecksumAlgorithm="SHA256")
    at.equal("ChecksumSHA256", answer["CopyObjectResult"].get("ChecksumSHA256"), wanted)
    at.equal("of the copy", at.s3.head_object(Bucket=shared(at), Key=f"{key}-copy", ChecksumMode="ENABLED").get("ChecksumSHA256"), wanted)

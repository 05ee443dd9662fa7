//! S3 through the real SDK, and with raw requests where the SDK would not send them.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::types::{
    BucketVersioningStatus, ChecksumAlgorithm, ChecksumMode, CreateBucketConfiguration, Delete, MetadataDirective,
    ObjectIdentifier, Tag, Tagging, VersioningConfiguration,
};
use bytes::Bytes;

use crate::support::fresh::{ACCOUNT, REGION, TestEmulator, fresh};

const BUCKET: &str = "example-states";

fn said<T: std::fmt::Debug, E: ProvideErrorMetadata>(result: Result<T, E>) -> String {
    let error = result.expect_err("a refusal");
    error.code().unwrap_or_default().to_owned()
}

fn here() -> CreateBucketConfiguration {
    CreateBucketConfiguration::builder().location_constraint(REGION.into()).build()
}

async fn with_bucket(versioned: bool) -> (TestEmulator, Client) {
    let fresh = fresh();
    let client = Client::new(&fresh.config);
    client.create_bucket().bucket(BUCKET).create_bucket_configuration(here()).send().await.expect("a bucket");
    if versioned {
        set_versioning(&client, BucketVersioningStatus::Enabled).await;
    }
    (fresh, client)
}

async fn set_versioning(client: &Client, status: BucketVersioningStatus) {
    let versioning = VersioningConfiguration::builder().status(status).build();
    client.put_bucket_versioning().bucket(BUCKET).versioning_configuration(versioning).send().await.expect("set");
}

async fn put(client: &Client, key: &str, text: &'static str) -> aws_sdk_s3::operation::put_object::PutObjectOutput {
    client.put_object().bucket(BUCKET).key(key).body(Bytes::from_static(text.as_bytes()).into()).send().await.expect("stored")
}

async fn text(client: &Client, key: &str, version: Option<&str>) -> Result<String, String> {
    let get = client.get_object().bucket(BUCKET).key(key).set_version_id(version.map(str::to_owned));
    let answer =
        get.checksum_mode(ChecksumMode::Enabled).send().await.map_err(|error| error.code().unwrap_or_default().to_owned())?;
    Ok(String::from_utf8(answer.body.collect().await.expect("whole").to_vec()).expect("text"))
}

/// Sends a signed request with these headers, and returns the response's status, headers and text.
async fn by_hand(
    fresh: &TestEmulator,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &'static [u8],
) -> (u16, http::HeaderMap, String) {
    let scope = format!("AWS4-HMAC-SHA256 Credential=test/20261123/{REGION}/s3/aws4_request, SignedHeaders=host, Signature=0");
    let mut request =
        http::Request::builder().method(method).uri(format!("http://127.0.0.1:4566{path}")).header("authorization", scope);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = fresh.emulator.handle(request.body(Bytes::from_static(body)).expect("a request")).await;
    let (parts, body) = answer.into_parts();
    (parts.status.as_u16(), parts.headers, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn buckets_are_made_listed_and_removed() {
    let (_fresh, client) = with_bucket(false).await;
    let again = client.create_bucket().bucket(BUCKET).create_bucket_configuration(here()).send().await;
    assert_eq!(said(again), "BucketAlreadyOwnedByYou");
    let elsewhere = client.create_bucket().bucket("other").send().await;
    assert_eq!(said(elsewhere), "IllegalLocationConstraintException");
    let bad = client.create_bucket().bucket("xn--states").create_bucket_configuration(here()).send().await;
    assert_eq!(said(bad), "InvalidBucketName");
    let head = client.head_bucket().bucket(BUCKET).send().await.expect("it is there");
    assert_eq!(head.bucket_region(), Some(REGION));
    let stranger = client.head_bucket().bucket(BUCKET).expected_bucket_owner("444455556666").send().await;
    assert_eq!(stranger.expect_err("another owner").raw_response().expect("an answer").status().as_u16(), 403);
    assert!(client.head_bucket().bucket("absent").send().await.expect_err("absent").into_service_error().is_not_found());
    let place = client.get_bucket_location().bucket(BUCKET).send().await.expect("it is there");
    assert_eq!(place.location_constraint.expect("not us-east-1").as_str(), REGION);
    let listed = client.list_buckets().send().await.expect("a list");
    assert_eq!(listed.buckets()[0].name(), Some(BUCKET));
    put(&client, "k", "v").await;
    assert_eq!(said(client.delete_bucket().bucket(BUCKET).send().await), "BucketNotEmpty");
    client.delete_object().bucket(BUCKET).key("k").send().await.expect("gone");
    client.delete_bucket().bucket(BUCKET).send().await.expect("empty");
    assert_eq!(said(client.delete_bucket().bucket(BUCKET).send().await), "NoSuchBucket");
    assert_eq!(said(client.get_object().bucket(BUCKET).key("k").send().await), "NoSuchBucket");
}

#[tokio::test]
async fn buckets_are_paged_and_delete_markers_count() {
    let (_fresh, client) = with_bucket(true).await;
    for n in 0..7 {
        let name = format!("b-{n:02}");
        client.create_bucket().bucket(name).create_bucket_configuration(here()).send().await.expect("a bucket");
    }
    let pages: Result<Vec<_>, _> = client.list_buckets().max_buckets(3).into_paginator().items().send().collect().await;
    assert_eq!(pages.expect("pages").len(), 8);
    client.delete_object().bucket(BUCKET).key("never").send().await.expect("a marker");
    assert_eq!(said(client.delete_bucket().bucket(BUCKET).send().await), "BucketNotEmpty");
}

#[tokio::test]
async fn bucket_of_another_region_names_its_region() {
    let (fresh, _) = with_bucket(false).await;
    let config = fresh.config.to_builder().region(aws_config::Region::new("us-west-2")).build();
    let error = Client::new(&config).get_object().bucket(BUCKET).key("k").send().await.expect_err("elsewhere");
    let answer = error.raw_response().expect("an answer");
    assert_eq!((answer.status().as_u16(), answer.headers().get("x-amz-bucket-region")), (301, Some(REGION)));
}

#[tokio::test]
async fn settings_have_their_defaults_and_their_own_errors() {
    let (_fresh, client) = with_bucket(false).await;
    let versioning = client.get_bucket_versioning().bucket(BUCKET).send().await.expect("an answer");
    assert_eq!(versioning.status, None);
    let encryption = client.get_bucket_encryption().bucket(BUCKET).send().await.expect("never none");
    let rules = encryption.server_side_encryption_configuration.expect("rules").rules;
    assert_eq!(rules[0].apply_server_side_encryption_by_default().expect("a default").sse_algorithm().as_str(), "AES256");
    let access = client.get_public_access_block().bucket(BUCKET).send().await.expect("on by default");
    assert_eq!(access.public_access_block_configuration.expect("blocks").block_public_policy, Some(true));
    client.delete_public_access_block().bucket(BUCKET).send().await.expect("deleted");
    assert_eq!(said(client.get_public_access_block().bucket(BUCKET).send().await), "NoSuchPublicAccessBlockConfiguration");
    assert_eq!(said(client.get_bucket_policy().bucket(BUCKET).send().await), "NoSuchBucketPolicy");
    assert_eq!(said(client.get_bucket_tagging().bucket(BUCKET).send().await), "NoSuchTagSet");
    assert_eq!(said(client.get_bucket_lifecycle_configuration().bucket(BUCKET).send().await), "NoSuchLifecycleConfiguration");
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().expect("a tag");
    let tags = |tags: Vec<Tag>| {
        let tagging = Tagging::builder().set_tag_set(Some(tags)).build().expect("tags");
        client.put_bucket_tagging().bucket(BUCKET).tagging(tagging).send()
    };
    tags(vec![tag("env", "dev & <test>"), tag("app", "")]).await.expect("set");
    let set = client.get_bucket_tagging().bucket(BUCKET).send().await.expect("set").tag_set;
    assert!(set.contains(&tag("env", "dev & <test>")) && set.len() == 2, "{set:?}");
    assert_eq!(said(tags(vec![tag("aws:x", "y")]).await), "InvalidTag");
    assert_eq!(said(tags(vec![tag("x", "y"), tag("x", "z")]).await), "InvalidTag");
}

#[tokio::test]
async fn bucket_policies_are_checked_and_public_ones_blocked() {
    let (_fresh, client) = with_bucket(false).await;
    let policy = |effect: &str, principal: &str, resource: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Principal":{principal},"Action":"s3:*","Resource":"{resource}"}}]}}"#
        )
    };
    let set = |text: String| client.put_bucket_policy().bucket(BUCKET).policy(text).send();
    let own = format!("arn:aws:s3:::{BUCKET}/*");
    let good = policy("Deny", "\"*\"", &own);
    set(good.clone()).await.expect("a good policy");
    assert_eq!(client.get_bucket_policy().bucket(BUCKET).send().await.expect("set").policy, Some(good.clone()));
    assert_eq!(said(set("{".to_owned()).await), "MalformedPolicy");
    assert_eq!(said(set(policy("Deny", "\"*\"", "arn:aws:s3:::other/*")).await), "MalformedPolicy");
    assert_eq!(said(set(good.replace("s3:*", "sqs:*")).await), "MalformedPolicy");
    assert_eq!(said(set(policy("Allow", "{\"AWS\":\"*\"}", &own)).await), "AccessDenied");
    assert_eq!(client.get_bucket_policy().bucket(BUCKET).send().await.expect("set").policy, Some(good));
}

#[tokio::test]
async fn conditional_writes_succeed_or_change_nothing() {
    for versioned in [false, true] {
        let (_fresh, client) = with_bucket(versioned).await;
        let write = |text: &'static str| client.put_object().bucket(BUCKET).key("lease").body(Bytes::from(text).into());
        assert_eq!(said(write("a").if_match("\"0\"").send().await), "NoSuchKey");
        let first = write("a").if_none_match("*").send().await.expect("nothing is there").e_tag.expect("an ETag");
        assert_eq!(first, "\"0cc175b9c0f1b6a831c399e269772661\"");
        assert_eq!(said(write("b").if_none_match("*").send().await), "PreconditionFailed");
        let second = write("b").if_match(&first).send().await.expect("it matches").e_tag.expect("an ETag");
        assert_eq!(said(write("c").if_match(&first).send().await), "PreconditionFailed");
        assert_eq!(text(&client, "lease", None).await, Ok("b".to_owned()));
        assert_eq!(said(write("c").if_none_match(&second).send().await), "NotImplemented");
        let delete = || client.delete_object().bucket(BUCKET).key("lease");
        assert_eq!(said(delete().if_match(&first).send().await), "PreconditionFailed");
        delete().if_match(&second).send().await.expect("it matches");
        // Deleted, and with versions only marked so: both are like a missing key.
        assert_eq!(said(write("c").if_match(&second).send().await), "NoSuchKey");
        write("c").if_none_match("*").send().await.expect("nothing is there");
    }
}

#[tokio::test]
async fn conditional_reads_give_304_and_412() {
    let (fresh, client) = with_bucket(false).await;
    let etag = put(&client, "k", "text").await.e_tag.expect("an ETag");
    let path = format!("/{BUCKET}/k");
    let cases = [
        ("if-none-match", etag.as_str(), 304),
        ("if-none-match", "\"0\"", 200),
        ("if-match", &etag, 200),
        ("if-match", "\"0\"", 412),
        ("if-modified-since", "Mon, 23 Nov 2026 10:00:00 GMT", 304),
        ("if-modified-since", "Mon, 23 Nov 2026 09:00:00 GMT", 200),
        ("if-unmodified-since", "Mon, 23 Nov 2026 09:00:00 GMT", 412),
    ];
    for (name, value, expected) in cases {
        let (status, _, body) = by_hand(&fresh, "GET", &path, &[(name, value)], b"").await;
        assert_eq!(status, expected, "{name}: {value}");
        assert!(status != 304 || body.is_empty());
    }
    let (status, headers, body) = by_hand(&fresh, "GET", &path, &[("range", "bytes=1-2")], b"").await;
    assert_eq!((status, headers["content-range"].to_str().expect("text"), body.as_str()), (206, "bytes 1-2/4", "ex"));
    assert_eq!(by_hand(&fresh, "GET", &path, &[("range", "bytes=-3")], b"").await.2, "ext");
    assert_eq!(by_hand(&fresh, "GET", &path, &[("range", "bytes=4-")], b"").await.0, 416);
    let (status, headers, body) = by_hand(&fresh, "HEAD", &path, &[], b"").await;
    assert_eq!((status, headers["content-length"].to_str().expect("text"), body.as_str()), (200, "4", ""));
    let (status, _, body) = by_hand(&fresh, "HEAD", &format!("/{BUCKET}/absent"), &[], b"").await;
    assert_eq!((status, body.as_str()), (404, ""), "HEAD has no body to say why");
}

#[tokio::test]
async fn versions_are_kept_marked_brought_back_and_removed() {
    let (_fresh, client) = with_bucket(false).await;
    let unversioned = put(&client, "k", "zero").await;
    assert_eq!(unversioned.version_id, None);
    set_versioning(&client, BucketVersioningStatus::Enabled).await;
    let one = put(&client, "k", "one").await.version_id.expect("a version");
    let two = put(&client, "k", "two").await.version_id.expect("a version");
    let marker = client.delete_object().bucket(BUCKET).key("k").send().await.expect("marked");
    assert_eq!(marker.delete_marker, Some(true));
    assert_eq!(text(&client, "k", None).await, Err("NoSuchKey".to_owned()));
    for (version, content) in [(one.as_str(), "one"), (&two, "two"), ("null", "zero")] {
        assert_eq!(text(&client, "k", Some(version)).await, Ok(content.to_owned()));
    }
    assert_eq!(text(&client, "k", marker.version_id()).await, Err("MethodNotAllowed".to_owned()));
    assert_eq!(text(&client, "k", Some("none")).await, Err("NoSuchVersion".to_owned()));
    let removed = client.delete_object().bucket(BUCKET).key("k").set_version_id(marker.version_id).send().await.expect("removed");
    assert_eq!(removed.delete_marker, Some(true));
    assert_eq!(text(&client, "k", None).await, Ok("two".to_owned()));
    set_versioning(&client, BucketVersioningStatus::Suspended).await;
    put(&client, "k", "new null").await;
    let listed = client.list_object_versions().bucket(BUCKET).send().await.expect("a list");
    let ids: Vec<_> =
        listed.versions().iter().map(|version| (version.version_id().unwrap_or_default(), version.is_latest())).collect();
    assert_eq!(ids, [("null", Some(true)), (two.as_str(), Some(false)), (one.as_str(), Some(false))]);
}

#[tokio::test]
async fn lists_hold_every_key_once() {
    let (_fresh, client) = with_bucket(true).await;
    let mut all = Vec::new();
    for key in ["a", "b/1", "b/2", "b/c/3", "b c", "b+", "ü/1", "z"]
        .into_iter()
        .map(str::to_owned)
        .chain((0..120).map(|n| format!("p/{n:03}")))
    {
        client.put_object().bucket(BUCKET).key(&key).body(Bytes::from_static(b"x").into()).send().await.expect("stored");
        all.push(key);
    }
    client.delete_object().bucket(BUCKET).key("a").send().await.expect("marked");
    all.retain(|key| key != "a");
    all.sort();
    for size in [1, 3, 7, 1000] {
        let list = client.list_objects_v2().bucket(BUCKET).max_keys(size);
        let pages: Result<Vec<_>, _> = list.into_paginator().send().collect().await;
        let keys: Vec<_> =
            pages.expect("pages").iter().flat_map(|page| page.contents().to_vec()).filter_map(|one| one.key).collect();
        assert_eq!(keys, all, "pages of {size}");
        let list = client.list_objects_v2().bucket(BUCKET).max_keys(size).delimiter("/");
        let pages: Vec<_> = list.into_paginator().send().collect::<Result<_, _>>().await.expect("pages");
        let groups: Vec<_> = pages.iter().flat_map(|page| page.common_prefixes().to_vec()).filter_map(|one| one.prefix).collect();
        let keys: Vec<_> = pages.iter().flat_map(|page| page.contents().to_vec()).filter_map(|one| one.key).collect();
        assert_eq!(
            (groups.as_slice(), keys.as_slice()),
            (["b/", "p/", "ü/"].map(str::to_owned).as_slice(), ["b c", "b+", "z"].map(str::to_owned).as_slice())
        );
    }
    let within = client.list_objects_v2().bucket(BUCKET).prefix("b/").delimiter("/").send().await.expect("a list");
    assert_eq!((within.key_count(), within.common_prefixes()[0].prefix()), (Some(3), Some("b/c/")));
    let after = client.list_objects_v2().bucket(BUCKET).start_after("p/118").send().await.expect("a list");
    assert_eq!(after.contents()[0].key(), Some("p/119"));
    let (mut seen, mut markers) = (0, (None, None));
    loop {
        let list =
            client.list_object_versions().bucket(BUCKET).max_keys(9).set_key_marker(markers.0).set_version_id_marker(markers.1);
        let page = list.send().await.expect("a page");
        seen += page.versions().len() + page.delete_markers().len();
        if page.is_truncated() != Some(true) {
            break;
        }
        markers = (page.next_key_marker, page.next_version_id_marker);
    }
    assert_eq!(seen, all.len() + 2, "every version and the marker once");
}

#[tokio::test]
async fn bulk_deletes_and_copies_are_complete() {
    let (_fresh, client) = with_bucket(false).await;
    put(&client, "from here", "text").await;
    let copy = |to: &str| client.copy_object().bucket(BUCKET).key(to).copy_source(format!("{BUCKET}/from%20here"));
    copy("to").send().await.expect("copied");
    assert_eq!(text(&client, "to", None).await, Ok("text".to_owned()));
    assert_eq!(said(copy("from here").send().await), "InvalidRequest");
    copy("from here").metadata_directive(MetadataDirective::Replace).metadata("note", "new").send().await.expect("copied");
    let head = client.head_object().bucket(BUCKET).key("from here").send().await.expect("it is there");
    assert_eq!(head.metadata.expect("metadata")["note"], "new");
    assert_eq!(
        said(client.copy_object().bucket(BUCKET).key("x").copy_source(format!("{BUCKET}/absent")).send().await),
        "NoSuchKey"
    );
    let object = |key: &str| ObjectIdentifier::builder().key(key).build().expect("a key");
    let delete = Delete::builder().objects(object("to")).objects(object("never there")).build().expect("two");
    let deleted = client.delete_objects().bucket(BUCKET).delete(delete).send().await.expect("deleted");
    assert_eq!((deleted.deleted().len(), deleted.errors().len()), (2, 0));
    assert_eq!(text(&client, "to", None).await, Err("NoSuchKey".to_owned()));
}

#[tokio::test]
async fn every_checksum_is_verified_kept_and_given_back() {
    let (fresh, client) = with_bucket(false).await;
    for algorithm in ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] {
        let put = client.put_object().bucket(BUCKET).key(algorithm).body(Bytes::from_static(b"text").into());
        put.checksum_algorithm(ChecksumAlgorithm::from(algorithm))
            .send()
            .await
            .unwrap_or_else(|error| panic!("{algorithm}: {error:?}"));
        // The SDK verifies the response.
        assert_eq!(text(&client, algorithm, None).await, Ok("text".to_owned()));
    }
    let path = format!("/{BUCKET}/k");
    let wrong = [
        (("x-amz-checksum-crc32", "AAAAAA=="), "BadDigest"),
        (("x-amz-checksum-crc32", "AAAA"), "InvalidRequest"),
        (("x-amz-checksum-sha256", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), "BadDigest"),
        (("content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="), "BadDigest"),
        (("content-md5", "AAAA"), "InvalidDigest"),
        (("x-amz-content-sha256", &"0".repeat(64)), "XAmzContentSHA256Mismatch"),
    ];
    for (header, code) in wrong {
        let (status, _, body) = by_hand(&fresh, "PUT", &path, &[header], b"text").await;
        assert!(status == 400 && body.contains(&format!("<Code>{code}</Code>")), "{header:?}: {status} {body}");
    }
    assert_eq!(by_hand(&fresh, "GET", &path, &[], b"").await.0, 404, "nothing of that was stored");
}

#[tokio::test]
async fn chunked_bodies_are_stored_without_their_framing() {
    let (fresh, client) = with_bucket(false).await;
    let path = format!("/{BUCKET}/k");
    let unsigned = [
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ("content-encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "9"),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
    ];
    let good = b"5\r\n12345\r\n4\r\n6789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";
    assert_eq!(by_hand(&fresh, "PUT", &path, &unsigned, good).await.0, 200);
    assert_eq!(text(&client, "k", None).await, Ok("123456789".to_owned()));
    let bad = b"5\r\n12345\r\n4\r\n678X\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";
    assert!(by_hand(&fresh, "PUT", &path, &unsigned, bad).await.2.contains("BadDigest"));
    let signed = [("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), ("x-amz-decoded-content-length", "3")];
    let body = b"3;chunk-signature=00\r\nabc\r\n0;chunk-signature=00\r\n\r\n";
    assert_eq!(by_hand(&fresh, "PUT", &path, &signed, body).await.0, 200);
    assert_eq!(text(&client, "k", None).await, Ok("abc".to_owned()));
    assert!(by_hand(&fresh, "PUT", &path, &signed, b"3;chunk-signature=00\r\nab").await.2.contains("IncompleteBody"));
}

#[tokio::test]
async fn what_is_not_known_is_named_and_refused() {
    let (fresh, client) = with_bucket(false).await;
    let bucket = format!("/{BUCKET}");
    let cases = [
        ("GET", format!("{bucket}?acl"), [("x-amz-date", "20261123T100000Z")], "GET ?acl"),
        ("POST", format!("{bucket}/k?uploads"), [("x-amz-date", "20261123T100000Z")], "POST ?uploads"),
        ("PUT", format!("{bucket}/k"), [("x-amz-tagging", "a=b")], "x-amz-tagging"),
        ("PUT", format!("{bucket}/k"), [("x-amz-storage-class", "GLACIER")], "GLACIER"),
    ];
    for (method, path, headers, names) in cases {
        let (status, answered, body) = by_hand(&fresh, method, &path, &headers, b"").await;
        assert!(status == 501 && body.contains(names), "{method} {path}: {status} {body}");
        assert!(body.contains("<RequestId>") && body.contains("<HostId>") && answered.contains_key("x-amz-request-id"));
    }
    let large = client.put_object().bucket(BUCKET).key("k").body(Bytes::from(vec![0; 5 * 1024 * 1024 + 1]).into()).send().await;
    assert_eq!(said(large), "EntityTooLarge");
    let long = client.put_object().bucket(BUCKET).key("k".repeat(1025)).body(Bytes::new().into()).send().await;
    assert_eq!(said(long), "KeyTooLongError");
    let list = client.list_objects_v2().bucket(BUCKET).continuation_token("?").send().await;
    assert_eq!(said(list), "InvalidArgument");
}

#[tokio::test]
async fn objects_and_metadata_survive_a_restart() {
    let home = tempfile::tempdir().expect("there is a place for temporary files");
    let open = || {
        let options = deployer_emulator::Options {
            directory: Some(home.path().to_owned()),
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            clock: std::sync::Arc::new(deployer_emulator::SystemClock),
            speed: 1.0,
            seed: None,
            limits: Default::default(),
        };
        let emulator = deployer_emulator::Emulator::open(options).expect("it opens");
        let client = deployer_emulator::server::sdk::http_client(emulator);
        Client::new(&fresh().config.to_builder().http_client(client).build())
    };
    let before = {
        let client = open();
        client.create_bucket().bucket(BUCKET).create_bucket_configuration(here()).send().await.expect("a bucket");
        set_versioning(&client, BucketVersioningStatus::Enabled).await;
        put(&client, "k", "old").await;
        put(&client, "k", "new").await
    };
    let client = open();
    assert_eq!(text(&client, "k", None).await, Ok("new".to_owned()));
    let head = client.head_object().bucket(BUCKET).key("k").send().await.expect("it is there");
    assert_eq!((head.e_tag, head.version_id), (before.e_tag, before.version_id));
}

#[tokio::test]
async fn response_without_content_has_no_checksum() {
    let (fresh, client) = with_bucket(false).await;
    let etag = put(&client, "state", "content").await.e_tag.expect("an ETag");
    let headers = [("if-none-match", etag.as_str()), ("x-amz-checksum-mode", "ENABLED")];
    let (status, headers, _) = by_hand(&fresh, "GET", &format!("/{BUCKET}/state"), &headers, b"").await;
    assert_eq!((status, headers.get("etag").and_then(|etag| etag.to_str().ok())), (304, Some(etag.as_str())));
    assert!(!headers.keys().any(|name| name.as_str().starts_with("x-amz-checksum")), "{headers:?}");
}

#[tokio::test]
async fn copy_has_the_requested_checksum() {
    let (fresh, client) = with_bucket(false).await;
    put(&client, "state", "content").await;
    let copy = client.copy_object().bucket(BUCKET).key("copy").copy_source(format!("{BUCKET}/state"));
    let copied = copy.checksum_algorithm(ChecksumAlgorithm::Sha256).send().await.expect("a copy").copy_object_result;
    let wanted = Some("7XACtDnprIRfIjV9giusFERzD722AW0+yUMil7nsn3M=");
    assert_eq!(copied.expect("a result").checksum_sha256(), wanted);
    let head = client.head_object().bucket(BUCKET).key("copy").checksum_mode(ChecksumMode::Enabled).send().await.expect("a head");
    assert_eq!(head.checksum_sha256(), wanted);
    let source = format!("{BUCKET}/state");
    let headers = [("x-amz-copy-source", source.as_str()), ("x-amz-checksum-algorithm", "ROT13")];
    let (status, _, text) = by_hand(&fresh, "PUT", &format!("/{BUCKET}/copy"), &headers, b"").await;
    assert!(status == 400 && text.contains("<Code>InvalidRequest</Code>"), "{status} {text}");
}

#[tokio::test]
async fn bucket_is_in_exactly_one_region() {
    let fresh = fresh();
    let config = fresh.config.to_builder().region(aws_config::Region::new("us-east-1")).build();
    let create = |place: &str| {
        let place = CreateBucketConfiguration::builder().location_constraint(place.into()).build();
        Client::new(&config).create_bucket().bucket(BUCKET).create_bucket_configuration(place).send()
    };
    for wrong in ["NOWHERE", "us-east-1", "mars"] {
        assert_eq!(said(create(wrong).await), "InvalidLocationConstraint", "{wrong}");
    }
    create("eu-west-1").await.expect("a bucket");
}

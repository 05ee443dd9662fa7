//! Prompts, and the bucket and objects with their recordings: created, read back without a difference, found, changed, deleted.

use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use deployer_engine::{ErrorClass, Lookup, TagOwner};
use serde_json::{Value, json};

use super::contact_center::instance;
use crate::support::world::{TestCloud, TestResource, digest, silence, tags};

const BUCKET: &str = "shop-dev-prompts-111122223333-eu-central-1";

async fn bucket(world: &TestCloud) -> TestResource {
    world.make("s3.bucket", "bucket.prompts", json!({"name": BUCKET, "tags": tags("bucket.prompts")})).await
}

fn marks(address: &str) -> Value {
    json!({"deployer:project": "shop", "deployer:environment": "dev", "deployer:address": address})
}

fn object(sha256: &str) -> Value {
    json!({"bucket": BUCKET, "key": "prompts/greeting.wav", "sha256": sha256, "content_type": "audio/wav",
           "tags": marks("recording.greeting")})
}

async fn recording(world: &TestCloud) -> TestResource {
    world.make("s3.object", "recording.greeting", object(&digest(&silence(10)))).await
}

fn prompt(instance: &TestResource, recording: &TestResource) -> Value {
    json!({"instance_id": instance.output("id"), "name": "Greeting", "description": "Says hello", "s3_uri": recording.output("uri"),
           "sha256": recording.output("sha256"), "tags": tags("prompt.greeting")})
}

fn s3(world: &TestCloud) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::new(&world.sdk)
}

async fn put(world: &TestCloud, key: &str) {
    s3(world).put_object().bucket(BUCKET).key(key).body(b"somebody's".to_vec().into()).send().await.expect("stored");
}

async fn turn_versioning_on(world: &TestCloud) {
    let versioning = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    s3(world).put_bucket_versioning().bucket(BUCKET).versioning_configuration(versioning).send().await.expect("on");
}

#[tokio::test]
async fn bucket_tags_identify_its_owner() {
    let world = TestCloud::empty();
    let mut bucket = bucket(&world).await;
    let wanted = bucket.with("tags", marks("bucket.prompts"));
    world.change(&mut bucket, wanted).await;
    assert!(matches!(world.find_as("bucket.other", &bucket).await, Lookup::Unowned { .. }));
    let again = world.make_again(&bucket).await.map_err(|error| error.class);
    assert_eq!(again.err(), Some(ErrorClass::AlreadyExists));
    // Without its tags, it is not the recorded bucket any more.
    s3(&world).delete_bucket_tagging().bucket(BUCKET).send().await.expect("taken away");
    let bare = world.read(&bucket, &bucket.live.properties).await.expect("it is there");
    assert!(matches!(world.owner(&bare, "s3.bucket", "shop", "dev").await, TagOwner::Nobody(_)));
    assert!(matches!(world.look("s3.bucket", "bucket.prompts", &bucket.live.properties).await, Lookup::Unowned { .. }));
    world.delete_and_verify(&bucket).await;
}

#[tokio::test]
async fn object_is_deleted_with_all_its_versions() {
    let world = TestCloud::empty();
    let bucket = bucket(&world).await;
    turn_versioning_on(&world).await;
    let mut recording = recording(&world).await;
    let wanted = object(&digest(&silence(20)));
    world.change(&mut recording, wanted).await;
    s3(&world).delete_object().bucket(BUCKET).key("prompts/greeting.wav").send().await.expect("marked");
    assert!(world.read(&recording, &recording.live.properties).await.is_none(), "a deleted object is not there");
    world.change(&mut recording, object(&digest(&silence(10)))).await;
    put(&world, "prompts/greeting.wav.bak").await;
    world.delete_and_verify(&recording).await;
    let left = s3(&world).list_object_versions().bucket(BUCKET).send().await.expect("listed");
    let keys: Vec<_> = left.versions().iter().filter_map(|version| version.key()).collect();
    assert_eq!((keys, left.delete_markers().len()), (vec!["prompts/greeting.wav.bak"], 0));
    let refused = world.delete(&bucket).await.expect_err("somebody's object is in it");
    assert_eq!(refused.class, ErrorClass::Conflict);
    assert!(refused.help.as_deref().is_some_and(|help| help.contains("other objects")), "{refused}");
}

#[tokio::test]
async fn hundreds_of_versions_go_page_by_page() {
    let world = TestCloud::empty();
    let bucket = bucket(&world).await;
    turn_versioning_on(&world).await;
    let mut recording = recording(&world).await;
    for round in 0..120 {
        world.change(&mut recording, object(&digest(&silence(if round % 2 == 0 { 20 } else { 10 })))).await;
    }
    world.delete_and_verify(&recording).await;
    world.delete_and_verify(&bucket).await;
}

#[tokio::test]
async fn bucket_deletion_removes_owned_unrecorded_objects() {
    let world = TestCloud::empty();
    let bucket = bucket(&world).await;
    turn_versioning_on(&world).await;
    let mut recording = recording(&world).await;
    world.change(&mut recording, object(&digest(&silence(20)))).await;
    world.delete_and_verify(&bucket).await;
}

#[tokio::test]
async fn object_without_its_bytes_is_not_created() {
    let world = TestCloud::empty();
    bucket(&world).await;
    let error = world.create("s3.object", "recording.greeting", &object("00")).await.expect_err("nobody has the bytes");
    assert!(error.message.contains("prompts/greeting.wav"), "{error}");
}

#[tokio::test]
async fn objects_of_others_are_unowned() {
    let world = TestCloud::empty();
    bucket(&world).await;
    let recording = recording(&world).await;
    put(&world, "prompts/greeting.wav").await;
    let other = world.read(&recording, &recording.live.properties).await.expect("another one is there");
    assert!(matches!(world.owner(&other, "s3.object", "shop", "dev").await, TagOwner::Nobody(_)));
    let found = world.look("s3.object", "recording.greeting", &recording.live.properties).await;
    assert!(matches!(found, Lookup::Unowned { .. }), "{found:?}");
}

#[tokio::test]
async fn prompt_tag_identifies_its_recording() {
    let world = TestCloud::empty();
    let (instance, bucket) = (instance(&world).await, bucket(&world).await);
    let mut recording = recording(&world).await;
    let mut made = world.make("connect.prompt", "prompt.greeting", prompt(&instance, &recording)).await;
    world.change(&mut recording, object(&digest(&silence(20)))).await;
    let newer = prompt(&instance, &recording);
    let seen = world.read(&made, &newer).await.expect("there");
    assert_eq!(seen.properties["s3_uri"], "another recording", "the old one is not taken for the new one");
    world.change(&mut made, newer).await;
    let mut wanted = made.with("name", "Welcome");
    wanted["description"] = "Says welcome".into();
    wanted["tags"] = marks("prompt.greeting");
    world.change(&mut made, wanted).await;
    assert!(matches!(world.find_as("prompt.other", &made).await, Lookup::Unowned { .. }));
    let again = world.make_again(&made).await.map_err(|error| error.class);
    assert_eq!(again.err(), Some(ErrorClass::AlreadyExists));
    for made in [&recording, &bucket] {
        world.delete_and_verify(made).await;
    }
    // Connect has copied the recording, so the name can change without it.
    let wanted = made.with("name", "Hello");
    world.change(&mut made, wanted).await;
    world.delete_and_verify(&made).await;
}

#[tokio::test]
async fn interrupted_prompt_change_is_completed() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    bucket(&world).await;
    let mut recording = recording(&world).await;
    let mut made = world.make("connect.prompt", "prompt.greeting", prompt(&instance, &recording)).await;
    let older = made.live.properties.clone();
    world.change(&mut recording, object(&digest(&silence(20)))).await;
    let mut newer = prompt(&instance, &recording);
    // Connect accepts the recording and rejects the tags that follow.
    newer["tags"]["aws:of-aws-only"] = "x".into();
    world.update(&made, &newer).await.expect_err("the last call is refused");
    for desired in [&older, &prompt(&instance, &recording)] {
        let seen = world.read(&made, desired).await.expect("there");
        assert_eq!(seen.properties["s3_uri"], "another recording", "{desired}");
    }
    world.change(&mut recording, object(&digest(&silence(10)))).await;
    made.live = world.read(&made, &older).await.expect("there");
    world.change(&mut made, older).await;
}

#[tokio::test]
async fn missing_recording_is_rejected_built_in_prompt_unowned() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let mut wanted = json!({"instance_id": instance.output("id"), "name": "Greeting", "description": "Says hello",
                            "s3_uri": "s3://elsewhere/greeting.wav", "sha256": null, "tags": tags("prompt.greeting")});
    let error = world.create("connect.prompt", "prompt.greeting", &wanted).await.expect_err("there is nothing");
    assert!(error.class == ErrorClass::Invalid && error.message.contains("s3://elsewhere/greeting.wav"), "{error}");
    wanted["name"] = "Beep.wav".into();
    let found = world.look("connect.prompt", "prompt.greeting", &wanted).await;
    // The live properties are those of DescribePrompt.
    let described =
        |live: &deployer_engine::AnyLive| live.properties["name"] == "Beep.wav" && live.properties["description"] == "";
    assert!(matches!(found, Lookup::Unowned { ref live, .. } if described(live)), "{found:?}");
}

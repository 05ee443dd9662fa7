//! Resources of `bootstrap`: the state bucket, policies, roles with a boundary, an identity provider; created, read back without a
//! difference, found, changed, deleted, and retained for other users.

use aws_sdk_s3::types::{Tag, Tagging};
use deployer_engine::{ErrorClass, Lookup, ResourceDefinition, RetainPolicy};
use serde_json::{Value, json};

use crate::support::world::{TestCloud, TestResource, tags};

const BUCKET: &str = "deployer-state-111122223333-eu-central-1";
const HOST: &str = "issuer.example";
const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/issuer.example";

fn s3(world: &TestCloud) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::new(&world.sdk)
}

fn iam(world: &TestCloud) -> aws_sdk_iam::Client {
    aws_sdk_iam::Client::new(&world.sdk)
}

fn bucket() -> Value {
    json!({"name": BUCKET, "private": true, "versioned": true, "encrypted": true, "tls_only": true, "old_versions_days": 90,
           "tags": {"deployer:role": "state"}})
}

fn document(action: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [action], "Resource": ["*"]}]})
}

async fn policy(world: &TestCloud, address: &'static str, name: &str) -> TestResource {
    let wanted = json!({"name": name, "description": "For tests", "document": document("s3:GetObject"), "tags": tags(address)});
    world.make("iam.policy", address, wanted).await
}

fn provider(used_by: Option<Value>) -> Value {
    let mut wanted = json!({"host": HOST, "audiences": ["sts.amazonaws.com"], "tags": {"deployer:role": "github"}});
    if let Some(used_by) = used_by {
        (wanted["used_by"], wanted["except"]) = (used_by, json!(["own"]));
    }
    wanted
}

#[tokio::test]
async fn state_buckets_are_furnished_and_found() {
    let world = TestCloud::empty();
    let bucket = world.make("s3.state_bucket", "state.bucket", bucket()).await;
    // Every environment that shares the bucket finds it.
    assert!(matches!(world.find_as("state.other", &bucket).await, Lookup::Owned(_)));
    for setting in ["versioned", "private", "tls_only", "old_versions_days"] {
        let s3 = s3(&world);
        let off = match setting {
            "versioned" => s3.put_bucket_versioning().bucket(BUCKET).versioning_configuration(suspended()).send().await.is_ok(),
            "private" => s3.delete_public_access_block().bucket(BUCKET).send().await.is_ok(),
            "tls_only" => s3.delete_bucket_policy().bucket(BUCKET).send().await.is_ok(),
            _ => s3.delete_bucket_lifecycle().bucket(BUCKET).send().await.is_ok(),
        };
        assert!(off, "{setting}");
        let live = world.read(&bucket, &bucket.live.properties).await.expect("it is there");
        assert_ne!(live.properties[setting], bucket.live.properties[setting], "{setting} is seen to be off");
        let mut drifted = TestResource { live, ..bucket };
        world.change(&mut drifted, bucket.live.properties.clone()).await;
    }
    world.delete_and_verify(&bucket).await;
}

fn suspended() -> aws_sdk_s3::types::VersioningConfiguration {
    aws_sdk_s3::types::VersioningConfiguration::builder().status("Suspended".into()).build()
}

#[tokio::test]
async fn buckets_cut_short_anywhere_are_completed() {
    let world = TestCloud::empty();
    let place = aws_sdk_s3::types::CreateBucketConfiguration::builder()
        .location_constraint("eu-central-1".into())
        .tags(Tag::builder().key("deployer:role").value("state").build().expect("whole"))
        .build();
    s3(&world).create_bucket().bucket(BUCKET).create_bucket_configuration(place).send().await.expect("created");
    let Lookup::Owned(live) = world.look("s3.state_bucket", "state.bucket", &bucket()).await else { panic!("it is tagged") };
    let mut made = TestResource { type_name: "s3.state_bucket", address: "state.bucket", live };
    assert_ne!(made.live.properties, bucket());
    world.change(&mut made, bucket()).await;
}

#[tokio::test]
async fn foreign_tags_and_statements_survive_adoption() {
    let world = TestCloud::empty();
    let place = aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint("eu-central-1".into()).build();
    s3(&world).create_bucket().bucket(BUCKET).create_bucket_configuration(place).send().await.expect("created");
    let own = Tag::builder().key("team").value("voice").build().expect("whole");
    let tagging = Tagging::builder().tag_set(own).build().expect("whole");
    s3(&world).put_bucket_tagging().bucket(BUCKET).tagging(tagging).send().await.expect("tagged");
    let statement = json!({"Sid": "Reports", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject",
        "Resource": format!("arn:aws:s3:::{BUCKET}/*")});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    s3(&world).put_bucket_policy().bucket(BUCKET).policy(policy).send().await.expect("set");
    let Lookup::Unowned { live, why } = world.look("s3.state_bucket", "state.bucket", &bucket()).await else {
        panic!("not ours")
    };
    assert_eq!(why, "it has no tag deployer:role");
    let mut made = TestResource { type_name: "s3.state_bucket", address: "state.bucket", live };
    world.change(&mut made, bucket()).await;
    let tags = s3(&world).get_bucket_tagging().bucket(BUCKET).send().await.expect("tagged").tag_set;
    assert!(tags.iter().any(|tag| tag.key == "team"), "{tags:?}");
    let policy = s3(&world).get_bucket_policy().bucket(BUCKET).send().await.expect("set").policy.unwrap_or_default();
    assert!(policy.contains("Reports") && policy.contains("aws:SecureTransport"), "{policy}");
}

#[tokio::test]
async fn folders_are_emptied_and_others_keep_buckets() {
    let world = TestCloud::empty();
    let made = world.make("s3.state_bucket", "state.bucket", bucket()).await;
    for (key, versions) in [("shop/dev/state.json", 3), ("shop/dev/lease.json", 2), ("shop/prod/state.json", 1)] {
        for _ in 0..versions {
            s3(&world).put_object().bucket(BUCKET).key(key).body(b"{}".to_vec().into()).send().await.expect("stored");
        }
    }
    s3(&world).delete_object().bucket(BUCKET).key("shop/dev/lease.json").send().await.expect("marked");
    let mut looking = bucket();
    (looking["used_by"], looking["except"]) = (json!([]), json!("shop/dev/"));
    let Lookup::Owned(live) = world.look("s3.state_bucket", "state.bucket", &looking).await else { panic!("ours") };
    assert_eq!(live.properties["used_by"], json!(["shop/prod"]));
    let kept = deployer_resources::S3StateBucket::retain_policy(&looking, Some(&live.properties));
    assert!(matches!(&kept, Some(RetainPolicy::Forget(why)) if why.contains("shop/prod")), "{kept:?}");
    assert_eq!(world.delete(&made).await.map_err(|error| error.class), Err(ErrorClass::Conflict), "it is not empty");
    let folder = json!({"bucket": BUCKET, "prefix": "shop/dev/"});
    let Lookup::Owned(live) = world.look("s3.state_folder", "state.folder", &folder).await else { panic!("there are objects") };
    assert_eq!(live.outputs["versions"], json!(6));
    world.delete_and_verify(&TestResource { type_name: "s3.state_folder", address: "state.folder", live }).await;
    let left = s3(&world).list_object_versions().bucket(BUCKET).send().await.expect("listed");
    assert_eq!(left.versions().iter().filter_map(|one| one.key()).collect::<Vec<_>>(), ["shop/prod/state.json"]);
    assert!(left.delete_markers().is_empty());
}

#[tokio::test]
async fn policies_change_by_versions() {
    let world = TestCloud::empty();
    let mut made = policy(&world, "policy.apply", "shop-apply").await;
    assert!(matches!(world.find_as("policy.other", &made).await, Lookup::Unowned { .. }));
    // More changes than the versions that IAM allows.
    for number in 0..7 {
        let wanted = made.with("document", document(&format!("s3:Get{number}")));
        world.change(&mut made, wanted).await;
    }
    let wanted = made.with("tags", {
        let mut tags = tags("policy.apply");
        tags["team"] = "other".into();
        tags
    });
    world.change(&mut made, wanted).await;
    assert_eq!(world.make_again(&made).await.map_err(|error| error.class).err(), Some(ErrorClass::AlreadyExists));
    world.delete_and_verify(&made).await;
}

#[tokio::test]
async fn roles_have_the_policies_and_the_boundary_wanted() {
    let world = TestCloud::empty();
    let [one, two, boundary, tighter] = [
        policy(&world, "policy.one", "one").await,
        policy(&world, "policy.two", "two").await,
        policy(&world, "policy.boundary", "boundary").await,
        policy(&world, "policy.tighter", "tighter").await,
    ];
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity"}]});
    let wanted = json!({"name": "shop-plan", "description": "Plans", "trust": trust, "policies": {}, "managed": [one.output("arn")],
        "boundary": boundary.output("arn"), "tags": tags("role.plan")});
    let mut role = world.make("iam.role", "role.plan", wanted).await;
    let wanted = role.with("managed", json!([two.output("arn")]));
    world.change(&mut role, wanted).await;
    let wanted = role.with("boundary", tighter.output("arn"));
    world.change(&mut role, wanted).await;
    // A policy that somebody attaches is detected and detached.
    iam(&world).attach_role_policy().role_name("shop-plan").policy_arn(one.output("arn")).send().await.expect("attached");
    let live = world.read(&role, &role.live.properties).await.expect("it is there");
    assert_eq!(live.properties["managed"].as_array().map(Vec::len), Some(2));
    let mut drifted = TestResource { live, ..role };
    let wanted = drifted.with("managed", json!([two.output("arn")]));
    world.change(&mut drifted, wanted).await;
    world.delete_and_verify(&drifted).await;
    for policy in [one, two, boundary, tighter] {
        world.delete_and_verify(&policy).await;
    }
}

#[tokio::test]
async fn providers_stay_while_other_roles_trust_them() {
    let world = TestCloud::empty();
    let made = world.make("iam.oidc_provider", "identity.github", provider(None)).await;
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity"}]});
    for name in ["own", "other"] {
        let create = iam(&world).create_role().role_name(name).assume_role_policy_document(trust.to_string());
        create.send().await.expect("created");
    }
    let looking = provider(Some(json!([])));
    let Lookup::Owned(live) = world.look("iam.oidc_provider", "identity.github", &looking).await else { panic!("ours") };
    assert_eq!(live.properties["used_by"], json!(["other"]));
    let kept = deployer_resources::IamOidcProvider::retain_policy(&looking, Some(&live.properties));
    assert!(matches!(&kept, Some(RetainPolicy::Forget(why)) if why.contains("other")), "{kept:?}");
    iam(&world)
        .untag_open_id_connect_provider()
        .open_id_connect_provider_arn(PROVIDER)
        .tag_keys("deployer:role")
        .send()
        .await
        .expect("untagged");
    let found = world.look("iam.oidc_provider", "identity.github", &provider(None)).await;
    assert!(matches!(found, Lookup::Unowned { .. }), "{found:?}");
    world.delete_and_verify(&made).await;
}

#[tokio::test]
async fn audiences_are_added_to_those_of_others() {
    let world = TestCloud::empty();
    let create = iam(&world).create_open_id_connect_provider().url(format!("https://{HOST}")).client_id_list("others");
    create.send().await.expect("created");
    let Lookup::Unowned { live, .. } = world.look("iam.oidc_provider", "identity.github", &provider(None)).await else {
        panic!("not ours")
    };
    assert_eq!(live.properties["audiences"], json!([]), "others are nobody's business");
    let mut made = TestResource { type_name: "iam.oidc_provider", address: "identity.github", live };
    world.change(&mut made, provider(None)).await;
    let seen = iam(&world).get_open_id_connect_provider().open_id_connect_provider_arn(PROVIDER).send().await.expect("there");
    assert_eq!(seen.client_id_list().len(), 2);
}

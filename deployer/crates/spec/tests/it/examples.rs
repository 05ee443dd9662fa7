//! Tests that the specs of `config/` are valid and have the intended meaning.

use std::path::{Path, PathBuf};

use deployer_spec::{Access, Certificate, Loaded, Loader, Name, Provider, State, load};

const DEV: &str = include_str!("../dev.yaml");

fn config() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../config")
}

/// Loads a shipped spec with what it extends.
fn shipped(environment: &str) -> Loaded {
    let path = config().join(format!("{environment}.yaml"));
    let loader = Loader { read: &|path| std::fs::read(path), ..Loader::default() };
    loader.load(&path, &std::fs::read(&path).unwrap(), environment).unwrap_or_else(|faults| panic!("{faults}"))
}

#[test]
fn every_example_has_no_fault() {
    for environment in ["local", "dev", "prod"] {
        assert_eq!(shipped(environment).spec.environment, environment);
    }
}

#[test]
fn development_spec_in_one_file_is_the_shipped_one() {
    let one = Loader::default().load(Path::new("dev.yaml"), DEV.as_bytes(), "dev").unwrap();
    assert_eq!(shipped("dev").resolved.to_json(), one.resolved.to_json());
}

#[test]
fn unnamed_state_buckets_have_account_and_region() {
    let (path, text) = (Path::new("dev.yaml"), DEV);
    for (written, bucket) in [
        ("s3: {}", "deployer-state-111122223333-us-east-1"),
        ("s3: { region: eu-central-1 }", "deployer-state-111122223333-eu-central-1"),
        ("s3: { account: \"444455556666\" }", "deployer-state-444455556666-us-east-1"),
        ("s3: { bucket: our-states, region: eu-central-1 }", "our-states"),
    ] {
        let spec = load(path, &text.replacen("s3: {}", written, 1), "dev").unwrap_or_else(|faults| panic!("{faults}"));
        let State::S3(s3) = &spec.state else { panic!("{:?}", spec.state) };
        assert_eq!(s3.bucket, bucket, "{written}");
    }
}

#[test]
fn an_example_means_what_it_looks_like() {
    let spec = shipped("dev").spec;
    let Provider::Aws(aws) = &spec.provider else { panic!("{:?}", spec.provider) };
    assert_eq!((aws.region.as_str(), aws.account.as_str()), ("us-east-1", "111122223333"));
    let convert = &spec.functions["convert"];
    assert_eq!((convert.memory_mb, convert.timeout_seconds, convert.log_retention_days), (256, 8, Some(30)));
    assert_eq!(convert.grants[&Name::new("numbers").unwrap()], Access::ReadWrite);
    let table_name = convert.environment["TABLE_NAME"].as_text().unwrap();
    assert_eq!(table_name.to_string(), "${tables.numbers.name}");
    let api = spec.api.as_ref().unwrap();
    assert_eq!(
        api.routes.keys().map(ToString::to_string).collect::<Vec<_>>(),
        ["GET /", "GET /vanity-numbers", "GET /vanity-numbers/{phone}"]
    );
    let Certificate::SelfSigned(days) = api.domain.as_ref().unwrap().certificate else { panic!("it is self-signed") };
    assert_eq!((days.validity_days, days.renew_before_days), (365, 30));
    assert_eq!(spec.tables["numbers"].attributes().len(), 3);
}

#[test]
fn references_know_where_they_stand() {
    let (path, text) = (Path::new("dev.yaml"), DEV);
    let spec = load(path, text, "dev").unwrap();
    let reference = spec.functions["get"].environment["TABLE_NAME"].as_text().unwrap().references().next().unwrap().span;
    let line = text.lines().nth(reference.line as usize - 1).unwrap();
    let found: String = line.chars().skip(reference.column as usize - 1).take(reference.length as usize).collect();
    assert_eq!(found, "${tables.numbers.name}");
}

#[test]
fn secret_has_its_variable_and_position() {
    let text = DEV.replacen(
        "      TABLE_NAME: ${tables.numbers.name}\n",
        "      TABLE_NAME: ${tables.numbers.name}\n      API_KEY: { secret: VANITY_API_KEY }\n",
        1,
    );
    let spec = load(Path::new("dev.yaml"), &text, "dev").unwrap();
    let secret = spec.functions.values().find_map(|function| function.environment.get("API_KEY")?.as_secret()).unwrap();
    assert_eq!(secret.variable, "VANITY_API_KEY");
    let line = text.lines().nth(secret.span.line as usize - 1).unwrap();
    let marked: String = line.chars().skip(secret.span.column as usize - 1).take(secret.span.length as usize).collect();
    assert_eq!(marked, "VANITY_API_KEY");
}

//! Tests of values from the environment.

use std::env::VarError;
use std::path::Path;

use deployer_spec::{Code, Diagnostics, Loaded, Loader, load};

const DEV: &str = include_str!("../dev.yaml");

fn variable(name: &str) -> Result<String, VarError> {
    match name {
        "MEMORY" => Ok("512".to_owned()),
        "RATE" => Ok("0.5".to_owned()),
        "LOGS" => Ok("false".to_owned()),
        "ACCOUNT" => Ok("444455556666".to_owned()),
        "TEXT" => Ok("${tables.numbers.name} \"x\" # y".to_owned()),
        "EMPTY" => Ok(String::new()),
        "WORD" => Ok("arm64".to_owned()),
        "BINARY" => Err(VarError::NotUnicode(Default::default())),
        _ => Err(VarError::NotPresent),
    }
}

/// Loads the development spec with one text replaced.
fn with(from: &str, to: &str) -> Result<Loaded, Diagnostics> {
    assert!(DEV.contains(from), "{from}");
    let text = DEV.replacen(from, to, 1);
    Loader { variable: &variable, ..Loader::default() }.load(Path::new("dev.yaml"), text.as_bytes(), "dev")
}

fn good(from: &str, to: &str) -> Loaded {
    with(from, to).unwrap_or_else(|faults| panic!("{faults}"))
}

#[test]
fn value_has_the_type_of_its_key() {
    assert_eq!(good("memory_mb: 256", "memory_mb: ${env:MEMORY}").spec.functions["convert"].memory_mb, 512);
    assert_eq!(good("memory_mb: 256", "memory_mb: ${env:NO:-1024}").spec.functions["convert"].memory_mb, 1024);
    assert_eq!(good("memory_mb: 256", "memory_mb: ${env:EMPTY:-1024}").spec.functions["convert"].memory_mb, 1024);
    assert_eq!(good("account: \"111122223333\"", "account: ${env:ACCOUNT}").spec.provider.account().as_str(), "444455556666");
    assert!(!good("inbound_calls: true", "inbound_calls: ${env:LOGS}").spec.connect.unwrap().inbound_calls);
    let limits = good("{ rate_limit: 10,", "{ rate_limit: \"${env:RATE}\",").spec.api.unwrap().throttling.unwrap();
    assert!((limits.rate_limit - 0.5).abs() < f64::EPSILON);
    let joined = good("alias: vanity-dev", "alias: vanity-${env:WORD}-${env:NO:-x}");
    assert_eq!(joined.spec.connect.unwrap().alias, "vanity-arm64-x");
}

#[test]
fn value_in_a_template_is_literal() {
    let loaded = good("TABLE_NAME: ${tables.numbers.name}", "TABLE_NAME: \"<${env:TEXT}> ${region} $${env:X}\"");
    let template = loaded.spec.functions["convert"].environment["TABLE_NAME"].as_text().unwrap();
    assert_eq!(template.to_string(), "<$${tables.numbers.name} \"x\" # y> ${region} $${env:X}");
    assert_eq!(template.references().count(), 1);
}

#[test]
fn doubled_dollar_is_a_literal_in_every_text() {
    let loaded = good("description: Callers who want a person", "description: Says $${env:X} and $${tables.numbers.name}, $5");
    let queue = &loaded.spec.connect.unwrap().queues["support"];
    assert_eq!(queue.description, "Says ${env:X} and ${tables.numbers.name}, $5");
    let found = load(Path::new("dev.yaml"), &DEV.replacen("Callers who", "${Callers who", 1), "dev").unwrap_err();
    assert_eq!(found.iter().map(|fault| fault.code).collect::<Vec<_>>(), [Code::BadReference]);
}

#[test]
fn error_is_reported_alone_at_the_reference() {
    for (from, to, code, marked) in [
        ("memory_mb: 256", "memory_mb: ${env:NO}", Code::MissingVariable, "${env:NO}"),
        ("memory_mb: 256", "memory_mb: ${env:EMPTY}", Code::MissingVariable, "${env:EMPTY}"),
        ("memory_mb: 256", "memory_mb: ${env:BINARY}", Code::MissingVariable, "${env:BINARY}"),
        ("memory_mb: 256", "memory_mb: ${env:WORD}", Code::WrongType, "${env:WORD}"),
        ("memory_mb: 256", "memory_mb: ${env:NO:-1}", Code::OutOfRange, "${env:NO:-1}"),
        ("memory_mb: 256", "memory_mb: ${env:1X}", Code::BadReference, "${env:1X}"),
        ("memory_mb: 256", "memory_mb: ${env:}", Code::BadReference, "${env:}"),
        ("region: us-east-1", "region: a ${env:NO} b", Code::MissingVariable, "${env:NO}"),
        ("hours: support", "hours: ${env:NO}", Code::MissingVariable, "${env:NO}"),
        ("${tables.numbers.name}", "\"é ${env:WORD} ${env:NO}\"", Code::MissingVariable, "${env:NO}"),
        ("TABLE_NAME: ${tables.numbers.name}", "API_KEY: ${env:WORD}", Code::OpenSecret, "${env:WORD}"),
        ("TABLE_NAME: ${tables.numbers.name}", "db_password: x${env:NO:-y}", Code::OpenSecret, "${env:NO:-y}"),
        ("TABLE_NAME: ${tables.numbers.name}", "DBPASSWORD: ${env:WORD}", Code::OpenSecret, "${env:WORD}"),
        ("TABLE_NAME: ${tables.numbers.name}", "crmApiKey: ${env:WORD}", Code::OpenSecret, "${env:WORD}"),
    ] {
        let text = DEV.replacen(from, to, 1);
        let faults = with(from, to).expect_err(to);
        let found: Vec<_> = faults.iter().map(|fault| fault.code).collect();
        assert_eq!(found, [code], "{to}\n{faults}");
        let fault = faults.iter().next().unwrap();
        let line = text.lines().nth(fault.span.line as usize - 1).unwrap();
        let at: String = line.chars().skip(fault.span.column as usize - 1).take(fault.span.length as usize).collect();
        assert_eq!(at, marked, "{faults}");
    }
}

#[test]
fn value_that_does_not_fit_is_named() {
    let said = |from: &str, to: &str| with(from, to).expect_err(to).to_string();
    let text = said("memory_mb: 256", "memory_mb: ${env:WORD}");
    assert!(text.contains("(from the variable `WORD`, `arm64`)"), "{text}");
    let text = said("memory_mb: 256", "memory_mb: ${env:NO:-1}");
    assert!(text.contains("is out of range (from the variable `NO`, `1`)"), "{text}");
    let text = said("memory_mb: 256", "memory_mb: ${env:CRM_PASSWORD:-hunter2}");
    assert!(text.contains("(from the variable `CRM_PASSWORD`)") && !text.contains("`hunter2`"), "{text}");
    let text = said("memory_mb: 256", "memory_mb: many");
    assert!(!text.contains("from the variable"), "{text}");
}

#[test]
fn essentials_are_loaded_beside_mistakes() {
    let text = DEV.replacen("memory_mb: 256", "memory_mb: many", 1).replacen("alias:", "aliass:", 1) + "nonsense: 1\n";
    let loader = Loader { variable: &variable, ..Loader::default() };
    let path = Path::new("dev.yaml");
    assert!(loader.load(path, text.as_bytes(), "dev").is_err());
    let (whole, part) = (load(path, DEV, "dev").expect("it is valid"), loader.load_essentials(path, text.as_bytes(), "dev"));
    let part = part.expect("its state can be found").spec;
    assert_eq!((part.project, part.provider, part.state), (whole.project, whole.provider, whole.state));
    assert!(loader.load_essentials(path, text.replacen("region:", "regon:", 1).as_bytes(), "dev").is_err());
    assert!(loader.load_essentials(path, text.as_bytes(), "prod").is_err());
}

#[test]
fn value_of_a_secret_is_printed_nowhere() {
    let fault = with("TABLE_NAME: ${tables.numbers.name}", "API_TOKEN: ${env:ACCOUNT}").expect_err("a secret in plain text");
    assert!(!fault.to_string().contains("444455556666"), "{fault}");
    assert!(fault.to_string().contains("{ secret: ACCOUNT }"), "{fault}");
    let loaded = good("TABLE_NAME: ${tables.numbers.name}", "API_TOKEN: { secret: ACCOUNT }");
    assert!(!loaded.resolved.to_yaml(&loaded.sources).contains("444455556666"));
}

#[test]
fn variable_with_a_secret_is_substituted_nowhere_else() {
    let table = "TABLE_NAME: ${tables.numbers.name}";
    let refused = |to: &str| {
        let faults = with(table, to).expect_err(to);
        assert!(!faults.to_string().contains("444455556666"), "{faults}");
        assert_eq!(faults.iter().map(|fault| fault.code).collect::<Vec<_>>(), [Code::OpenSecret], "{to}\n{faults}");
    };
    refused("API_TOKEN: { secret: ACCOUNT }\n      OTHER: \"x${env:ACCOUNT}\"");
    refused("OTHER: ${env:ACCOUNT}\n      API_TOKEN: { secret: \"${env:NO:-ACCOUNT}\" }");
    good(table, "API_TOKEN: { secret: ACCOUNT }\n      OTHER: ${env:WORD}");
}

#[test]
fn resolved_spec_names_the_variable() {
    let loaded = good("memory_mb: 256", "memory_mb: ${env:MEMORY}");
    let text = loaded.resolved.to_yaml(&loaded.sources);
    assert!(text.contains("    memory_mb: 512  # from the variable MEMORY\n"), "{text}");
}

#[test]
fn tags_are_of_any_language_as_far_as_all_services_take_them() {
    let found = |tag: &str| {
        with("  application: vanity-numbers", tag).err().map(|faults| faults.iter().map(|fault| fault.code).collect::<Vec<_>>())
    };
    for good in ["a@b: c@d", "größe: 東京", "\"Ⅳ ²\": \"a\\u3000b\"", "_.:/=+-@: _.:/=+-@"] {
        assert_eq!(found(&format!("  {good}")), None, "{good}");
    }
    for (wrong, code) in [
        ("a#b: c", Code::BadName),
        ("\"\\u0301\": c", Code::BadName),
        // The vowel signs of Devanagari are marks, not letters.
        ("हिन्दी: c", Code::BadName),
        ("a: हिन्दी", Code::BadValue),
        ("a: \"b\\tc\"", Code::BadValue),
        ("a: \"b☎\"", Code::BadValue),
        ("AWS:x: y", Code::BadName),
    ] {
        assert_eq!(found(&format!("  {wrong}")), Some(vec![code]), "{wrong}");
    }
}

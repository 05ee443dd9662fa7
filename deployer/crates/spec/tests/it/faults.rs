//! Tests of each kind of diagnostic, with its position.

use std::path::Path;

use deployer_spec::{Code, Diagnostics, load, load_bytes};

const DEV: &str = include_str!("../dev.yaml");

fn faults(text: &str) -> Diagnostics {
    load(Path::new("dev.yaml"), text, "dev").err().unwrap_or_else(|| panic!("no fault in:\n{text}"))
}

/// A test case: the replaced text of the example, its replacement, and the expected diagnostics with code, underlined text and suggestion.
type Case = (&'static str, &'static str, &'static [(Code, &'static str, Option<&'static str>)]);

const CASES: &[Case] = &[
    // Structure
    (
        "tables:",
        "tabels:",
        &[
            (Code::UnknownKey, "tabels", Some("tables")),
            (Code::Dangling, "${tables.numbers.name}", None),
            (Code::Dangling, "numbers", None),
            (Code::Dangling, "${tables.numbers.name}", None),
            (Code::Dangling, "numbers", None),
        ],
    ),
    ("memory_mb: 256", "memroy_mb: 256", &[(Code::UnknownKey, "memroy_mb", Some("memory_mb"))]),
    ("    package: convert\n", "", &[(Code::MissingKey, "convert", None)]),
    ("    memory_mb: 256", "    memory_mb: 256\n    memory_mb: 128", &[(Code::DuplicateKey, "memory_mb", None)]),
    ("tags:", "tags: {}\ntags:", &[(Code::DuplicateKey, "tags", None)]),
    ("    key: { partition: { id: S } }", "    key:", &[(Code::WrongType, "key", None)]),
    ("  application: vanity-numbers", "  1: one", &[(Code::WrongType, "1", None)]),
    ("application: vanity-numbers", "application: 5", &[(Code::WrongType, "5", None)]),
    ("functions: [convert]", "functions: convert", &[(Code::WrongType, "convert", None)]),
    ("inbound_calls: true", "inbound_calls: yes", &[(Code::WrongType, "yes", Some("true"))]),
    ("account: \"111122223333\"", "account: 111122223333", &[(Code::WrongType, "111122223333", None)]),
    ("memory_mb: 256", "memory_mb: 25.6", &[(Code::WrongType, "25.6", None)]),
    ("s3: {}", "{}", &[(Code::MissingKey, "state", None)]),
    ("s3: {}", "directory: a\n  s3: { bucket: bucket }", &[(Code::Conflict, "state", None)]),
    ("{ id: S }", "{ id: S, at: N }", &[(Code::OutOfRange, "partition", None)]),
    ("tags:", "<<: {}\ntags:", &[(Code::UnknownKey, "<<", None)]),
    // Values
    ("project: vanity", "project: Vanity", &[(Code::BadValue, "Vanity", None)]),
    ("environment: dev", "environment: prod", &[(Code::OtherEnvironment, "prod", None)]),
    ("us-east-1", "us-esat-1", &[(Code::BadValue, "us-esat-1", Some("us-east-1"))]),
    ("us-east-1", "cn-north-1", &[(Code::BadValue, "cn-north-1", None)]),
    ("\"111122223333\"", "\"11112222333\"", &[(Code::BadValue, "\"11112222333\"", None)]),
    ("memory_mb: 256", "memory_mb: 127", &[(Code::OutOfRange, "127", None)]),
    ("timeout_seconds: 8", "timeout_seconds: 901", &[(Code::OutOfRange, "901", None)]),
    ("log_retention_days: 30", "log_retention_days: 31", &[(Code::NotAllowed, "31", Some("30"))]),
    ("type: CONTACT_FLOW", "type: contact_flow", &[(Code::NotAllowed, "contact_flow", Some("CONTACT_FLOW"))]),
    ("numbers: read-write", "numbers: readwrite", &[(Code::NotAllowed, "readwrite", Some("read-write"))]),
    ("{ id: S }", "{ id: X }", &[(Code::NotAllowed, "X", None)]),
    ("application:", "aws:application:", &[(Code::BadName, "aws:application", None)]),
    ("recent:", "re:", &[(Code::BadName, "re", None)]),
    ("TABLE_NAME:", "AWS_REGION:", &[(Code::BadName, "AWS_REGION", None)]),
    ("TABLE_NAME:", "AWS_LAMBDA_MAX_CONCURRENCY:", &[(Code::BadName, "AWS_LAMBDA_MAX_CONCURRENCY", None)]),
    ("TABLE_NAME:", "TABLE-NAME:", &[(Code::BadName, "TABLE-NAME", None)]),
    ("${tables.numbers.name}", "{ secret: 1KEY }", &[(Code::BadValue, "1KEY", None)]),
    (
        "${tables.numbers.name}",
        "{ secert: KEY }",
        &[(Code::MissingKey, "TABLE_NAME", None), (Code::UnknownKey, "secert", Some("secret"))],
    ),
    ("${tables.numbers.name}", "[KEY]", &[(Code::WrongType, "TABLE_NAME", None)]),
    ("${tables.numbers.name}", "{}", &[(Code::MissingKey, "TABLE_NAME", None)]),
    ("alias: vanity-dev", "alias: d-vanity", &[(Code::BadValue, "d-vanity", None)]),
    ("domain: vanity-dev.example", "domain: vanity", &[(Code::BadName, "vanity", None)]),
    (
        "Reads vanity numbers back\n    package",
        "Reads ${tables.numbers.name}\n    package",
        &[(Code::BadReference, "${tables.numbers.name}", None)],
    ),
    // Routes
    ("GET /:", "/:", &[(Code::BadName, "/", Some("GET /"))]),
    ("GET /:", "get /:", &[(Code::BadName, "get /", Some("GET /"))]),
    ("GET /:", "GET /a/:", &[(Code::BadName, "GET /a/", Some("GET /a"))]),
    ("GET /:", "GET /x{y}:", &[(Code::BadName, "GET /x{y}", None)]),
    ("GET /:", "GET /{y+}/z:", &[(Code::BadName, "GET /{y+}/z", None)]),
    ("GET /:", "GET /{y}/{y}:", &[(Code::Conflict, "GET /{y}/{y}", None)]),
    ("GET /:", "POST /vanity-numbers/{id}:", &[(Code::Conflict, "POST /vanity-numbers/{id}", None)]),
    ("tags:", "tags:\n  Application: other", &[(Code::Conflict, "application", None)]),
    ("GET /: get", "GET /: gett", &[(Code::Dangling, "gett", Some("get"))]),
    ("function: get, auth", "function: gett, auth", &[(Code::Dangling, "gett", Some("get"))]),
    ("auth: api_key", "auth: apikey", &[(Code::NotAllowed, "apikey", Some("api_key"))]),
    ("{ function: get, auth: api_key }", "[get]", &[(Code::WrongType, "GET /vanity-numbers/{phone}", None)]),
    // Consistency between entries
    ("functions: [convert]", "functions: [konvert]", &[(Code::Dangling, "konvert", Some("convert"))]),
    ("functions: [convert]", "functions: [convert, convert]", &[(Code::Conflict, "convert", None)]),
    ("grants: { numbers:", "grants: { numbrs:", &[(Code::Dangling, "numbrs", Some("numbers"))]),
    ("sort: { updated_at: N }", "sort: { feed: S }", &[(Code::Conflict, "feed", None)]),
    ("sort: { updated_at: N }", "sort: { id: N }", &[(Code::Conflict, "N", None)]),
    ("ttl: expires_at", "ttl: id", &[(Code::Conflict, "id", None)]),
    ("renew_before_days: 30", "renew_before_days: 365", &[(Code::Conflict, "365", None)]),
    ("  domain: vanity-dev.example\n", "", &[(Code::Conflict, "certificate", None)]),
    (
        "  certificate:\n    self_signed: { validity_days: 365, renew_before_days: 30 }\n",
        "",
        &[(Code::Conflict, "vanity-dev.example", None)],
    ),
    ("    vanity:\n", "    other: { file: x.json, name: vanity }\n    vanity:\n", &[(Code::Conflict, "vanity", None)]),
    // References
    ("${tables.numbers.name}", "${tables.number.name}", &[(Code::Dangling, "${tables.number.name}", Some("numbers"))]),
    (
        "${tables.numbers.name}",
        "a ${table.numbers.name} b",
        &[(Code::BadReference, "${table.numbers.name}", Some("${tables.numbers.name}"))],
    ),
    (
        "${tables.numbers.name}",
        "\"é\\t${tables.numbers.nam}\"",
        &[(Code::BadReference, "${tables.numbers.nam}", Some("${tables.numbers.name}"))],
    ),
    ("${tables.numbers.name}", "${nothing", &[(Code::BadReference, "${nothing", None)]),
    ("${tables.numbers.name}", "|\n        one\n        two ${api.nothing}", &[(Code::BadReference, "${api.nothing}", None)]),
    (
        "${tables.numbers.name}",
        "${functions.gett.arn} ${func.get}",
        &[(Code::Dangling, "${functions.gett.arn}", Some("get")), (Code::BadReference, "${func.get}", Some("${functions.get}"))],
    ),
    ("${tables.numbers.name}", "${functions.convert.arn}", &[(Code::Cycle, "${functions.convert.arn}", None)]),
    (
        "    environment:\n      TABLE_NAME: ${tables.numbers.name}\n    grants: { numbers: read }",
        "    environment: { URL: \"${api.url}\" }",
        &[(Code::Cycle, "${api.url}", None)],
    ),
    // YAML
    ("project: vanity\n", "project: vanity\n\tx: y\n", &[(Code::Syntax, "", None)]),
    ("project: vanity\n", "project: [vanity\n", &[(Code::Syntax, "", None)]),
    ("project: vanity\n", "project: *vanity\n", &[(Code::Syntax, "", None)]),
    ("project: vanity\n", "project: !!python/object vanity\n", &[(Code::Syntax, "vanity", None)]),
];

/// Returns the text that a diagnostic underlines.
fn marked(text: &str, fault: &deployer_spec::Diagnostic) -> String {
    let line = text.split('\n').nth(fault.span.line as usize - 1).unwrap();
    line.chars().skip(fault.span.column as usize - 1).take(fault.span.length as usize).collect()
}

#[test]
fn each_diagnostic_is_reported_alone_at_its_position() {
    for (from, to, expected) in CASES {
        assert!(DEV.contains(from), "{from:?} is not in the example");
        let text = DEV.replacen(from, to, 1);
        let faults = faults(&text);
        let found: Vec<_> = faults.iter().map(|fault| (fault.code, marked(&text, fault), fault.did_you_mean.clone())).collect();
        let expected: Vec<_> =
            expected.iter().map(|(code, at, meant)| (*code, (*at).to_owned(), meant.map(str::to_owned))).collect();
        assert_eq!(found, expected, "{to}\n{faults}");
    }
}

#[test]
fn api_of_reserved_paths_only_is_refused() {
    let spec = |routes: &str| {
        let api = format!("api:\n  domain: shop.example\n  certificate: {{ self_signed: {{}} }}\n  routes:\n{routes}");
        format!(
            "project: shop\nenvironment: dev\nprovider: {{ embedded: {{}} }}\nstate: {{ directory: state }}\nfunctions: {{ f: {{ package: f }} }}\n{api}"
        )
    };
    let found = faults(&spec("    GET /ping: f\n    ANY /sping: f\n"));
    assert_eq!(found.iter().map(|fault| fault.code).collect::<Vec<_>>(), [Code::Conflict, Code::Conflict]);
    assert!(load(Path::new("dev.yaml"), &spec("    GET /ping: f\n    GET /: f\n"), "dev").is_ok(), "one of them is reached");
    assert_eq!(deployer_spec::reserved_path("GET /ping"), Some("/ping"));
    assert_eq!(deployer_spec::reserved_path("GET /ping/x"), None);
}

#[test]
fn positions_count_characters_from_one() {
    let text = DEV.replacen("project: vanity", "tags: {\"é;\": \"☎\"}\nproject: {ñ: Ω, ö: 1}", 1);
    let places: Vec<_> = faults(&text).iter().map(|fault| (fault.code, fault.span.line, fault.span.column)).collect();
    let expected = [(Code::BadName, 2, 8), (Code::BadValue, 2, 14), (Code::WrongType, 3, 1), (Code::DuplicateKey, 16, 1)];
    assert_eq!(places, expected, "{}", faults(&text));
}

#[test]
fn all_faults_come_at_once() {
    let together = DEV
        .replacen("us-east-1", "us-esat-1", 1)
        .replacen("memory_mb: 256", "memory_mb: 1", 1)
        .replacen("timeout_seconds: 8", "timeout: 8", 1)
        .replacen("${tables.numbers.name}", "${tables.x.name}", 1)
        .replacen("GET /:", "GET:", 1)
        .replacen("environment: dev", "environment: prod", 1);
    let codes: Vec<Code> = faults(&together).iter().map(|fault| fault.code).collect();
    use Code::{BadName, BadValue, Dangling, OtherEnvironment, OutOfRange, UnknownKey};
    assert_eq!(codes, [OtherEnvironment, BadValue, OutOfRange, UnknownKey, Dangling, BadName]);
}

#[test]
fn too_long_function_name_in_aws_is_refused() {
    let name = "convert-every-single-number-of-the-world";
    let fits = DEV.replace("convert:", &format!("{name}:")).replace("[convert]", &format!("[{name}]"));
    assert!(load(Path::new("dev.yaml"), &fits, "dev").is_ok());
    let text = fits.replacen("project: vanity", "project: vanity-number-application", 1);
    let found: Vec<_> = faults(&text).iter().map(|fault| (fault.code, marked(&text, fault))).collect();
    assert_eq!(found, [(Code::BadName, name.to_owned())]);
}

#[test]
fn environment_above_four_kilobytes_is_refused() {
    let with = |length: usize| DEV.replacen("${tables.numbers.name}", &"x".repeat(length), 1);
    let room = 4096 - "TABLE_NAME".len() - "KEEP_DAYS".len() - "30".len();
    assert!(load(Path::new("dev.yaml"), &with(room), "dev").is_ok());
    let codes: Vec<Code> = faults(&with(room + 1)).iter().map(|fault| fault.code).collect();
    assert_eq!(codes, [Code::OutOfRange]);
}

#[test]
fn api_key_and_routes_requiring_it_belong_together() {
    let open = DEV.replace(", auth: api_key", "");
    let found: Vec<_> = faults(&open).iter().map(|fault| (fault.code, fault.path.clone())).collect();
    assert_eq!(found, [(Code::Conflict, "api.api_key".to_owned())]);
    let (before, rest) = DEV.split_once("  api_key:\n").expect("the example has a key");
    let (_, after) = rest.split_once("  routes:\n").expect("and routes");
    let found: Vec<_> =
        faults(&format!("{before}  routes:\n{after}")).iter().map(|fault| (fault.code, fault.path.clone())).collect();
    let without = |route: &str| (Code::Conflict, format!("api.routes.GET /vanity-numbers{route}.auth"));
    assert_eq!(found, [without("/{phone}"), without("")]);
}

#[test]
fn text_without_declarations_is_empty() {
    for text in ["", "   \n\n", "# only a comment\n", "---\n", "~\n", "\u{feff}"] {
        assert_eq!(faults(text).iter().map(|fault| fault.code).collect::<Vec<_>>(), [Code::Empty], "{text:?}");
    }
}

#[test]
fn second_document_is_refused_at_its_start() {
    let faults = faults(&format!("{DEV}---\n{DEV}"));
    let found: Vec<_> = faults.iter().map(|fault| (fault.code, fault.span.line as usize)).collect();
    assert!(matches!(found.as_slice(), [(Code::Syntax, line)] if *line > DEV.lines().count()), "{faults}");
    assert!(faults.to_string().contains("document"), "{faults}");
}

#[test]
fn list_or_plain_text_is_no_spec() {
    for text in ["- a\n- b\n", "just text\n"] {
        assert_eq!(faults(text).iter().map(|fault| fault.code).collect::<Vec<_>>(), [Code::WrongType], "{text:?}");
    }
}

#[test]
fn texts_that_grow_without_bound_are_refused() {
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..12 {
        let all = vec![format!("*a{}", level - 1); 9].join(",");
        bomb.push_str(&format!("a{level}: &a{level} [{all}]\n"));
    }
    let nested: String = (0..200).map(|depth| format!("{}a:\n", "  ".repeat(depth))).collect();
    let brackets = format!("a: {}", "[".repeat(100_000));
    let braces = format!("a: {}", "{a: ".repeat(10_000));
    let long = format!("a: {}", "x".repeat(5_000_000));
    let documents = "---\na: 1\n".repeat(1000);
    let many: String = (0..500_000).map(|n| format!("k{n}:\n")).collect();
    for text in [bomb, nested, brackets, braces, long, many] {
        let codes: Vec<Code> = faults(&text).iter().map(|fault| fault.code).collect();
        assert_eq!(codes, [Code::TooLarge], "{}", &text[..60]);
    }
    let codes: Vec<Code> = faults(&documents).iter().map(|fault| fault.code).collect();
    assert_eq!(codes, [Code::Syntax]);
}

#[test]
fn diagnostics_of_aliased_values_point_to_the_alias() {
    let good = DEV.replacen("  convert:\n", "  convert: &same\n", 1);
    let good = format!("{}  third: *same\n{}", &good[..good.find("connect:").unwrap()], &good[good.find("connect:").unwrap()..]);
    assert!(load(Path::new("dev.yaml"), &good, "dev").is_ok());
    let bad = good.replacen("timeout_seconds: 8", "timeout_seconds: 0", 1);
    let found: Vec<_> = faults(&bad).iter().map(|fault| (fault.path.clone(), fault.span.line)).collect();
    let line = |wanted: &str| bad.lines().position(|line| line.contains(wanted)).map_or(0, |line| line as u32 + 1);
    let path = |name| format!("functions.{name}.timeout_seconds");
    assert_eq!(found, [(path("convert"), line("timeout_seconds: 0")), (path("third"), line("*same"))]);
}

#[test]
fn non_utf8_file_is_refused_at_the_byte() {
    let mut bytes = b"project: vanity\nenvironment: d".to_vec();
    bytes.extend([0xff, b'\n']);
    let faults = load_bytes(Path::new("dev.yaml"), &bytes, "dev").unwrap_err();
    let found: Vec<_> = faults.iter().map(|fault| (fault.code, fault.span.line, fault.span.column)).collect();
    assert_eq!(found, [(Code::NotUtf8, 2, 15)]);
}

#[test]
fn byte_order_mark_and_carriage_returns_are_accepted() {
    let text = format!("\u{feff}{}", DEV.replace('\n', "\r\n"));
    assert!(load(Path::new("dev.yaml"), &text, "dev").is_ok());
}

#[test]
fn faults_are_also_json() {
    let text = DEV.replacen("memory_mb: 256", "memroy_mb: 256", 1);
    let json = faults(&text).to_json();
    let line = text.lines().position(|line| line.contains("memroy_mb")).unwrap() + 1;
    assert_eq!(json[0]["code"], "unknown-key");
    assert_eq!(json[0]["file"], "dev.yaml");
    assert_eq!(json[0]["line"], line);
    assert_eq!(json[0]["column"], 5);
    assert_eq!(json[0]["length"], 9);
    assert_eq!(json[0]["path"], "functions.convert.memroy_mb");
    assert_eq!(json[0]["did_you_mean"], "memory_mb");
}

#[test]
fn long_line_is_shortened_around_the_diagnostic() {
    let text = format!("{}\nx: {{ {}bad: 1 }}\n", DEV, "a: 1, ".repeat(200));
    let shown = faults(&text).to_string();
    assert!(shown.lines().all(|line| line.chars().count() < 400), "{shown}");
}

/// A function in the place of `get`, and the expected diagnostics with code and underlined text.
const FUNCTIONS: &[(&str, &[(Code, &str)])] = &[
    ("{ code: { directory: app }, runtime: python3.13, handler: app.handler }", &[]),
    ("{ code: { zip: app.zip }, runtime: nodejs22.x, handler: src/index.handler }", &[]),
    ("{ code: { cargo: get } }", &[]),
    ("{ existing: billing }", &[]),
    ("{ existing: \"arn:aws:lambda:us-east-1:111122223333:function:billing\", description: Theirs }", &[]),
    ("{ package: get, existing: billing }", &[(Code::Conflict, "billing")]),
    ("{ existing: billing, memory_mb: 256 }", &[(Code::Conflict, "memory_mb")]),
    (
        "{ existing: \"arn:aws:lambda:us-east-1:999999999999:function:x\" }",
        &[(Code::Conflict, "\"arn:aws:lambda:us-east-1:999999999999:function:x\"")],
    ),
    ("{ existing: \"a b\" }", &[(Code::BadValue, "\"a b\"")]),
    ("{ code: { directory: app } }", &[(Code::MissingKey, "get")]),
    ("{ code: { directory: app }, runtime: python3.13 }", &[(Code::MissingKey, "get")]),
    ("{ code: { directory: ../app }, runtime: python3.13, handler: a.b }", &[(Code::BadValue, "../app")]),
    ("{ code: { directory: /app }, runtime: python3.13, handler: a.b }", &[(Code::BadValue, "/app")]),
    ("{ code: { directory: ./. }, runtime: python3.13, handler: a.b }", &[(Code::Conflict, "./.")]),
    ("{ code: { directory: config/f }, runtime: python3.13, handler: a.b }", &[(Code::Conflict, "config/f")]),
    ("{ code: { directory: ./.deployer }, runtime: python3.13, handler: a.b }", &[(Code::Conflict, "./.deployer")]),
    ("{ code: { zip: a.zip, build: make }, runtime: python3.13, handler: a.b }", &[(Code::Conflict, "make")]),
    ("{ code: { directory: a, output: b }, runtime: python3.13, handler: a.b }", &[(Code::Conflict, "b")]),
    ("{ code: { directory: app }, runtime: python3.13, handler: handler }", &[(Code::BadValue, "handler")]),
    ("{ code: { directory: app }, runtime: python3.31, handler: a.b }", &[(Code::NotAllowed, "python3.31")]),
    ("{ code: { directory: app }, runtime: nodejs16.x, handler: a.b }", &[(Code::NotAllowed, "nodejs16.x")]),
    ("{ package: get, runtime: python3.13, handler: a.b }", &[(Code::Conflict, "python3.13")]),
    ("{ package: get, log_level: DEBUG }", &[(Code::Conflict, "DEBUG")]),
    ("{ package: get, vpc: { subnets: [], security_groups: [sg-01234567] } }", &[(Code::OutOfRange, "[")]),
    ("{ package: get, allow: [{ actions: [sqs:SendMessage], resources: [\"arn:aws:sqs:us-east-1:111122223333:q\"] }] }", &[]),
    ("{ package: get, allow: [{ actions: [\"s3:*\"], resources: [\"*\"] }] }", &[]),
    ("{ package: get, allow: [{ actions: [dynamodb:Query], resources: [\"${tables.numbers.arn}/index/*\"] }] }", &[]),
    ("{ package: get, allow: [{ actions: [polly:DescribeVoices], resources: [\"*\"] }] }", &[]),
    ("{ package: get, allow: [{ actions: [ec2:DescribeVpcs], resources: [\"*\"] }] }", &[]),
    ("{ package: get, allow: [{ actions: [sqs:SendMesage], resources: [\"*\"] }] }", &[(Code::NotAllowed, "sqs:SendMesage")]),
    ("{ package: get, allow: [{ actions: [sqz:Send], resources: [\"*\"] }] }", &[(Code::NotAllowed, "sqz:Send")]),
    (
        "{ package: get, allow: [{ actions: [s3:GetObject], resources: [\"arn:aws:s3:::b\"] }] }",
        &[(Code::Conflict, "s3:GetObject")],
    ),
    (
        "{ package: get, allow: [{ actions: [s3:ListBucket], resources: [\"arn:aws:s3:::b/*\"] }] }",
        &[(Code::Conflict, "s3:ListBucket")],
    ),
    ("{ package: get, allow: [{ actions: [sqs:SendMessage], resources: [queue] }] }", &[(Code::BadValue, "queue")]),
    ("{ package: get, allow: [{ actions: [], resources: [\"*\"] }] }", &[(Code::OutOfRange, "[")]),
];

#[test]
fn sources_and_permissions_of_functions_are_checked() {
    let Some((before, rest)) = DEV.split_once("  get:\n") else { panic!("the example has a function `get`") };
    let Some((_, after)) = rest.split_once("\nconnect:") else { panic!("the example has `connect` after it") };
    for (function, expected) in FUNCTIONS {
        let text = format!("{before}  get: {function}\n\nconnect:{after}");
        let found = match load(Path::new("dev.yaml"), &text, "dev") {
            Ok(_) => Vec::new(),
            Err(found) => found.iter().map(|fault| (fault.code, marked(&text, fault))).collect(),
        };
        let mut wanted: Vec<(Code, String)> = expected.iter().map(|(code, text)| (*code, (*text).to_owned())).collect();
        let mut found: Vec<(Code, String)> = found;
        wanted.sort();
        found.sort();
        assert_eq!(found, wanted, "{function}");
    }
}

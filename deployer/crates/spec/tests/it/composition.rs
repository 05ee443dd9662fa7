//! Tests of specs that extend other files.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use deployer_spec::{Code, Diagnostics, Loaded, Loader};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const DEV: &str = include_str!("../dev.yaml");

/// Loads `config/dev.yaml` among these files.
fn load(files: &[(&str, &[u8])]) -> Result<Loaded, Diagnostics> {
    let files: BTreeMap<&Path, &[u8]> = files.iter().map(|(name, bytes)| (Path::new(*name), *bytes)).collect();
    let read = |path: &Path| files.get(path).map(|bytes| bytes.to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into());
    let loader = Loader { read: &read, ..Loader::default() };
    let main = Path::new("config/dev.yaml");
    loader.load(main, files[main], "dev")
}

fn texts(files: &[(&str, &str)]) -> Result<Loaded, Diagnostics> {
    load(&files.iter().map(|(name, text)| (*name, text.as_bytes())).collect::<Vec<_>>())
}

/// Returns file, line, code of each diagnostic.
fn places(loaded: Result<Loaded, Diagnostics>) -> Vec<(String, u32, Code)> {
    let faults = loaded.expect_err("the spec has faults");
    faults.iter().map(|fault| (fault.file.display().to_string(), fault.span.line, fault.code)).collect()
}

fn whole() -> Value {
    Loader::default().document(Path::new("dev.yaml"), DEV.as_bytes()).expect("the spec is good")
}

const BASE: &str = "project: shop\nprovider: { embedded: {} }\nstate: { directory: state }\n";

#[test]
fn chain_is_merged_key_by_key_and_null_removes() {
    let spec = texts(&[
        ("config/dev.yaml", "extends: middle.yaml\nenvironment: dev\ntags: { a: null, c: above }\ntables: { x: null }\n"),
        (
            "config/middle.yaml",
            "extends: ../shared/base.yaml\ntags: { b: middle, c: middle }\nfunctions: { f: { memory_mb: 256 } }\n",
        ),
        (
            "shared/base.yaml",
            "project: shop\nprovider: { embedded: {} }\nstate: { directory: state }\ntags: { a: base, b: base }\n\
             tables: { x: { key: { partition: { id: S } } } }\nfunctions: { f: { package: f, memory_mb: 128 } }\n",
        ),
    ])
    .unwrap_or_else(|faults| panic!("{faults}"));
    let tags: Vec<(&str, &str)> = spec.spec.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(tags, [("b", "middle"), ("c", "above")]);
    assert!(spec.spec.tables.is_empty());
    assert_eq!(spec.spec.functions["f"].memory_mb, 256);
    assert_eq!(
        spec.resolved.to_yaml(&spec.sources),
        "# config/dev.yaml, which extends config/middle.yaml, which extends shared/base.yaml\n\
         project: shop  # shared/base.yaml:1\n\
         provider:  # shared/base.yaml:2\n  embedded: {}\n\
         state: { directory: state }  # shared/base.yaml:3\n\
         tags:\n  b: middle  # config/middle.yaml:2\n  c: above\n\
         tables: {}\n\
         functions:\n  f:\n    package: f  # shared/base.yaml:6\n    memory_mb: 256  # config/middle.yaml:3\n\
         environment: dev\n"
    );
}

#[test]
fn lists_are_replaced() {
    let base = DEV.replacen("environment: dev\n", "", 1);
    let spec = texts(&[
        ("config/dev.yaml", "extends: base.yaml\nenvironment: dev\nconnect: { functions: [get] }\n"),
        ("config/base.yaml", &base),
    ]);
    let connect = spec.unwrap_or_else(|faults| panic!("{faults}")).spec.connect.unwrap();
    assert_eq!(connect.functions.iter().map(ToString::to_string).collect::<Vec<_>>(), ["get"]);
}

#[test]
fn every_error_is_reported_where_its_value_stands() {
    let found = places(texts(&[
        (
            "config/dev.yaml",
            "extends: base.yaml\nenvironment: dev\ntags: { 'a;b': x }\nfunctions:\n  f: { timeout_seconds: 0 }\n",
        ),
        (
            "config/base.yaml",
            &format!("{BASE}functions:\n  f:\n    memory_mb: 1\n    memory_mb: 2\n  g: {{ package: g, pakage: g }}\n"),
        ),
    ]));
    let (dev, base) = ("config/dev.yaml".to_owned(), "config/base.yaml".to_owned());
    let expected = [
        (dev.clone(), 3, Code::BadName),
        (dev.clone(), 5, Code::MissingKey),
        (dev, 5, Code::OutOfRange),
        (base.clone(), 6, Code::OutOfRange),
        (base.clone(), 7, Code::DuplicateKey),
        (base, 8, Code::UnknownKey),
    ];
    assert_eq!(found, expected);
}

#[test]
fn unusable_file_is_reported_at_its_cause() {
    let long: Vec<(String, String)> =
        (0..20).map(|n| (format!("config/{n}.yaml"), format!("extends: {}.yaml\n", n + 1))).collect();
    let mut chain: Vec<(&str, &[u8])> = long.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    chain.push(("config/dev.yaml", b"extends: 0.yaml\n"));
    assert_eq!(places(load(&chain)), [("config/14.yaml".to_owned(), 1, Code::TooLarge)]);
    let dev: &[u8] = b"environment: dev\nextends: base.yaml\n";
    for (main, base, file, line, code) in [
        (dev, None, "dev", 2, Code::Unreadable),
        (dev, Some(&b"a: [\n"[..]), "base", 1, Code::Syntax),
        (dev, Some(b""), "base", 1, Code::Empty),
        (dev, Some(b"\n- a\n"), "base", 2, Code::WrongType),
        (dev, Some(b"a: b\nc: \xff\n"), "base", 2, Code::NotUtf8),
        (dev, Some(b"extends: dev.yaml\n"), "base", 1, Code::Cycle),
        (dev, Some(b"a: b\nextends: ../config/./base.yaml\n"), "base", 2, Code::Cycle),
        (dev, Some(b"extends: no.yaml\n"), "base", 1, Code::Unreadable),
        (b"extends: dev.yaml\n", None, "dev", 1, Code::Cycle),
        (b"extends: 5\n", None, "dev", 1, Code::WrongType),
        (b"extends:\n", None, "dev", 1, Code::WrongType),
        (b"extends: ''\n", None, "dev", 1, Code::WrongType),
        (b"extends: [a.yaml]\n", None, "dev", 1, Code::WrongType),
        (b"extends: \"${env:X}.yaml\"\n", None, "dev", 1, Code::BadReference),
    ] {
        let mut files = vec![("config/dev.yaml", main)];
        files.extend(base.map(|base| ("config/base.yaml", base)));
        assert_eq!(places(load(&files)), [(format!("config/{file}.yaml"), line, code)], "{base:?}");
    }
}

/// The halves of a split document, and the decisions that are left for splitting it.
struct Split<'d> {
    decisions: std::iter::Cycle<std::slice::Iter<'d, u8>>,
}

impl Split<'_> {
    /// Splits a map at random into one below and one above, which give it when laid over each other.
    fn map(&mut self, map: &Map<String, Value>) -> (Map<String, Value>, Map<String, Value>) {
        let (mut below, mut above) = (Map::new(), Map::new());
        for (key, value) in map {
            match (self.decisions.next().map(|byte| byte % 5), value) {
                (Some(0), _) => drop(below.insert(key.clone(), value.clone())),
                (Some(1), Value::Object(members)) if !members.is_empty() => drop(above.insert(key.clone(), value.clone())),
                (Some(2), Value::Object(members)) if !members.is_empty() => {
                    let (mut under, mut over) = self.map(members);
                    under.insert("removed".to_owned(), json!({ "what": ["ever"] }));
                    over.insert("removed".to_owned(), Value::Null);
                    below.insert(key.clone(), under.into());
                    above.insert(key.clone(), over.into());
                }
                (_, Value::Object(members)) if !members.is_empty() => {
                    let (under, over) = self.map(members);
                    below.insert(key.clone(), under.into());
                    above.insert(key.clone(), over.into());
                }
                (Some(3), plain) => {
                    below.insert(key.clone(), json!(["something", "else"]));
                    above.insert(key.clone(), plain.clone());
                }
                (_, plain) => drop(above.insert(key.clone(), plain.clone())),
            }
        }
        (below, above)
    }
}

/// Puts a key that is wrong everywhere into the map at the end of a random path.
fn spoil(map: &mut Map<String, Value>, path: &[u8]) {
    let inner: Vec<String> = map.iter().filter(|(_, value)| value.is_object()).map(|(key, _)| key.clone()).collect();
    match path {
        [step, rest @ ..] if !inner.is_empty() => {
            let key = &inner[*step as usize % inner.len()];
            spoil(map.get_mut(key).and_then(Value::as_object_mut).unwrap(), rest);
        }
        _ => drop(map.insert("no key; anywhere".to_owned(), json!(1.5))),
    }
}

const BITS: &[&str] = &[
    "extends",
    ": ",
    "base.yaml",
    "dev.yaml",
    ".",
    "../config/",
    "\n",
    "tags",
    "functions",
    "null",
    "~",
    "{ ",
    " }",
    "[",
    "]",
    ", ",
    "&a ",
    "*a",
    "<<",
    "${env:",
    "${env:X:-",
    "}",
    "$${",
    "\"",
    "\n  ",
    "a",
    "1",
    "project",
    "environment",
    "é",
    "\t",
    "---\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn split_spec_resolves_to_the_whole(decisions in proptest::collection::vec(any::<u8>(), 1..80)) {
        let whole = whole();
        let (below, mut above) = Split { decisions: decisions.iter().cycle() }.map(whole.as_object().unwrap());
        above.insert("extends".to_owned(), "base.yaml".into());
        let (below, above) = (format!("{:#}", Value::from(below)), format!("{:#}", Value::from(above)));
        let loaded = texts(&[("config/dev.yaml", &above), ("config/base.yaml", &below)]);
        let loaded = loaded.unwrap_or_else(|faults| panic!("{faults}"));
        prop_assert_eq!(loaded.resolved.to_json(), whole.clone());
        let printed = loaded.resolved.to_yaml(&loaded.sources);
        let again = Loader::default().document(Path::new("dev.yaml"), printed.as_bytes());
        prop_assert_eq!(again.unwrap_or_else(|faults| panic!("{faults}\n{printed}")), whole);
    }

    #[test]
    fn error_in_a_part_is_reported_in_its_file(
        decisions in proptest::collection::vec(any::<u8>(), 1..80),
        path in proptest::collection::vec(any::<u8>(), 0..4),
        in_base in any::<bool>(),
    ) {
        let (mut below, mut above) = Split { decisions: decisions.iter().cycle() }.map(whole().as_object().unwrap());
        spoil(if in_base { &mut below } else { &mut above }, &path);
        above.insert("extends".to_owned(), "base.yaml".into());
        let (below, above) = (format!("{:#}", Value::from(below)), format!("{:#}", Value::from(above)));
        let (file, text) = if in_base { ("config/base.yaml", &below) } else { ("config/dev.yaml", &above) };
        let line = text.lines().position(|line| line.contains("no key; anywhere")).unwrap() + 1;
        match texts(&[("config/dev.yaml", &above), ("config/base.yaml", &below)]) {
            // It was put into what the other file replaces or removes.
            Ok(loaded) => prop_assert!(in_base && !loaded.resolved.to_json().to_string().contains("anywhere")),
            Err(faults) => prop_assert!(
                faults.iter().any(|fault| fault.file == Path::new(file) && fault.span.line as usize == line),
                "{file}:{line}\n{faults}"
            ),
        }
    }

    #[test]
    fn any_files_get_an_answer(
        dev in proptest::collection::vec(proptest::sample::select(BITS), 0..30),
        base in proptest::collection::vec(proptest::sample::select(BITS), 0..30),
    ) {
        let (dev, base) = (format!("extends: base.yaml\n{}", dev.concat()), base.concat());
        if let Err(faults) = texts(&[("config/dev.yaml", &dev), ("config/base.yaml", &base)]) {
            for fault in &faults {
                let text = if fault.file == Path::new("config/dev.yaml") { &dev } else { &base };
                prop_assert!((1..=text.split('\n').count()).contains(&(fault.span.line as usize)), "{fault:?}");
            }
            prop_assert!(faults.to_string().contains("nothing was changed"));
        }
    }
}

//! Property tests: loading any text returns a result.

use std::path::Path;

use deployer_spec::{Name, Part, ReferenceKind, Template, load, load_bytes};
use proptest::prelude::*;

const DEV: &str = include_str!("../dev.yaml");

/// Loads and renders; neither may panic or run for ever.
fn answer(bytes: &[u8]) {
    if let Err(faults) = load_bytes(Path::new("dev.yaml"), bytes, "dev") {
        assert!(!faults.is_empty());
        let text = String::from_utf8_lossy(bytes);
        let lines = text.split('\n').count();
        assert!(faults.iter().all(|fault| (1..=lines).contains(&(fault.span.line as usize))), "{faults:?}");
        assert!(faults.to_string().contains("nothing was changed"));
        assert!(faults.to_json().is_array());
    }
}

/// Fragments of YAML and of the format, whose combinations resemble a spec more than random text does.
const BITS: &[&str] = &[
    "project",
    "tables",
    "functions",
    "api",
    "connect",
    "routes",
    "GET /{x}",
    "environment",
    "key",
    ": ",
    ":\n  ",
    ":\n    ",
    "\n",
    "- ",
    "{ ",
    " }",
    "[",
    "]",
    ", ",
    "\"",
    "'",
    "|\n",
    "&a ",
    "*a",
    "<<",
    "!!str ",
    "${",
    "}",
    "$${tables.a.name}",
    "${functions.a.arn}",
    "~",
    "1",
    "-0.5",
    "true",
    "# x",
    "\t",
    "---\n",
    "\u{feff}",
    "é",
    "? ",
    "\r\n",
    "numbers",
    "convert",
    "S",
    "partition",
    "%",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_get_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        answer(&bytes);
    }

    #[test]
    fn any_mixture_of_bits_gets_an_answer(bits in proptest::collection::vec(proptest::sample::select(BITS), 0..60)) {
        answer(bits.concat().as_bytes());
    }

    #[test]
    fn replacing_a_piece_of_a_spec_never_panics(
        at in 0..DEV.len(),
        length in 0..60usize,
        bits in proptest::collection::vec(proptest::sample::select(BITS), 0..4),
    ) {
        let end = (at + length).min(DEV.len());
        let mut bytes = DEV.as_bytes().to_vec();
        bytes.splice(at..end, bits.concat().into_bytes());
        answer(&bytes);
    }

    #[test]
    fn swapping_two_lines_of_a_spec_never_panics(first in 0..60usize, second in 0..60usize) {
        let mut lines: Vec<&str> = DEV.lines().collect();
        let count = lines.len();
        lines.swap(first % count, second % count);
        answer(lines.join("\n").as_bytes());
    }

    #[test]
    fn plain_text_is_a_template_of_itself(text in "[^$]{0,40}") {
        let template = Template::parse(&text).unwrap();
        prop_assert_eq!(template.as_plain(), Some(text.as_str()));
        prop_assert_eq!(template.static_bytes(), text.len());
    }

    #[test]
    fn templates_round_trip(
        pieces in proptest::collection::vec(prop_oneof![
            "[a-z $}{]{0,6}".prop_map(|text| text.replace("${", "$${")),
            Just("${tables.numbers.name}".to_owned()),
            Just("${connect.flows.main.arn}".to_owned()),
            Just("${ region }".to_owned()),
        ], 0..8),
    ) {
        if let Ok(template) = Template::parse(&pieces.concat()) {
            let again = Template::parse(&template.to_string()).unwrap();
            let plain = |template: &Template| template.parts.iter().map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Reference(reference) => reference.to_string(),
            }).collect::<Vec<_>>();
            prop_assert_eq!(plain(&template), plain(&again));
        }
    }
}

#[test]
fn every_form_of_reference_is_read() {
    let name = || Name::new("main");
    for (text, kind, name) in [
        ("project", ReferenceKind::Setting, None),
        ("account", ReferenceKind::Setting, None),
        ("tables.main.arn", ReferenceKind::Table, name()),
        ("functions.main.name", ReferenceKind::Function, name()),
        ("connect.alias", ReferenceKind::Connect, None),
        ("connect.flows.main.id", ReferenceKind::Flow, name()),
        ("api.execution_arn", ReferenceKind::Api, None),
    ] {
        let template = Template::parse(&format!("<${{{text}}}>")).unwrap();
        let [Part::Text(before), Part::Reference(reference), Part::Text(after)] = template.parts.as_slice() else {
            panic!("{template:?}")
        };
        assert_eq!((before.as_str(), after.as_str()), ("<", ">"));
        assert_eq!((reference.kind, &reference.name, reference.to_string()), (kind, &name, text.to_owned()));
        assert_eq!((reference.span.column, reference.span.length as usize), (2, text.len() + 3));
    }
}

#[test]
fn doubled_dollar_before_brace_is_literal() {
    let template = Template::parse("$${project} $5 $$ ${project}").unwrap();
    assert_eq!(template.parts[0], Part::Text("${project} $5 $$ ".to_owned()));
    assert_eq!(template.references().count(), 1);
}

#[test]
fn further_flows_functions_and_tables_need_only_yaml() {
    let text = DEV
        .replacen(
            "functions:\n",
            "functions:\n  third: { package: third, grants: { calls: write }, environment: { TO: \"${functions.get.arn}\" } }\n",
            1,
        )
        .replacen(
            "tables:\n",
            "tables:\n  calls: { key: { partition: { id: S }, sort: { at: N } }, ttl: gone, encryption: aws-managed }\n",
            1,
        )
        .replacen("flows:\n", "flows:\n    hold: { file: flows/hold.json, type: CUSTOMER_HOLD, name: While you wait }\n", 1);
    let spec = load(Path::new("dev.yaml"), &text, "dev").unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!((spec.tables.len(), spec.functions.len(), spec.connect.unwrap().flows.len()), (2, 3, 2));
}

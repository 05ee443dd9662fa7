//! Tests that the builder's actions are those of the declarations, and what built flows look like.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use deployer_flow::actions;
use deployer_flow::build::shape::{Does, Method, Shape, Slot, Type, camel, shapes};

use crate::support::assert_current;

const HEAD: &str =
    "// Written by `UPDATE_DOCS=1 cargo test -p deployer-flow --test it builder` from the declarations in `src/actions/`.\n";

/// The generated files of actions, with the first and last letter of their functions' action types.
const FILES: [(&str, char, char); 4] = [("a_to_c", 'A', 'C'), ("d_to_l", 'D', 'L'), ("m_to_t", 'M', 'T'), ("u_to_z", 'U', 'Z')];

fn all() -> impl Iterator<Item = Shape> {
    actions::all().flat_map(shapes)
}

fn words(names: &[String]) -> String {
    names.join(" ")
}

fn slot(slot: &Slot) -> String {
    match slot {
        Slot::Free => "free".to_owned(),
        Slot::Once(name) => format!("once {name}"),
        Slot::Again(name) => format!("again {name}"),
    }
}

fn does(does: &Does) -> String {
    match does {
        Does::Next => "next".to_owned(),
        Does::Unused => "unused".to_owned(),
        Does::Error(error) => format!("error {error}"),
        Does::Operand(operand, None) => format!("operand {operand:?}"),
        Does::Operand(operand, Some(list)) => format!("operand {operand:?} {list:?}"),
        Does::On => "on".to_owned(),
        Does::Compare(numbers) => format!("compare {}", if *numbers { "NumberComparison" } else { "Comparison" }),
        Does::Set(keys, of) => format!("set {:?} {of}", keys[0]),
        Does::Member(name, member) => format!("member {name:?} {member:?}"),
        Does::Fix(name, value) => format!("fix {name:?} {value:?}"),
    }
}

/// Returns an argument for an example.
fn example_of(of: &Type) -> String {
    match of {
        Type::Text | Type::TextOrAttribute | Type::Constant | Type::Speech => "\"…\"".to_owned(),
        Type::Attribute => "attribute(\"name\")".to_owned(),
        Type::Whole | Type::WholeOrAttribute => "5".to_owned(),
        Type::TrueFalse | Type::Truth => "true".to_owned(),
        Type::Values(parameter) => format!("{}::{}", parameter.name, camel(parameter.values[0])),
        Type::Ref(kind) if kind.ends_with("Template") || *kind == "Assistant" => format!("{kind}::id(\"…\")"),
        Type::Ref(kind) | Type::In(_, kind) => format!("{kind}::named(\"…\")"),
        Type::QueueOrAgent => "Queue::named(\"…\")".to_owned(),
        Type::Prompts | Type::List => "[\"…\"]".to_owned(),
        Type::Entries | Type::EntryValues => "[(\"name\", \"…\")]".to_owned(),
        Type::Hooks(parameter) => format!("[({}::{}, Flow::named(\"…\"))]", parameter.name, camel(parameter.members[0])),
        Type::Json => "json!({})".to_owned(),
    }
}

/// Returns a call of a method, as in an example.
fn call(method: &Method) -> String {
    let arguments = match &method.does {
        Does::Next | Does::Unused | Does::Error(_) | Does::Operand(..) => "end".to_owned(),
        Does::On => "\"1\", end".to_owned(),
        Does::Compare(_) => "greater_than(0), end".to_owned(),
        Does::Set(_, of) => example_of(of),
        Does::Member(..) => "json!({})".to_owned(),
        Does::Fix(..) => String::new(),
    };
    format!(".{}({arguments})", method.name)
}

/// Returns the shortest complete action.
fn example(shape: &Shape) -> String {
    let arguments = shape.arguments();
    let values = arguments.iter().map(|method| match &method.does {
        Does::Set(_, of) => example_of(of),
        _ => String::new(),
    });
    let mut text = format!("{}({})", shape.function, values.collect::<Vec<_>>().join(", "));
    let mut called = arguments;
    loop {
        let lacking = shape.lacks_after(called.iter().copied()).expect("the methods of an example can be called");
        let Some(next) = lacking.last() else { return text };
        let gives = |method: &&Method| matches!(&method.slot, Slot::Once(slot) | Slot::Again(slot) if slot == next);
        let method = shape.methods.iter().find(gives).unwrap_or_else(|| panic!("{}: nothing gives {next}", shape.function));
        text.push_str(&call(method));
        called.push(method);
    }
}

fn action(shape: &Shape) -> String {
    let Shape { rules, structure, function, methods, needs, .. } = shape;
    let page = rules.source.guide().map_or_else(String::new, |page| format!(" ([AWS's page]({page}))"));
    let arguments = shape.arguments();
    let left = shape.list_after(arguments.iter().copied()).expect("arguments can be given").into_iter();
    let left: Vec<String> = left.map(|(name, given)| if given { format!("({name})") } else { name }).collect();
    let typed = arguments.iter().map(|method| match &method.does {
        Does::Set(_, of) => format!("{}: {of}", method.name),
        other => panic!("{function}: {other:?} is no argument"),
    });
    let fixed = shape.form.fixed.iter().map(|(name, value)| format!("{name:?} = {value:?}")).collect::<Vec<_>>();
    let mut text = format!("\naction! {{\n    \"`{}`, the block \\\"{}\\\"{page}.\"\n", rules.name, rules.block);
    let _ = writeln!(text, "    {:?}", example(shape));
    let _ = writeln!(
        text,
        "    {structure}: {}, {function} ({}) [{}]",
        rules.name,
        typed.collect::<Vec<_>>().join(", "),
        words(&left)
    );
    let _ = writeln!(text, "    needs [{}]\n    fixed [{}]", words(needs), fixed.join(" "));
    for method in methods {
        let Method { name, slot: gives, adds, does: effect } = method;
        let _ = writeln!(text, "    {name} [{}] [{}] [{}];", slot(gives), words(adds), does(effect));
    }
    text.push_str("}\n");
    text
}

/// Returns the declaration of the values of each parameter.
fn options() -> String {
    let mut declared: BTreeMap<&str, String> = BTreeMap::new();
    for method in all().flat_map(|shape| shape.methods) {
        let (parameter, values) = match method.does {
            Does::Set(_, Type::Values(parameter)) => (parameter, parameter.values),
            Does::Set(_, Type::Hooks(parameter)) => (parameter, parameter.members),
            _ => continue,
        };
        let variants: Vec<String> = values.iter().map(|value| format!("{} = {value:?}", camel(value))).collect();
        let others = match (parameter.open, parameter.kind) {
            (_, actions::Kind::Single) => " or &str, String, Attribute",
            (true, _) => " or &str, String",
            (false, _) => "",
        };
        let text = format!(
            "\nparameter_values! {{\n    {} {{\n        {},\n    }}{others}\n}}\n",
            parameter.name,
            variants.join(",\n        ")
        );
        let before = declared.insert(parameter.name, text.clone());
        assert!(before.is_none_or(|before| before == text), "{} has other values elsewhere", parameter.name);
    }
    let declared: String = declared.into_values().collect();
    format!(
        "{HEAD}\n//! Values of parameters.\n\nuse crate::build::attribute::Attribute;\nuse crate::build::values::parameter_values;\n{declared}"
    )
}

fn files() -> Vec<(String, String)> {
    let mut slots: Vec<String> =
        all().flat_map(|shape| shape.needs.into_iter().chain(shape.methods.into_iter().flat_map(|one| one.adds))).collect();
    slots.sort();
    slots.dedup();
    let slots = format!(
        "{HEAD}\n//! What an action can lack, by the name of the method that gives it.\n\ncrate::build::needs::slots! {{\n    {}\n}}\n",
        slots.join("\n    ")
    );
    let mut files = vec![("slots.rs".to_owned(), slots), ("options.rs".to_owned(), options())];
    let mut modules =
        format!("{HEAD}\n//! The actions of the builder: a struct and a function for each form of an action type.\n\n");
    let mut names: Vec<&str> = FILES.iter().map(|(name, ..)| *name).chain(["options", "slots"]).collect();
    names.sort_unstable();
    for name in &names {
        let _ = writeln!(modules, "{}mod {name};", if *name == "slots" { "pub " } else { "" });
    }
    modules.push('\n');
    for name in names.iter().filter(|name| **name != "slots") {
        let _ = writeln!(modules, "pub use {name}::*;");
    }
    for (name, first, last) in FILES {
        let inside = |shape: &Shape| shape.rules.name.starts_with(|letter| first <= letter && letter <= last);
        let text: String = all().filter(inside).map(|shape| action(&shape)).collect();
        let text = format!(
            "{HEAD}\n//! Actions whose type begins with {first} to {last}.\n\nuse serde_json::Value;\n\nuse super::options::*;\nuse crate::build::macros::action;\n\
             use crate::build::references::*;\nuse crate::build::values::*;\n{text}"
        );
        files.push((format!("{name}.rs"), text));
    }
    files.push(("mod.rs".to_owned(), modules));
    files
}

#[test]
fn builder_matches_the_declarations() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/build/actions");
    assert_current(&directory, files(), "builder");
}

//! Positions of constructs and errors in the program.

use deployer_app::{Function, Instance, Stack, Table};

use crate::support::app;

#[test]
fn errors_name_the_line_of_the_setter() {
    let app = app();
    let line = line!() + 1;
    let _get = Function::cargo(app.stack(), "get").memory_mb(1);
    let error = app.graph().expect_err("too little memory");
    assert!(error.contains(&format!("places.rs:{line}:")) && error.contains("functions.get.memory_mb"), "{error}");
}

#[test]
fn second_construct_of_a_name_is_reported_with_the_first() {
    let app = app();
    let first = line!() + 1;
    let _table = Table::keyed_by(app.stack(), "calls", "id");
    let second = line!() + 1;
    let _again = Table::keyed_by(app.stack(), "calls", "number").ttl("expires");
    let error = app.graph().expect_err("declared twice");
    assert!(error.contains(&format!("places.rs:{second}: ")) && error.contains(&format!("places.rs:{first}")), "{error}");
    let both = crate::support::app();
    let _instances = [Instance::new(both.stack(), "one"), Instance::existing(both.stack(), "two")];
    assert!(both.graph().expect_err("one stack has one instance").contains("`connect` is declared twice"));
}

fn pattern(stack: &Stack) -> Function {
    Function::cargo(stack, "get").memory_mb(1)
}

#[test]
fn errors_in_a_scope_point_to_its_caller() {
    let app = app();
    let line = line!() + 1;
    let _get = app.stack().scope("lookup", pattern);
    let error = app.graph().expect_err("too little memory");
    assert!(error.contains(&format!("places.rs:{line}:")), "{error}");
    assert_eq!(app.assembly().constructs[0].path, "lookup/get");
}

#[test]
fn text_of_the_program_is_no_reference() {
    let app = app();
    let _get = Function::cargo(app.stack(), "get").environment("PRICE", "${5} and ${tables.none.name}");
    let properties = crate::support::properties(&app, "function", "get");
    assert_eq!(properties["environment"]["PRICE"], "${5} and ${tables.none.name}");
}

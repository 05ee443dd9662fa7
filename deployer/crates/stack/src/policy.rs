//! IAM policy documents.

use std::borrow::Cow;

use deployer_engine::Expr;
use serde_json::{Value, json};

/// One statement that allows actions on resources.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    pub(crate) actions: Vec<Cow<'static, str>>,
    pub(crate) resources: Vec<Expr>,
}

impl Statement {
    /// Creates a statement.
    pub(crate) fn new(actions: &[&'static str], resources: Vec<Expr>) -> Self {
        Self { actions: actions.iter().map(|action| Cow::Borrowed(*action)).collect(), resources }
    }
}

/// Returns a policy document with these statements.
pub(crate) fn document(statements: &[Statement]) -> Expr {
    let statements = statements.iter().map(|statement| {
        Expr::map([
            ("Effect", Expr::from("Allow")),
            ("Action", Expr::Value(json!(statement.actions))),
            ("Resource", Expr::List(statement.resources.clone())),
        ])
    });
    Expr::map([("Version", Expr::from("2012-10-17")), ("Statement", Expr::List(statements.collect()))])
}

/// Returns a trust policy that lets one AWS service assume the role.
pub(crate) fn trust(service: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    })
}

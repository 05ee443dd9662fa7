//! Properties that are a value, or refer to an output of another resource.

use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use deployer_engine::Expr;
use serde::de::DeserializeOwned;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

/// The requirements on a property's value.
pub trait Property: Serialize + DeserializeOwned + Clone + fmt::Debug + PartialEq + Send + Sync + 'static {}

impl<T: Serialize + DeserializeOwned + Clone + fmt::Debug + PartialEq + Send + Sync + 'static> Property for T {}

/// What a property's value means, such as the ARN of a role. A reference must mean the same as the property that holds it.
pub trait Kind: 'static {
    /// The value.
    type Value: Property;
}

impl Kind for String {
    type Value = Self;
}

impl Kind for Value {
    type Value = Self;
}

/// The form of properties: [`Concrete`] in a provider, [`Declared`] in a stack.
pub trait Mode: Clone + fmt::Debug + PartialEq + Send + Sync + 'static {
    /// A property of this kind.
    type Of<K: Kind>: Property;
}

/// Properties whose values are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Concrete;

impl Mode for Concrete {
    type Of<K: Kind> = K::Value;
}

/// Properties that may refer to outputs of other resources.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Declared;

impl Mode for Declared {
    type Of<K: Kind> = Prop<K>;
}

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        pub struct $name<R>(PhantomData<fn() -> R>);

        impl<R: 'static> Kind for $name<R> {
            type Value = String;
        }

        impl<R> From<Prop<$name<R>>> for Prop<String> {
            fn from(identifier: Prop<$name<R>>) -> Self {
                Self::of(identifier.expr)
            }
        }
    )*};
}

identifiers! {
    /// The ARN of a resource of type `R`.
    Arn,
    /// The ID of a resource of type `R`.
    Id,
    /// The name of a resource of type `R`.
    Name,
}

/// A set of values of kind `K`.
pub struct Set<K>(PhantomData<fn() -> K>);

impl<K: 'static> Kind for Set<K> {
    type Value = BTreeSet<String>;
}

/// A declared property of kind `K`: a value, or an expression with references.
pub struct Prop<K> {
    expr: Expr,
    kind: PhantomData<fn() -> K>,
}

impl<K> Prop<K> {
    pub(crate) fn of(expr: Expr) -> Self {
        Self { expr, kind: PhantomData }
    }
}

impl<K> Clone for Prop<K> {
    fn clone(&self) -> Self {
        Self::of(self.expr.clone())
    }
}

impl<K> fmt::Debug for Prop<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}

impl<K> PartialEq for Prop<K> {
    fn eq(&self, other: &Self) -> bool {
        self.expr == other.expr
    }
}

impl<K: Kind<Value = String>> From<&str> for Prop<K> {
    fn from(text: &str) -> Self {
        Self::of(Expr::from(text))
    }
}

impl<K: Kind<Value = String>> From<String> for Prop<K> {
    fn from(text: String) -> Self {
        Self::of(Expr::from(text))
    }
}

impl From<Value> for Prop<Value> {
    fn from(document: Value) -> Self {
        Self::of(Expr::from(document))
    }
}

impl From<Expr> for Prop<String> {
    fn from(text: Expr) -> Self {
        Self::of(text)
    }
}

impl From<Expr> for Prop<Value> {
    fn from(document: Expr) -> Self {
        Self::of(document)
    }
}

impl<K> From<Prop<K>> for Expr {
    fn from(property: Prop<K>) -> Self {
        property.expr
    }
}

impl<K> FromIterator<Prop<K>> for Prop<Set<K>> {
    fn from_iter<I: IntoIterator<Item = Prop<K>>>(members: I) -> Self {
        Self::of(Expr::List(members.into_iter().map(Expr::from).collect()))
    }
}

/// The only key of a JSON object that stands for an expression. No AWS property has such a name.
const EXPRESSION: &str = "\u{0}expression";

impl<K> Serialize for Prop<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut marked = serializer.serialize_map(Some(1))?;
        marked.serialize_entry(EXPRESSION, &self.expr)?;
        marked.end()
    }
}

impl<'de, K> Deserialize<'de> for Prop<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(|value| Self::of(Expr::Value(value)))
    }
}

/// Returns declared properties as the engine takes them: a map by property name.
pub(crate) fn expression(properties: &impl Serialize) -> Expr {
    match json!(properties) {
        Value::Object(members) => Expr::map(members.into_iter().map(|(name, value)| (name, unmarked(value)))),
        value => unmarked(value),
    }
}

/// Returns the JSON of declared properties with the expressions in it. A value without expressions stays one value.
fn unmarked(value: Value) -> Expr {
    match value {
        Value::Object(members) if members.contains_key(EXPRESSION) => {
            Expr::deserialize(&members[EXPRESSION]).expect("an expression that was just written can be read")
        }
        Value::Object(members) if members.values().any(has_expression) => {
            Expr::map(members.into_iter().map(|(name, value)| (name, unmarked(value))))
        }
        Value::Array(items) if items.iter().any(has_expression) => Expr::List(items.into_iter().map(unmarked).collect()),
        plain => Expr::Value(plain),
    }
}

fn has_expression(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.contains_key(EXPRESSION) || members.values().any(has_expression),
        Value::Array(items) => items.iter().any(has_expression),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use deployer_engine::Address;

    use super::*;

    #[test]
    fn expressions_survive_at_any_depth() {
        let arn = || Expr::output(&Address::new("role", "get"), "arn");
        let reference: Prop<String> = Prop::from(arn());
        let set: Prop<Set<String>> = [reference.clone(), "b".into()].into_iter().collect();
        let nested = BTreeMap::from([("list", vec![json!(1), json!(reference)]), ("plain", vec![json!({"a": [null]})])]);
        let written = expression(&json!({"nested": nested, "set": set, "text": Prop::<String>::from("a")}));
        let expected = Expr::map([
            ("nested", Expr::map([("list", Expr::List(vec![json!(1).into(), arn()])), ("plain", json!([{"a": [null]}]).into())])),
            ("set", Expr::List(vec![arn(), Expr::from("b")])),
            ("text", Expr::from("a")),
        ]);
        assert_eq!(written, expected);
    }

    #[test]
    fn properties_without_references_are_a_map() {
        assert_eq!(expression(&json!({"a": {"b": 1}})), Expr::map([("a", Expr::from(json!({"b": 1})))]));
    }
}

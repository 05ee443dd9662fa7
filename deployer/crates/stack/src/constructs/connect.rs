//! An Amazon Connect instance, the functions its flows may invoke, and the flows.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use deployer_engine::{Address, Expr};
use serde_json::json;

use crate::constructs::function::Function;
use crate::stack::Stack;

/// Properties of an instance. Users are kept by Connect itself.
#[derive(Debug, Clone)]
pub struct InstanceProps {
    /// The alias, part of the instance's web address and unique in the world.
    pub alias: String,
    /// Whether callers can call in.
    pub inbound_calls: bool,
    /// Whether agents and flows can call out.
    pub outbound_calls: bool,
    /// Whether flows write their log to `/aws/connect/ALIAS`.
    pub flow_logs: bool,
}

/// Properties of a contact flow.
#[derive(Debug, Clone)]
pub struct FlowProps {
    /// The name that people see; unique in the instance.
    pub name: String,
    /// The flow's type, `CONTACT_FLOW`. It cannot change.
    pub flow_type: String,
    /// A sentence for people.
    pub description: String,
    /// The flow in the Flow language, references resolved to outputs (see [`with_references`](crate::with_references)).
    pub content: Expr,
}

/// An instance in a stack.
#[derive(Debug, Clone)]
pub struct Instance {
    stack: Stack,
    address: Address,
    associations: Rc<RefCell<BTreeSet<Address>>>,
}

impl Instance {
    /// Adds the instance.
    pub fn new(stack: &Stack, name: &str, props: InstanceProps) -> Self {
        let address = Address::new("instance", name);
        let properties = Expr::map([
            ("alias", Expr::from(props.alias)),
            ("inbound_calls", Expr::Value(json!(props.inbound_calls))),
            ("outbound_calls", Expr::Value(json!(props.outbound_calls))),
            ("flow_logs", Expr::Value(json!(props.flow_logs))),
            ("tags", stack.settings().tags_of(&address)),
        ]);
        stack.add(&address, "connect.instance", properties, []);
        Self { stack: stack.clone(), address, associations: Rc::default() }
    }

    /// The instance's address.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// An output of the instance: `id`, `arn` or `alias`.
    pub fn output(&self, output: &str) -> Expr {
        Expr::output(&self.address, output)
    }

    /// Lets the instance's flows invoke the function: a permission on the function, then the association.
    pub fn associate(&self, function: &Function) {
        let account = self.stack.settings().account.clone();
        let permission = function.permit("connect", "connect.amazonaws.com", self.output("arn"), Some(&account));
        let address = Address::new("association", function.key());
        let properties = Expr::map([("instance_id", self.output("id")), ("function_arn", function.arn())]);
        self.stack.add(&address, "connect.lambda_association", properties, [permission]);
        self.associations.borrow_mut().insert(address);
    }
}

/// A contact flow in a stack.
#[derive(Debug, Clone)]
pub struct Flow {
    address: Address,
}

impl Flow {
    /// Adds the flow to the instance. Functions that it invokes are associated before: associate first, then add flows.
    pub fn new(instance: &Instance, name: &str, props: FlowProps) -> Self {
        let address = Address::new("flow", name);
        let stack = &instance.stack;
        let properties = Expr::map([
            ("instance_id", instance.output("id")),
            ("name", Expr::from(props.name)),
            ("type", Expr::from(props.flow_type)),
            ("description", Expr::from(props.description)),
            ("content", props.content),
            ("tags", stack.settings().tags_of(&address)),
        ]);
        stack.add(&address, "connect.contact_flow", properties, instance.associations.borrow().clone());
        Self { address }
    }

    /// The flow's address.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The flow's ARN.
    pub fn arn(&self) -> Expr {
        Expr::output(&self.address, "arn")
    }
}

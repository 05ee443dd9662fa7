//! A Lambda function with its role and log group, as other constructs use it.

use deployer_engine::{Address, Expr};
use deployer_resources::{
    Arn, Declared, Handle, LambdaFunction, LambdaPermission, LambdaPermissionProperties, Name, Prop, Variable,
};

use crate::constructs::function::FunctionProps;
use crate::policy::Statement;
use crate::stack::Stack;

/// A function in a stack.
#[derive(Debug, Clone)]
pub struct Function {
    stack: Stack,
    key: String,
    handle: Handle<LambdaFunction>,
}

impl Function {
    /// Adds the function `project-environment-name`, its role and its log group.
    pub fn new(stack: &Stack, name: &str, props: FunctionProps) -> Self {
        let tracing = props.tracing;
        stack.update_function(name, |draft| draft.props = Some(props));
        let function = Self { stack: stack.clone(), key: name.to_owned(), handle: Handle::at(Address::new("function", name)) };
        // The log group is created before the function, so the role needs no permission to create one (which would have no retention).
        let log_streams =
            stack.settings().arn("logs", &format!("log-group:/aws/lambda/{}:*", stack.settings().name_of("functions", name)));
        let actions = vec!["logs:CreateLogStream", "logs:PutLogEvents"];
        function.add_statement("logs", Statement { actions, resources: vec![Expr::from(log_streams)] });
        if tracing {
            let actions = vec!["xray:PutTraceSegments", "xray:PutTelemetryRecords"];
            function.add_statement("tracing", Statement { actions, resources: vec![Expr::from("*")] });
        }
        function
    }

    /// Returns the function's address.
    pub fn address(&self) -> &Address {
        self.handle.address()
    }

    /// Returns the function's ARN; resources that use it wait for the function.
    pub fn arn(&self) -> Prop<Arn<LambdaFunction>> {
        self.handle.arn()
    }

    /// Returns the function's name; resources that use it wait for the function.
    pub fn name(&self) -> Prop<Name<LambdaFunction>> {
        self.handle.name()
    }

    /// Sets an environment variable.
    pub fn environment(&self, name: &str, value: impl Into<Prop<String>>) {
        self.set_variable(name, Variable::Text(value.into()));
    }

    /// Sets an environment variable to the secret value with this digest; the AWS provider holds the value.
    pub fn secret(&self, name: &str, digest: &str) {
        self.set_variable(name, Variable::Secret { secret: digest.to_owned() });
    }

    fn set_variable(&self, name: &str, value: Variable<Declared>) {
        self.stack.update_function(&self.key, |draft| draft.environment.insert(name.to_owned(), value));
    }

    /// Lets an AWS service invoke the function on behalf of `source_arn`, and returns the permission's address.
    ///
    /// `part` of the source, such as a stage, is included in the statement ID: another part gets a statement of its own, beside the old
    /// one.
    pub(crate) fn add_permission(
        &self,
        name: &str,
        part: &str,
        service: &str,
        source_arn: impl Into<Prop<String>>,
        source_account: Option<&str>,
    ) -> Address {
        let address = Address::new("permission", &format!("{name}-{}", self.key));
        let properties = LambdaPermissionProperties {
            function_name: self.name(),
            statement_id: format!("deployer-{name}{part}-{}", self.stack.settings().first_key("functions", &self.key)),
            principal: service.to_owned(),
            source_arn: Some(source_arn.into()),
            source_account: source_account.map(str::to_owned),
        };
        self.stack.add::<LambdaPermission>(address.clone(), &properties, []);
        address
    }

    /// Adds a statement to the part `policy` of the role's inline policy.
    pub(crate) fn add_statement(&self, policy: &str, statement: Statement) {
        self.stack.update_function(&self.key, |draft| {
            let statements = draft.policies.entry(policy.to_owned()).or_default();
            if !statements.contains(&statement) {
                statements.push(statement);
            }
        });
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }
}

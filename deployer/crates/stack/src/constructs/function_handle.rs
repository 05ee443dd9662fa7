//! A Lambda function with its role and log group, as other constructs use it.

use deployer_engine::{Address, Expr};
use deployer_resources::{
    Arn, Declared, Handle, LambdaFunction, LambdaPermission, LambdaPermissionProperties, Name, Prop, Variable,
};

use sha2::{Digest, Sha256};

use crate::constructs::function::FunctionProps;
use crate::policy::Statement;
use crate::stack::Stack;

/// What the role of a function in a VPC must be allowed, on all resources (managed policy AWSLambdaVPCAccessExecutionRole, version 3,
/// without its permissions for logs).
const VPC_ACTIONS: [&str; 6] = [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
];

/// Maximum length of a statement's ID in characters (service model, StatementId).
const MAX_STATEMENT_ID: usize = 100;

/// Returns the text as a statement's ID: a digest in its place if it is too long.
fn statement_id(text: &str) -> String {
    if text.len() <= MAX_STATEMENT_ID { text.to_owned() } else { format!("deployer-{}", hex::encode(Sha256::digest(text))) }
}

/// A function in a stack.
#[derive(Debug, Clone)]
pub struct Function {
    stack: Stack,
    key: String,
    target: Target,
}

/// What a construct refers to.
#[derive(Debug, Clone)]
enum Target {
    /// A function of the stack.
    Own(Handle<LambdaFunction>),
    /// The name of a function that exists without the stack.
    Existing(String),
}

impl Function {
    /// Adds the function `project-environment-name`, its role and its log group.
    pub fn new(stack: &Stack, name: &str, props: FunctionProps) -> Self {
        let (tracing, in_vpc, dead_letter) = (props.tracing, props.vpc.is_some(), props.dead_letter_arn.clone());
        stack.update_function(name, |draft| draft.props = Some(props));
        let function =
            Self { stack: stack.clone(), key: name.to_owned(), target: Target::Own(Handle::at(Address::new("function", name))) };
        // The log group is created before the function, so the role needs no permission to create one (which would have no retention).
        let log_streams =
            stack.settings().arn("logs", &format!("log-group:/aws/lambda/{}:*", stack.settings().name_of("functions", name)));
        function
            .add_statement("logs", Statement::new(&["logs:CreateLogStream", "logs:PutLogEvents"], vec![Expr::from(log_streams)]));
        if tracing {
            let actions = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"];
            function.add_statement("tracing", Statement::new(&actions, vec![Expr::from("*")]));
        }
        if in_vpc {
            function.add_statement("vpc", Statement::new(&VPC_ACTIONS, vec![Expr::from("*")]));
        }
        if let Some(target) = dead_letter {
            let action = if target.starts_with("arn:aws:sns:") { "sns:Publish" } else { "sqs:SendMessage" };
            function.add_statement("dead-letter", Statement::new(&[action], vec![Expr::from(target)]));
        }
        function
    }

    /// Returns a function that exists without the stack, by its name. Nothing of it is changed but its resource policy.
    pub fn existing(stack: &Stack, key: &str, name: &str) -> Self {
        Self { stack: stack.clone(), key: key.to_owned(), target: Target::Existing(name.to_owned()) }
    }

    /// Returns the function's address, if it is a resource of the stack.
    pub fn address(&self) -> Option<&Address> {
        match &self.target {
            Target::Own(handle) => Some(handle.address()),
            Target::Existing(_) => None,
        }
    }

    /// Returns the function's name in AWS.
    pub(crate) fn full_name(&self) -> String {
        match &self.target {
            Target::Own(_) => self.stack.settings().name_of("functions", &self.key),
            Target::Existing(name) => name.clone(),
        }
    }

    /// Returns the function's ARN; resources that use it wait for the function.
    pub fn arn(&self) -> Prop<Arn<LambdaFunction>> {
        match &self.target {
            Target::Own(handle) => handle.arn(),
            Target::Existing(name) => Prop::from(self.stack.settings().arn("lambda", &format!("function:{name}"))),
        }
    }

    /// Returns the function's name; resources that use it wait for the function.
    pub fn name(&self) -> Prop<Name<LambdaFunction>> {
        match &self.target {
            Target::Own(handle) => handle.name(),
            Target::Existing(name) => Prop::from(name.as_str()),
        }
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

    /// Whether the function exists without the stack.
    pub(crate) fn is_existing(&self) -> bool {
        matches!(self.target, Target::Existing(_))
    }

    /// Returns the ID of the statement that [`Self::add_permission`] adds.
    pub(crate) fn statement_id(&self, name: &str, part: &str) -> String {
        let settings = self.stack.settings();
        let key = settings.first_key("functions", &self.key);
        match self.is_existing() {
            false => format!("deployer-{name}{part}-{key}"),
            // Several environments may call it, and the ID is all that says whose the statement is: names have no underscore.
            true => statement_id(&format!("deployer-{}_{}_{key}_{name}{part}", settings.project, settings.environment)),
        }
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
            statement_id: self.statement_id(name, part),
            of_existing_function: self.is_existing(),
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

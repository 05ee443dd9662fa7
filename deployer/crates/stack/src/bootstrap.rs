//! Resources that must exist before a pipeline's first run: the bucket for the state and, on request, the roles that a repository's
//! workflows assume.

use std::collections::{BTreeMap, BTreeSet};

use deployer_engine::{Address, Graph};
use deployer_resources::{
    Handle, IamOidcProvider, IamOidcProviderProperties, IamPolicy, IamPolicyProperties, IamRole, IamRoleProperties,
    S3StateBucket, S3StateBucketProperties, S3StateFolder, S3StateFolderProperties, Tags, declare,
};
use serde_json::{Value, json};

use crate::settings::Settings;

/// The issuer of the tokens of GitHub's workflows, and the audience for AWS (GitHub docs, "Configuring OpenID Connect in Amazon Web
/// Services").
const GITHUB: &str = "token.actions.githubusercontent.com";
const AUDIENCE: &str = "sts.amazonaws.com";
/// Retention period of replaced states and leases in days.
const OLD_VERSIONS_DAYS: u32 = 90;
/// Maximum number of managed policies attached to a role (IAM and STS quotas page).
const ATTACHED: usize = 10;
/// Maximum length of a role's name in characters (API reference, CreateRole).
const ROLE_NAME: usize = 64;

/// The resources that `deployer bootstrap` creates for one environment.
#[derive(Debug, Clone)]
pub struct Bootstrap {
    /// Owner and location of the resources.
    pub settings: Settings,
    /// The bucket for the state; `None` if it belongs to another account.
    pub bucket: Option<StateFolder>,
    /// The roles of a repository; `None` if they are not requested.
    pub pipeline: Option<Pipeline>,
}

/// The location of an environment's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateFolder {
    /// The bucket's name.
    pub bucket: String,
    /// Prefix of the environment's keys, with a slash at the end.
    pub prefix: String,
}

/// Roles for the workflows of a repository.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// `OWNER/NAME` on GitHub.
    pub repository: String,
    /// Policies of the role for planning.
    pub plan: Vec<Value>,
    /// Policies of the role for applying.
    pub apply: Vec<Value>,
    /// Permissions boundary of both roles.
    pub boundary: Value,
}

/// One of the two roles of a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PipelineRole {
    /// The read-only role, for pull requests.
    Plan,
    /// The role that makes changes, for the environment of the same name.
    Apply,
}

impl PipelineRole {
    const ALL: [Self; 2] = [Self::Plan, Self::Apply];

    fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Apply => "apply",
        }
    }

    /// Returns the role's name in this environment.
    pub fn name(self, settings: &Settings) -> String {
        format!("deployer-{}-{}", settings.base_name(), self.word())
    }

    /// Returns the role's ARN in this environment.
    pub fn arn(self, settings: &Settings) -> String {
        format!("arn:aws:iam::{}:role/{}", settings.account, self.name(settings))
    }
}

/// Returns the address of the bucket.
pub fn bucket_address() -> Address {
    Address::new("state", "bucket")
}

/// Returns the address of the identity provider.
pub fn provider_address() -> Address {
    Address::new("identity", "github")
}

impl Bootstrap {
    /// Returns the longest role name if it exceeds the limit.
    pub fn overlong_name(&self) -> Option<String> {
        let longest = PipelineRole::Apply.name(&self.settings);
        (self.pipeline.is_some() && longest.len() > ROLE_NAME).then_some(longest)
    }

    /// Returns the graph of all resources to create.
    pub fn graph(&self) -> Graph {
        let mut graph = Graph::default();
        if let Some(folder) = &self.bucket {
            declare::<S3StateBucket>(&mut graph, bucket_address(), &bucket(folder), []);
        }
        let Some(pipeline) = &self.pipeline else { return graph };
        declare::<IamOidcProvider>(&mut graph, provider_address(), &provider(), []);
        let boundary = "Bounds what the roles of the pipeline can be allowed";
        self.policy(&mut graph, "boundary", boundary, &pipeline.boundary);
        for role in PipelineRole::ALL {
            let (policies, what) = match role {
                PipelineRole::Plan => (&pipeline.plan, "What deployer plan reads"),
                PipelineRole::Apply => (&pipeline.apply, "What deployer apply and destroy do"),
            };
            for (number, document) in (1..).zip(policies) {
                self.policy(&mut graph, &format!("{}-{number}", role.word()), what, document);
            }
            let attached = (1..=policies.len()).map(|number| format!("{}-{number}", role.word())).collect();
            self.role(&mut graph, role, trust(&self.settings, pipeline, role), attached);
        }
        graph
    }

    /// Returns the graph of all resources of this environment that may exist, whatever an earlier run requested. It serves for lookups; its
    /// documents are empty.
    pub fn full_graph(&self) -> Graph {
        let mut graph = Graph::default();
        if let Some(folder) = &self.bucket {
            declare::<S3StateBucket>(&mut graph, bucket_address(), &bucket(folder), []);
        }
        declare::<IamOidcProvider>(&mut graph, provider_address(), &provider(), []);
        self.policy(&mut graph, "boundary", "", &Value::Null);
        for role in PipelineRole::ALL {
            for number in 1..=ATTACHED {
                self.policy(&mut graph, &format!("{}-{number}", role.word()), "", &Value::Null);
            }
            let attached = (1..=ATTACHED).map(|number| format!("{}-{number}", role.word())).collect();
            self.role(&mut graph, role, Value::Null, attached);
        }
        graph.nodes.extend(self.graph().nodes);
        graph
    }

    /// Returns the graph of all resources to remove; in it, the other users that require the bucket and the identity provider to be
    /// retained are looked up.
    pub fn removal_graph(&self) -> Graph {
        let mut graph = self.full_graph();
        if let Some(folder) = &self.bucket {
            let used = S3StateBucketProperties { used_by: Some(Vec::new()), except: folder.prefix.clone(), ..bucket(folder) };
            declare::<S3StateBucket>(&mut graph, bucket_address(), &used, []);
            let objects = S3StateFolderProperties { bucket: folder.bucket.clone(), prefix: folder.prefix.clone() };
            declare::<S3StateFolder>(&mut graph, Address::new("state", "folder"), &objects, [bucket_address()]);
        }
        let own = PipelineRole::ALL.iter().map(|role| role.name(&self.settings)).collect();
        let used = IamOidcProviderProperties { used_by: Some(Vec::new()), except: own, ..provider() };
        declare::<IamOidcProvider>(&mut graph, provider_address(), &used, []);
        graph
    }

    fn policy(&self, graph: &mut Graph, name: &str, description: &str, document: &Value) {
        let address = Address::new("pipeline_policy", name);
        let properties = IamPolicyProperties {
            name: format!("deployer-{}-{name}", self.settings.base_name()),
            description: description.to_owned(),
            document: document.clone(),
            tags: self.settings.tags_of(&address),
        };
        declare::<IamPolicy>(graph, address, &properties, []);
    }

    fn role(&self, graph: &mut Graph, role: PipelineRole, trust: Value, attached: Vec<String>) {
        let address = Address::new("pipeline_role", role.word());
        let arn = |name: &str| Handle::<IamPolicy>::at(Address::new("pipeline_policy", name)).arn();
        let what = match role {
            PipelineRole::Plan => "Plans from pull requests: reads only",
            PipelineRole::Apply => "Applies from the environment of the same name",
        };
        let properties = IamRoleProperties {
            name: role.name(&self.settings),
            description: what.to_owned(),
            trust,
            policies: BTreeMap::new(),
            managed: Some(attached.iter().map(|name| arn(name)).collect()),
            boundary: Some(arn("boundary")),
            tags: self.settings.tags_of(&address),
        };
        declare::<IamRole>(graph, address, &properties, [provider_address()]);
    }
}

fn bucket(folder: &StateFolder) -> S3StateBucketProperties {
    S3StateBucketProperties {
        name: folder.bucket.clone(),
        private: true,
        versioned: true,
        encrypted: true,
        tls_only: true,
        old_versions_days: Some(OLD_VERSIONS_DAYS),
        used_by: None,
        except: String::new(),
        tags: shared("state"),
    }
}

fn provider() -> IamOidcProviderProperties {
    IamOidcProviderProperties {
        host: GITHUB.to_owned(),
        audiences: BTreeSet::from([AUDIENCE.to_owned()]),
        used_by: None,
        except: BTreeSet::new(),
        tags: shared("github"),
    }
}

/// Returns the tags of a resource that environments share.
fn shared(role: &str) -> Tags {
    Tags::from([("deployer:role".to_owned(), role.to_owned())])
}

/// Returns the trust policy of a role. Both roles trust jobs of the environment of the same name, which GitHub's rules of that environment
/// protect; the one for planning, which only reads, also trusts workflows of pull requests and of the branch `main`, so that a plan can be
/// read before the environment lets a job apply it (GitHub docs, "OpenID Connect reference", example subject claims).
fn trust(settings: &Settings, pipeline: &Pipeline, role: PipelineRole) -> Value {
    let repository = &pipeline.repository;
    let mut subjects = vec![format!("repo:{repository}:environment:{}", settings.environment)];
    if role == PipelineRole::Plan {
        subjects.extend(["pull_request", "ref:refs/heads/main"].map(|what| format!("repo:{repository}:{what}")));
    }
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Federated": format!("arn:aws:iam::{}:oidc-provider/{GITHUB}", settings.account)},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {(format!("{GITHUB}:aud")): AUDIENCE, (format!("{GITHUB}:sub")): subjects}},
        }],
    })
}

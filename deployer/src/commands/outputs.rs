//! `deployer outputs`: shows the deployed resources, or one value of them, from the recorded state.

mod value;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use deployer_engine::{Address, EventSink, State};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Target, print};
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::report::Style;
use crate::runtime::{Cloud, Endpoint};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// One output, by its path in the JSON document that --json prints, such as api_url or tables.callers.arn: texts are printed without
    /// quotes, objects as JSON. Exit code 1 if it has no value in this environment.
    name: Option<String>,
    #[command(flatten)]
    target: Target,
    /// Print the text, number or boolean alone: without quotes, colours and a newline at the end. An object is refused.
    #[arg(long, requires = "name", conflicts_with = "json")]
    raw: bool,
    /// Write the API's certificate (the public part) to this file, for `curl --cacert`.
    #[arg(long, value_name = "FILE")]
    certificate_out: Option<PathBuf>,
}

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let project = Project::load_for_state(&args.target.env)?;
    let cloud = Cloud::open(&project).await?;
    let engine = cloud.engine(&project, Default::default(), EventSink::ignore())?;
    let state = engine.state().await?;
    let outputs = collect(&project, &cloud, state.as_ref());
    if outputs.is_empty() {
        return Err(Failure::input(format!("nothing of the environment {} is deployed", args.target.env))
            .help(format!("deployer apply --env {}", args.target.env)));
    }
    if let Some(path) = &args.certificate_out {
        let arn = outputs.certificate_arn.as_deref().ok_or_else(|| Failure::input("no certificate is deployed"))?;
        let pem =
            deployer_aws::certificate_pem(&cloud.provider(Default::default()), arn, engine.clock.clone(), engine.random.clone())
                .await?;
        std::fs::write(path, pem).map_err(|error| Failure::io(path, error))?;
    }
    if let Some(name) = &args.name {
        let document = serde_json::to_value(&outputs).map_err(|error| Failure::new(error.to_string()))?;
        print(&value::format(&document, name, value::Form::of(args.raw, args.target.json))?)?;
        return Ok(Exit::Success);
    }
    match args.target.json {
        true => {
            let text = serde_json::to_string_pretty(&outputs).map_err(|error| Failure::new(error.to_string()))?;
            print(&format!("{text}\n"))?;
        }
        false => print(&outputs.text())?,
    }
    Ok(Exit::Success)
}

/// Outputs of a deployment. Missing values are `null`, or an empty object.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Outputs {
    project: String,
    environment: String,
    account: String,
    region: String,
    api_url: Option<String>,
    api_domain: Option<String>,
    api_target: Option<String>,
    /// Whether a record of the domain is made in a hosted zone.
    #[serde(skip)]
    api_alias: bool,
    certificate_arn: Option<String>,
    certificate_sha256: Option<String>,
    certificate_not_after: Option<String>,
    /// The DNS record by which ACM validates and renews the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    validation_record: Option<String>,
    api_key_id: Option<String>,
    tables: BTreeMap<String, Value>,
    functions: BTreeMap<String, Value>,
    connect: Option<Value>,
}

/// Collects the outputs from the recorded state.
pub(crate) fn collect(project: &Project, cloud: &Cloud, state: Option<&State>) -> Outputs {
    let is_aws = matches!(cloud.endpoint, Endpoint::Aws);
    collect_in(project, (&cloud.account, &cloud.region), cloud.instance_outputs(state), is_aws, state)
}

/// Collects the outputs from the recorded state of an account and Region, with those of the Connect instance.
pub(super) fn collect_in(
    project: &Project,
    (account, region): (&str, &str),
    instance: Option<Value>,
    is_aws: bool,
    state: Option<&State>,
) -> Outputs {
    let outputs = state.map(State::outputs).unwrap_or_default();
    let text = |kind: &str, output: &str| {
        outputs.get(&Address::new(kind, "main")).and_then(|found| found[output].as_str()).map(str::to_owned)
    };
    let named = |kind: &str| -> BTreeMap<String, Value> {
        let of_kind = outputs.iter().filter(|(address, _)| address.kind() == kind);
        of_kind.map(|(address, found)| (address.name().to_owned(), found.clone())).collect()
    };
    let domain = text("domain", "domain");
    let connect = instance.map(|instance| {
        // The embedded AWS has no login page.
        let alias = instance["alias"].as_str().filter(|_| is_aws);
        let url = alias.map(|alias| format!("https://{alias}.my.connect.aws"));
        json!({
            "instance_id": instance["id"], "instance_arn": instance["arn"], "alias": instance["alias"], "url": url,
            "flows": named("flow"), "modules": named("module"), "phone_numbers": named("phone_number"), "queues": named("queue"),
            "hours": named("hours"), "routing_profiles": named("routing_profile"), "users": named("user"),
            "prompts": named("prompt"),
        })
    });
    let certificate = |output: &str| {
        let kinds = ["certificate", "imported_certificate", "requested_certificate"];
        let existing = outputs.iter().find(|(address, _)| address.kind() == "existing_certificate");
        let existing = existing.and_then(|(_, found)| found[output].as_str()).map(str::to_owned);
        kinds.iter().find_map(|kind| text(kind, output)).or(existing)
    };
    let record = ["record_name", "record_type", "record_value"].map(|part| text("requested_certificate", part));
    Outputs {
        project: project.spec.project.to_string(),
        environment: project.spec.environment.to_string(),
        account: account.to_owned(),
        region: region.to_owned(),
        api_url: domain.as_ref().map(|domain| format!("https://{domain}")).or_else(|| text("stage", "invoke_url")),
        api_target: text("domain", "regional_domain_name"),
        api_domain: domain,
        api_alias: text("alias", "name").is_some(),
        certificate_arn: certificate("arn"),
        certificate_sha256: certificate("sha256"),
        certificate_not_after: certificate("not_after"),
        validation_record: record.into_iter().collect::<Option<Vec<_>>>().map(|parts| parts.join(" ")),
        api_key_id: text("api_key", "id"),
        tables: named("table"),
        functions: named("function"),
        connect,
    }
}

impl Outputs {
    /// Returns the URL of the API.
    pub(super) fn api_url(&self) -> Option<String> {
        self.api_url.clone()
    }

    /// Returns the URL where users of the Connect instance log in.
    pub(super) fn instance_url(&self) -> Option<String> {
        self.connect.as_ref().and_then(|connect| connect["url"].as_str()).map(str::to_owned)
    }

    /// Returns the most important ones with their names: the API, where to log in, the phone numbers.
    pub(super) fn key_values(&self) -> Vec<(String, String)> {
        let connect = self.connect.as_ref();
        let part = |name: &str| connect.and_then(|connect| connect[name].as_str()).map(str::to_owned);
        let mut rows = Vec::new();
        rows.extend(self.api_url.clone().map(|url| ("api_url".to_owned(), url)));
        rows.extend(part("url").or_else(|| part("alias")).map(|alias| ("instance".to_owned(), alias)));
        let numbers = connect.and_then(|connect| connect["phone_numbers"].as_object()).into_iter().flatten();
        rows.extend(
            numbers
                .map(|(name, number)| (format!("phone number {name}"), number["number"].as_str().unwrap_or_default().to_owned())),
        );
        rows
    }

    fn is_empty(&self) -> bool {
        self.api_url.is_none() && self.tables.is_empty() && self.functions.is_empty() && self.connect.is_none()
    }

    /// Formats the outputs as text.
    pub(crate) fn text(&self) -> String {
        let mut rows: Vec<(String, String)> = Vec::new();
        let arn = |value: &Value| value["arn"].as_str().unwrap_or_default().to_owned();
        rows.extend(self.tables.iter().map(|(name, table)| (format!("table {name}"), arn(table))));
        rows.extend(self.functions.iter().map(|(name, function)| (format!("function {name}"), arn(function))));
        if let Some(connect) = &self.connect {
            let part = |name: &str| connect[name].as_str().unwrap_or_default().to_owned();
            rows.push(("connect".into(), format!("{} ({})", part("alias"), part("instance_id"))));
            let kinds = [
                ("phone_numbers", "number", "number"),
                ("users", "user", "username"),
                ("queues", "queue", "id"),
                ("prompts", "prompt", "id"),
                ("modules", "module", "id"),
                ("flows", "flow", "id"),
            ];
            for (section, kind, shown) in kinds {
                let things = connect[section].as_object().into_iter().flatten();
                let row = |(name, thing): (&String, &Value)| {
                    (format!("{kind} {name}"), thing[shown].as_str().unwrap_or_default().to_owned())
                };
                rows.extend(things.map(row));
            }
            if connect["url"].is_string() && connect["users"].as_object().is_some_and(|users| !users.is_empty()) {
                rows.push(("log in".into(), part("url")));
            }
        }
        rows.extend(self.api_url.iter().map(|url| ("API".to_owned(), url.clone())));
        if let Some(id) = &self.api_key_id {
            rows.push(("API key".into(), format!("{id} (its value: aws apigateway get-api-key --include-value --api-key {id})")));
        }
        if let (Some(domain), Some(target)) = (&self.api_domain, &self.api_target) {
            let record = if self.api_alias { "is an alias of" } else { "CNAME" };
            rows.push(("DNS".into(), format!("{domain} {record} {target}")));
        }
        if let Some(record) = &self.validation_record {
            rows.push(("validated by".into(), record.clone()));
        }
        if let (Some(sha256), Some(not_after)) = (&self.certificate_sha256, &self.certificate_not_after) {
            rows.push(("certificate".into(), format!("SHA-256 {sha256}")));
            rows.push((String::new(), format!("valid until {not_after}")));
        }
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        let mut text = String::new();
        for (name, value) in rows {
            let _ = writeln!(text, "  {}  {value}", Style::bold(&format!("{name:width$}")));
        }
        text
    }
}

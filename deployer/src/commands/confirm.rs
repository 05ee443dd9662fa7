//! Confirmation of plans: by a prompt at a terminal, by flags otherwise.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, OnceLock};

use deployer_engine::{Address, CancellationToken, Engine, Graph, Options, Plan};
use futures::FutureExt;
use futures::future::BoxFuture;

use super::args::address;
use crate::failure::Failure;
use crate::report::Reporter;
use crate::review::{DataLoss, Review};

/// A confirmation prompt.
#[derive(Debug, Clone)]
pub(crate) struct Confirmation {
    /// Whether the prompt is skipped.
    pub(crate) yes: bool,
    /// What skips it, for messages.
    given_by: &'static str,
    pub(crate) json: bool,
    pub(crate) question: String,
    /// The text to type, and its meaning: ``Type `yes` ``.
    pub(crate) answer: Answer,
}

/// The text to type for confirmation.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// The word `yes`.
    Yes,
    /// The name of the environment, for changes that cannot be undone.
    Environment(String),
}

impl Answer {
    fn word(&self) -> &str {
        match self {
            Self::Yes => "yes",
            Self::Environment(name) => name,
        }
    }

    fn request(&self) -> String {
        match self {
            Self::Yes => "Type `yes` to confirm: ".to_owned(),
            Self::Environment(name) => format!("Type the name of the environment, `{name}`, to confirm: "),
        }
    }
}

impl Confirmation {
    /// Creates a question that `yes` confirms.
    pub(crate) fn new(yes: bool, json: bool, question: &str) -> Self {
        Self { yes, given_by: "--yes", json, question: question.to_owned(), answer: Answer::Yes }
    }

    /// Skips the question if a plan was saved, which somebody has read.
    pub(crate) fn or_saved_plan(self, saved: bool) -> Self {
        if saved { Self { yes: true, given_by: "a saved plan", ..self } } else { self }
    }

    /// Returns true for `--yes` or the right answer at a terminal. Without a terminal, or after Ctrl-C, returns false.
    pub(crate) async fn given(self, interrupt: &CancellationToken) -> bool {
        if self.yes {
            return true;
        }
        if self.json || !std::io::stdin().is_terminal() {
            eprintln!("no terminal to confirm on; pass --yes");
            return false;
        }
        let answer = tokio::task::spawn_blocking(move || {
            eprint!("\n{} {}", self.question, self.answer.request());
            let _ = std::io::stderr().flush();
            let mut answer = String::new();
            std::io::stdin().read_line(&mut answer).is_ok_and(|_| answer.trim() == self.answer.word())
        });
        tokio::select! {
            answer = answer => answer.unwrap_or(false),
            () = interrupt.cancelled() => {
                eprintln!();
                false
            }
        }
    }
}

/// Shows the plan, then asks for approval. A plan with problems is shown and never approved.
pub(crate) fn approval(
    reporter: Arc<dyn Reporter>,
    confirmation: Confirmation,
    interrupt: CancellationToken,
) -> impl for<'p> FnOnce(&'p Plan) -> BoxFuture<'p, bool> + Send {
    move |plan: &Plan| {
        reporter.plan(plan);
        let sound = plan.problems.is_empty();
        async move { sound && confirmation.given(&interrupt).await }.boxed()
    }
}

/// `--approve-security`, `--allow-data-loss`: changes that `--yes` alone does not confirm.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Approvals {
    /// Approve broader permissions of existing resources, with --yes: an additional allowed action, resource or principal, a removed deny
    /// or permissions boundary, a route with `auth: none`. The plan lists them. The permissions of a new role need no approval.
    #[arg(long)]
    approve_security: bool,
    /// Approve a change of the resource with this address although its data is lost (the items of a table, the events of a log group, also
    /// by a shorter retention, a Connect instance), with --yes. May be given more than once.
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    allow_data_loss: Vec<Address>,
}

/// Approval of a plan, with separate confirmation of broader permissions and data loss.
#[derive(Clone)]
pub(crate) struct ReviewedApproval {
    approvals: Approvals,
    confirmation: Confirmation,
    environment: String,
    /// Approvals given by other flags of the command.
    allowed: Allowed,
    refused: Arc<OnceLock<Review>>,
}

/// Approvals given by other flags, which name what is deleted.
#[derive(Debug, Clone, Default)]
struct Allowed {
    instance: bool,
    replaced: BTreeSet<Address>,
}

impl Approvals {
    /// Creates the approvals of a command whose resources hold no such data.
    pub(crate) fn of_permissions(approve_security: bool) -> Self {
        Self { approve_security, allow_data_loss: Vec::new() }
    }

    /// Also approves the loss of the data of these resources.
    pub(crate) fn allow_data_loss(&mut self, addresses: impl IntoIterator<Item = Address>) {
        self.allow_data_loss.extend(addresses);
    }

    /// Rejects addresses that are neither in the spec nor in the state.
    pub(crate) async fn check(&self, graph: &Graph, engine: &Engine) -> Result<(), Failure> {
        let missing: Vec<&Address> = self.allow_data_loss.iter().filter(|address| !graph.nodes.contains_key(*address)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let state = engine.state().await?;
        let recorded = |address: &Address| state.as_ref().is_some_and(|state| state.resources.contains_key(address));
        match missing.into_iter().find(|address| !recorded(address)) {
            None => Ok(()),
            Some(address) => Err(Failure::input(format!("--allow-data-loss {address}: there is no resource with this address"))
                .help("`deployer plan` lists the data that is deleted, with the addresses")),
        }
    }
}

/// Returns the flags that approve what a plan made with `given` does to permissions and data, beside those.
pub(crate) fn approving_flags(plan: &Plan, given: &BTreeSet<String>) -> Vec<String> {
    let named = |loss: &DataLoss| {
        let is_deleted = given.contains("--delete-instance") && loss.address.kind() == "instance";
        is_deleted || given.contains(&format!("--replace {}", loss.address))
    };
    let mut review = Review::of(plan);
    review.data_loss.retain(|loss| !named(loss));
    flags_for(&review)
}

/// Returns the flags that approve these effects.
fn flags_for(open: &Review) -> Vec<String> {
    let security = (!open.broader_permissions.is_empty()).then(|| "--approve-security".to_owned());
    security.into_iter().chain(open.data_loss.iter().map(|loss| format!("--allow-data-loss {}", loss.address))).collect()
}

impl ReviewedApproval {
    /// Approves what the flags name; `options` are those of the run.
    pub(crate) fn new(approvals: Approvals, confirmation: Confirmation, environment: &str, options: &Options) -> Self {
        let allowed =
            Allowed { instance: options.allow_delete.contains("connect.instance"), replaced: options.force_replace.clone() };
        Self { approvals, confirmation, environment: environment.to_owned(), allowed, refused: Arc::default() }
    }

    /// Shows the plan, then asks for approval or evaluates the flags.
    pub(crate) fn ask(
        &self,
        reporter: Arc<dyn Reporter>,
        interrupt: CancellationToken,
    ) -> impl for<'p> FnOnce(&'p Plan) -> BoxFuture<'p, bool> + Send + use<> {
        let this = self.clone();
        move |plan: &Plan| {
            reporter.plan(plan);
            let open = this.unapproved(plan);
            let refused = this.confirmation.yes && open != Review::default();
            let sound = plan.problems.is_empty();
            let confirmation = this.question(&open);
            if refused && sound {
                let _ = this.refused.set(open);
            }
            async move { sound && !refused && confirmation.given(&interrupt).await }.boxed()
        }
    }

    /// Returns the effects that the flags do not approve.
    fn unapproved(&self, plan: &Plan) -> Review {
        let mut review = Review::of(plan);
        if self.approvals.approve_security {
            review.broader_permissions.clear();
        }
        review.data_loss.retain(|loss| {
            let named = self.approvals.allow_data_loss.contains(&loss.address) || self.allowed.replaced.contains(&loss.address);
            let other_flag = self.allowed.instance && loss.address.kind() == "instance";
            !(named || other_flag)
        });
        review
    }

    fn question(&self, open: &Review) -> Confirmation {
        let mut question = self.confirmation.question.trim_end_matches('?').to_owned();
        if !open.broader_permissions.is_empty() {
            question.push_str(", with the broader permissions listed above");
        }
        let mut answer = Answer::Yes;
        if !open.data_loss.is_empty() {
            question
                .push_str(&format!(", and delete the data of {}", addresses(open.data_loss.iter().map(|loss| &loss.address))));
            answer = Answer::Environment(self.environment.clone());
        }
        Confirmation { question: format!("{question}?"), answer, ..self.confirmation.clone() }
    }

    /// Checks that the flags approved the plan given with `--yes`.
    ///
    /// # Errors
    /// Fails with the missing approvals and the flags that grant them.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let Some(open) = self.refused.get() else { return Ok(()) };
        let mut what = Vec::new();
        if !open.broader_permissions.is_empty() {
            let whose = addresses(open.broader_permissions.iter().map(|broader| &broader.address));
            what.push(format!("makes permissions of {whose} broader"));
        }
        if !open.data_loss.is_empty() {
            what.push(format!("deletes the data of {}", addresses(open.data_loss.iter().map(|loss| &loss.address))));
        }
        let by = self.confirmation.given_by;
        Err(Failure::refused(format!("the plan {}, which {by} alone does not confirm; nothing was changed", what.join(" and ")))
            .help(format!("read the plan above; to go on, add {}", flags_for(open).join(" "))))
    }
}

fn addresses<'a>(addresses: impl Iterator<Item = &'a Address>) -> String {
    addresses.map(Address::as_str).collect::<Vec<_>>().join(", ")
}

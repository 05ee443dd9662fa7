//! The declaration of an action type: what the checker, the simulator, the converter and the documentation know of it.

pub(crate) use crate::call::caller::BoxFuture;
pub(crate) use crate::call::engine::Engine;
pub(crate) use crate::call::outcome::{ActionOutcome, Control};
pub(crate) use crate::designer::block::Block;
pub(crate) use crate::designer::builder::ActionBuilder;
pub(crate) use crate::findings::finding::Severity;
pub(crate) use crate::findings::report::Report;
pub(crate) use crate::flow_type::FlowType;
pub(crate) use crate::model::Action;
pub(crate) use crate::rules::{
    ConditionMode, Conditional, Conditions, Errors, Form, Group, NextRequirement, Parameter, Simulation, Source, Status,
};

/// An action type of the Flow language.
pub struct ActionType {
    /// Name, as in `Type`.
    pub name: &'static str,
    /// The name of the block in the console's designer.
    pub block: &'static str,
    /// Reliability of its rules, and the page that describes it.
    pub source: Source,
    /// Other names by which people call it.
    pub aliases: &'static [Aliases],
    /// The parameters it accepts.
    pub parameters: &'static [Parameter],
    /// Rules between parameters.
    pub groups: &'static [Group],
    /// Names of parameters that the service is recorded to reject.
    pub refused: &'static [&'static str],
    /// Default values of parameters and of members in them, by path.
    pub defaults: &'static [(&'static [&'static str], &'static str)],
    /// The conditions it accepts; `None` if it accepts none.
    pub conditions: Option<Conditions>,
    /// The error branches it requires, accepts and rejects.
    pub errors: Errors,
    /// Whether `NextAction` is required, optional or forbidden.
    pub next: NextRequirement,
    /// The flow types that may contain it; empty means all.
    pub flow_types: &'static [FlowType],
    /// The channels it works in; empty means all.
    pub channels: &'static [&'static str],
    /// What a simulated voice call does, with the source.
    pub simulation: Simulation,
    /// The functions of the flow builder that return such an action; empty if its name and methods are derived from the above.
    pub forms: &'static [Form],
    /// What it does to a contact, as far as other actions depend on it.
    pub(crate) effects: &'static [Effect],
    /// Whether success leaves the flow.
    pub(crate) leaves: fn(Action<'_>) -> bool,
    /// Returns why this action has no conditions although its type has: an addition to its name. `None` if it has.
    pub(crate) without_conditions: fn(Action<'_>) -> Option<&'static str>,
    /// Checks what the rules above do not express.
    pub(crate) check: fn(&mut Report<'_>, Action<'_>),
    /// Performs it in a simulated call.
    pub(crate) run: Run,
    /// The blocks of the old designer that become this action.
    pub(crate) converted: &'static [FromBlock],
    /// Returns its name in flow logs, which is that of the old designer; empty if that is the type.
    pub(crate) logged_as: fn(Action<'_>) -> &'static str,
}

/// Source: the page of the Flow language on the action itself.
pub(crate) const PAGE: &str = "AWS page on the action";
/// Source: the administrator guide's table of blocks and channels.
pub(crate) const CHANNELS: &str = "administrator guide, \"Supported channels for flow blocks\"";
/// Source of actions without an AWS page, which published lists show as accepted by the service.
pub(crate) const NO_AWS_PAGE: &str = "no AWS page; published lists of accepted types (unverified)";

/// The flow types of actions for callers who are not in a queue.
pub(crate) const BEFORE_QUEUE: &[FlowType] =
    &[FlowType::ContactFlow, FlowType::AgentTransfer, FlowType::QueueTransfer, FlowType::Module];
/// The same and queue flows.
pub(crate) const WITH_CALLER: &[FlowType] =
    &[FlowType::ContactFlow, FlowType::AgentTransfer, FlowType::QueueTransfer, FlowType::CustomerQueue, FlowType::Module];

/// Parameters that several action types share.
pub(crate) const TEXT: Parameter = Parameter::dynamic("Text");
pub(crate) const SSML: Parameter = Parameter::dynamic("SSML");
pub(crate) const PROMPT_ID: Parameter = Parameter::single("PromptId").refers_to("prompt");
pub(crate) const MEDIA: Parameter = Parameter::object("Media").members(&["Uri", "SourceType", "MediaType"]);
pub(crate) const QUEUE_ID: Parameter = Parameter::single("QueueId").refers_to("queue");
pub(crate) const AGENT_ID: Parameter = Parameter::single("AgentId").refers_to("agent");
/// Values of a switch, in both spellings.
pub(crate) const TRUE_FALSE: &[&str] = &["True", "False", "true", "false"];

impl ActionType {
    /// The beginning of a declaration: no parameters, no conditions, no error branches, no effect.
    pub(crate) const BASE: Self = Self {
        name: "",
        block: "",
        source: Source::unknown("", ""),
        aliases: &[],
        parameters: &[],
        groups: &[],
        refused: &[],
        defaults: &[],
        conditions: None,
        errors: Errors::NONE,
        next: NextRequirement::Required,
        flow_types: &[],
        channels: &[],
        simulation: Simulation::external("", ""),
        forms: &[],
        effects: &[],
        leaves: |_| false,
        without_conditions: |_| None,
        check: |_, _| {},
        run: Run::Nothing,
        converted: &[],
        logged_as: |_| "",
    };

    /// Whether the flow ends here, so that no transitions are allowed.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.next == NextRequirement::None
    }

    /// Returns the parameter with this name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|known| known.name == name)
    }

    /// Returns the reliability of one of its parameters.
    #[must_use]
    pub fn status_of(&self, parameter: &Parameter) -> Status {
        parameter.status.unwrap_or(self.source.status)
    }

    pub(crate) fn has(&self, effect: Effect) -> bool {
        self.effects.contains(&effect)
    }
}

/// What an action does to a contact, as far as other actions depend on it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Waits for the caller, for an agent or for a time. A loop that contains one of them is not a mistake.
    Waits,
    /// Plays or asks something; every iteration of a queue flow contains one of them.
    Heard,
    /// Depends on more than the call, so that a repetition may have another result.
    AsksOutside,
    /// May set `$.External`.
    SetsExternal,
    /// May set the working queue.
    SetsQueue,
    /// Needs a working queue.
    NeedsQueue,
}

/// Other names of an action type.
#[derive(Debug, Clone, Copy)]
pub struct Aliases {
    /// The names.
    pub names: &'static [&'static str],
    /// Their origin.
    pub source: NameSource,
    /// Place among the action types that are called so, best first.
    pub rank: u8,
}

/// The origin of a wrong name for an action type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameSource {
    /// The title of a page of AWS's guide that differs from the type that the page describes.
    Page,
    /// The type of a block in an export of the old designer.
    Designer,
    /// The name of a block in the console.
    Block,
    /// A name invented by people and tools.
    Invented,
}

impl Aliases {
    const fn new(source: NameSource, names: &'static [&'static str]) -> Self {
        Self { names, source, rank: 1 }
    }

    pub(crate) const fn page(names: &'static [&'static str]) -> Self {
        Self::new(NameSource::Page, names)
    }

    pub(crate) const fn designer(names: &'static [&'static str]) -> Self {
        Self::new(NameSource::Designer, names)
    }

    pub(crate) const fn block(names: &'static [&'static str]) -> Self {
        Self::new(NameSource::Block, names)
    }

    pub(crate) const fn invented(names: &'static [&'static str]) -> Self {
        Self::new(NameSource::Invented, names)
    }

    /// Says that other action types are called so too, and which place this one has among them.
    pub(crate) const fn rank(self, rank: u8) -> Self {
        Self { rank, ..self }
    }
}

/// How an action is performed in a simulated call.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    /// As its [`Simulation`] says: without effect, or by its error branch.
    Nothing,
    /// At once.
    Now(fn(&mut Engine<'_>, Action<'_>) -> ActionOutcome),
    /// Waiting for the caller or for the instance.
    Later(for<'e> fn(&'e mut Engine<'_>, Action<'e>) -> BoxFuture<'e, ActionOutcome>),
}

/// A conversion of a block of the old designer.
#[derive(Clone, Copy)]
pub(crate) struct FromBlock {
    /// Type of the block.
    pub(crate) kind: &'static str,
    /// Its target; `None` if any.
    pub(crate) target: Option<&'static str>,
    /// Whether the block, in a flow of this type, becomes this action; such a conversion takes precedence.
    pub(crate) when: Option<When>,
    /// Fills in the action, or returns the reason why there is none.
    pub(crate) convert: Convert,
}

pub(crate) type When = fn(&Block<'_>, Option<FlowType>) -> bool;
pub(crate) type Convert = fn(&Block<'_>, &mut ActionBuilder) -> Result<(), String>;

impl FromBlock {
    pub(crate) const fn new(kind: &'static str, convert: Convert) -> Self {
        Self { kind, target: None, when: None, convert }
    }

    pub(crate) const fn to(self, target: &'static str) -> Self {
        Self { target: Some(target), ..self }
    }

    /// Returns the conversions of the blocks that transfer to a queue.
    pub(crate) const fn queue_transfers(when: Option<When>, convert: Convert) -> [Self; 3] {
        let block = Self { kind: "TransferToQueue", target: None, when, convert };
        [Self { kind: "Transfer", ..block }.to("Queue"), block, Self { kind: "CustomerInQueue", ..block }]
    }
}

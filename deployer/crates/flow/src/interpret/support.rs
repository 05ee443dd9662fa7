//! Support of each action type in simulated voice calls.

use super::engine::{ActionOutcome, Control};

/// The treatment of an action type in a simulated voice call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SimulationSupport {
    /// It does the same as in Connect.
    Performed,
    /// It succeeds; its effects cannot be observed in the call.
    NoEffect,
    /// Its result comes from outside of the call: either a test defines it, or the action takes its error branch.
    External,
    /// It does not work in a voice call and takes its error branch.
    NotInVoice,
}

/// Facts about an action type in a voice call, with their source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionSupport {
    /// Action type.
    pub kind: &'static str,
    /// Treatment in the simulation.
    pub support: SimulationSupport,
    /// Effect in the call, or the reason why there is none.
    pub description: &'static str,
    /// Source of that fact.
    pub source: &'static str,
}

use SimulationSupport::{External, NoEffect, NotInVoice, Performed};

/// Source: the page of the Flow language on the action itself.
const PAGE: &str = "AWS page on the action";
/// Source: the administrator guide's table of blocks and channels.
const CHANNELS: &str = "administrator guide, \"Supported channels for flow blocks\"";
/// Source of actions without an AWS page, which published lists show as accepted by the service.
const UNDESCRIBED: &str = "no AWS page; published lists of accepted types (unverified)";

const fn row(kind: &'static str, treatment: SimulationSupport, says: &'static str, source: &'static str) -> ActionSupport {
    ActionSupport { kind, support: treatment, description: says, source }
}

/// Every type of the catalogue, in alphabetical order.
const ACTIONS: [ActionSupport; 67] = [
    row("AssociateContactToCustomerProfile", External, "Customer Profiles associates the contact", CHANNELS),
    row("AuthenticateParticipant", NotInVoice, "it works in chats only", CHANNELS),
    row("CheckHoursOfOperation", Performed, "by the hours and the clock of the call", PAGE),
    row("CheckMetricData", Performed, "by the queue's metrics", PAGE),
    row("CheckOutboundCallStatus", External, "only calls of an outbound campaign have a status", PAGE),
    row("CheckVoiceId", External, "Voice ID, which ended in May 2026, says what it knows of the voice", PAGE),
    row("Compare", Performed, "conditions from top to bottom", PAGE),
    row("CompleteOutboundCall", NoEffect, "the caller has called; there is no outbound call to complete", PAGE),
    row(
        "ConnectParticipantWithAgenticCX",
        External,
        "an AI agent talks with the caller",
        "no AWS page; published lists of accepted types (unverified)",
    ),
    row(
        "ConnectParticipantWithLexBot",
        Performed,
        "the prompt is heard, the bot's answer is given; without a bot the error branch",
        "AWS page on the action; administrator guide, list of contact attributes",
    ),
    row("CreateCallbackContact", Performed, "the callback is a contact of its own, the call continues", PAGE),
    row("CreateCase", External, "Cases opens a case", CHANNELS),
    row("CreateContact", External, "another contact is made", UNDESCRIBED),
    row("CreateCustomerProfile", External, "Customer Profiles makes a profile", PAGE),
    row(
        "CreatePersistentContactAssociation",
        NotInVoice,
        "it works in chats only",
        "administrator guide, \"Create persistent contact association\"",
    ),
    row(
        "CreateTask",
        Performed,
        "the task has a contact id, its flow does not run",
        "administrator guide, \"Supported channels for flow blocks\" and list of contact attributes",
    ),
    row("CreateWisdomSession", External, "an assistant of Amazon Q opens a session", CHANNELS),
    row("DequeueContactAndTransferToQueue", Performed, "to the queue that is named, or again to the working queue", PAGE),
    row("DisconnectParticipant", Performed, "the call is over", PAGE),
    row("DistributeByPercentage", Performed, "a number from 1 to 100, by seed or given", PAGE),
    row("EndFlowExecution", Performed, "the flow is over; what was interrupted continues", PAGE),
    row("EndFlowModuleExecution", Performed, "the flow that called the module continues", PAGE),
    row("EvaluateDataTableValues", External, "a data table has the values", UNDESCRIBED),
    row("GetCalculatedAttributesForCustomerProfile", External, "Customer Profiles has the values", PAGE),
    row("GetCase", External, "Cases finds a case", CHANNELS),
    row("GetCustomerProfile", External, "Customer Profiles finds a profile", PAGE),
    row("GetCustomerProfileObject", External, "Customer Profiles finds an object", UNDESCRIBED),
    row("GetMetricData", Performed, "the queue's metrics can be read afterwards", PAGE),
    row(
        "GetParticipantInput",
        Performed,
        "one key, or several that are stored",
        "AWS page on the action; administrator guide, \"Store customer input\"",
    ),
    row("InvokeFlowModule", Performed, "the module runs; what it returns takes the branch of that name", PAGE),
    row(
        "InvokeLambdaFunction",
        Performed,
        "with Connect's event, limits and rules for answers",
        "AWS page on the action; administrator guide, Lambda functions",
    ),
    row("ListDataTableValues", External, "a data table has the values", UNDESCRIBED),
    row("LoadContactContent", External, "content of a contact is loaded", UNDESCRIBED),
    row("Loop", Performed, "counted for each action, restarted after the last round", PAGE),
    row("MessageParticipant", Performed, "the prompt is heard", PAGE),
    row("MessageParticipantIteratively", Performed, "the prompts are heard once each time they begin", PAGE),
    row("RenderMessageTemplate", External, "a message template is filled in", UNDESCRIBED),
    row("ResumeContact", NotInVoice, "it resumes tasks only", "administrator guide, \"Resume contact\""),
    row("ShowView", NotInVoice, "it works in chats only", "AWS page on the action; its channels in published catalogues"),
    row("StartOutboundChatContact", External, "a message is sent", PAGE),
    row("StartOutboundEmailContact", External, "an e-mail is sent", UNDESCRIBED),
    row("StartVoiceIdStream", External, "Voice ID, which ended in May 2026, listens", PAGE),
    row("TagContact", Performed, "the contact has the tags", PAGE),
    row(
        "TransferContactToAgent",
        Performed,
        "the flow is over and an agent has the call",
        "administrator guide, \"Transfer to agent (beta)\"",
    ),
    row("TransferContactToQueue", Performed, "the contact is queued, heard from the queue's flow and answered as given", PAGE),
    row("TransferParticipantToThirdParty", Performed, "the number answers, fails or does not answer, as given", PAGE),
    row("TransferToFlow", Performed, "the other flow runs from its start", PAGE),
    row("UntagContact", Performed, "the contact does not have the tags any more", "published records of CreateContactFlow calls"),
    row("UpdateCase", External, "Cases changes a case", CHANNELS),
    row("UpdateContactAttributes", Performed, "all of them or none, up to 32 KB", PAGE),
    row("UpdateContactCallbackNumber", Performed, "a number in E.164 form that can be called, as given", PAGE),
    row("UpdateContactData", Performed, "name, description, language, customer and references of the contact", PAGE),
    row("UpdateContactEventHooks", Performed, "the flows run at their events", PAGE),
    row(
        "UpdateContactMediaProcessing",
        External,
        "messages are processed on their way",
        "AWS page on the action; its channels are not recorded (unverified)",
    ),
    row("UpdateContactMediaStreamingBehavior", NoEffect, "nobody listens to the stream", PAGE),
    row(
        "UpdateContactRecordingAndAnalyticsBehavior",
        Performed,
        "nothing is recorded; behaviour of chats does not fit the channel",
        "published records of CreateContactFlow calls; that the error is this one is inferred from its name (unverified)",
    ),
    row("UpdateContactRecordingBehavior", NoEffect, "nothing is recorded", PAGE),
    row("UpdateContactRoutingBehavior", NoEffect, "nobody else waits in the queue", PAGE),
    row("UpdateContactRoutingCriteria", NoEffect, "the agent who answers is given", "AWS page on `UpdateRoutingCriteria`"),
    row("UpdateContactTargetQueue", Performed, "the queue, or the agent's own", PAGE),
    row("UpdateContactTextToSpeechVoice", Performed, "the voice can be read afterwards", PAGE),
    row("UpdateCustomerProfile", External, "Customer Profiles changes a profile", PAGE),
    row("UpdateFlowAttributes", Performed, "seen by this flow only", PAGE),
    row("UpdateFlowLoggingBehavior", Performed, "log entries from here on, or none", PAGE),
    row("UpdatePreviousContactParticipantState", NoEffect, "nobody was with the caller before", PAGE),
    row("UpsertDataTableValues", External, "a data table keeps the values", UNDESCRIBED),
    row(
        "Wait",
        External,
        "a voice call waits for a function or continues meanwhile, in a form that no page describes",
        "administrator guide, \"Wait\"",
    ),
];

/// Types whose result the instance determines, and a test may also define directly.
const ALSO_GIVEN: [&str; 4] = ["CheckHoursOfOperation", "CheckMetricData", "DistributeByPercentage", "InvokeFlowModule"];

/// Returns the facts about this action type; `None` if the catalogue does not have it.
#[must_use]
pub fn action_support(kind: &str) -> Option<&'static ActionSupport> {
    ACTIONS.binary_search_by(|row| row.kind.cmp(kind)).ok().and_then(|at| ACTIONS.get(at))
}

impl ActionSupport {
    /// Whether a test may define the result of such an action.
    #[must_use]
    pub fn accepts_stubbed_result(&self) -> bool {
        self.support == SimulationSupport::External || ALSO_GIVEN.contains(&self.kind)
    }
}

/// Returns the reason why a test may not define the result of an action of this type; `None` if it may. Results of unknown
/// types may be defined.
pub(crate) fn why_no_result(kind: &str) -> Option<String> {
    let known = action_support(kind).filter(|known| !known.accepts_stubbed_result())?;
    Some(match known.support {
        SimulationSupport::NotInVoice => format!("{kind} takes its error branch in a voice call: {}", known.description),
        _ => format!("{kind} is simulated; give what it goes by, or let it fail with `fails`"),
    })
}

/// Returns the outcome of an action that depends on something missing.
pub(super) fn without(kind: &str) -> ActionOutcome {
    match action_support(kind).map(|known| (known.support, known.description)) {
        Some((SimulationSupport::NoEffect, says)) => ActionOutcome::next(format!("Nothing to do in a simulated call: {says}")),
        Some((SimulationSupport::NotInVoice, says)) => {
            ActionOutcome::error("NoMatchingError", format!("not in a voice call: {says}"))
        }
        Some((_, says)) => {
            ActionOutcome::error("NoMatchingError", format!("not simulated: {says}; a test can give it under `results`"))
        }
        None => ActionOutcome::error("NoMatchingError", format!("not simulated: {kind}; a test can give it under `results`")),
    }
}

/// A result of an action, defined by a test.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ActionResult {
    /// Value that the conditions compare; `None` for an action without conditions.
    pub value: Option<String>,
    /// Values that can be read afterwards, by root, such as `Customer`.
    pub sets: serde_json::Map<String, serde_json::Value>,
}

/// Roots whose values come from outside of the call (AWS administrator guide, list of contact attributes).
pub const EXTERNAL_ROOTS: [&str; 9] =
    ["Case", "Customer", "Email", "Media", "MediaStreams", "SegmentAttributes", "Task", "Views", "Wisdom"];

impl ActionResult {
    pub(super) fn done(self) -> ActionOutcome {
        let done = match self.value {
            Some(value) => ActionOutcome::new(Control::Result(Some(value.clone())), value),
            None => ActionOutcome::next("As given"),
        };
        ActionOutcome { note: Some("the result is given".to_owned()), ..done }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action_types::Catalogue;

    #[test]
    fn table_matches_the_catalogue() {
        let names: Vec<&str> = Catalogue::builtin().names().collect();
        let dealt_with: Vec<&str> = ACTIONS.iter().map(|row| row.kind).collect();
        assert_eq!(names, dealt_with);
        for row in ACTIONS {
            assert_eq!(action_support(row.kind), Some(&row));
            assert!(!row.description.is_empty() && !row.source.is_empty(), "{}", row.kind);
        }
        assert_eq!(action_support("PlayPrompt"), None);
    }
}

use super::action_type::*;
use crate::call::values::{filled, interpolated_map, set_all};

pub(crate) const ACTION: ActionType = ActionType {
    name: "UpdateContactData",
    block: "Set contact attributes / Set Voice ID / Set language",
    source: Source::recorded("devguide/contact-actions-updatecontactdata", "2026-11"),
    aliases: &[Aliases::block(&["SetContactAttributes"]).rank(2), Aliases::invented(&["SetLanguage"])],
    parameters: &[
        Parameter::dynamic("Name"),
        Parameter::dynamic("Description"),
        Parameter::single("LanguageCode"),
        Parameter::dynamic("CustomerId"),
        Parameter::map("References"),
        Parameter::single("WisdomSessionArn"),
        Parameter::fixed("IsVoiceIdStreamingEnabled"),
        Parameter::fixed("IsVoiceAuthenticationEnabled"),
        Parameter::fixed("IsFraudDetectionEnabled"),
        Parameter::single("VoiceAuthenticationThreshold").between(0, 100),
        Parameter::single("VoiceAuthenticationResponseTime").between(5, 10),
        Parameter::single("FraudDetectionThreshold").between(0, 100),
        Parameter::single("WatchlistId"),
        Parameter::fixed("TargetContact").such_as(&["Current", "Related"]),
    ],
    defaults: &[(&["TargetContact"], "Current")],
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::performed("name, description, language, customer and references of the contact", PAGE),
    forms: &[Form::new("set_contact_data", &[])],
    run: Run::Now(set),
    ..ActionType::BASE
};

fn set(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let of = |name: &str| filled(engine, action, name);
    let (name, description) = (of("Name"), of("Description"));
    let (language, customer) = (of("LanguageCode"), of("CustomerId"));
    let references = interpolated_map(engine, action, "References");
    let contact = &mut engine.contact;
    contact.name = name.or(contact.name.take());
    contact.description = description.or(contact.description.take());
    contact.customer_id = customer.or(contact.customer_id.take());
    if let Some(language) = language {
        contact.language = language;
    }
    match set_all(&mut contact.references, references, "references") {
        ActionOutcome { control: Control::Next, .. } => ActionOutcome::next("The contact's data are set"),
        failed => failed,
    }
}

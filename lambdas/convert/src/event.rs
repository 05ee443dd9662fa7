//! The parts of Amazon Connect's event that the function reads.
//!
//! Source: Amazon Connect administrator guide, "Invoke AWS Lambda functions". Every field may be absent, null or of another
//! type than documented, since Connect would retry an error here while the caller waits.

use serde_json::Value;

/// A call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// Whether the event has contact data at all.
    pub(crate) is_contact: bool,
    /// Address of the caller as the telephone network provides it.
    pub(crate) address: Option<String>,
    /// Identifier that stays the same when Connect retries the same call: the contact id, or the request id if there is none.
    pub(crate) idempotency_key: String,
}

impl Call {
    /// Reads an event; never fails.
    pub(crate) fn read(event: &Value, request_id: &str) -> Self {
        let contact = event.pointer("/Details/ContactData");
        let text = |path| contact?.pointer(path).and_then(text_of);
        let once = text("/ContactId").filter(|id| !id.is_empty()).unwrap_or_else(|| request_id.to_owned());
        Self {
            is_contact: contact.is_some_and(Value::is_object),
            address: text("/CustomerEndpoint/Address"),
            idempotency_key: once,
        }
    }
}

/// Returns a string, or a number formatted as one.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn documented_event_is_read() {
        let event = json!({"Name": "ContactFlowEvent", "Details": {"ContactData": {
            "Attributes": {}, "Channel": "VOICE", "ContactId": "c-1",
            "CustomerEndpoint": {"Address": "+18003569377", "Type": "TELEPHONE_NUMBER"},
            "SystemEndpoint": null, "Queue": null}, "Parameters": {}}});
        let call = Call::read(&event, "r-1");
        assert_eq!(call, Call { is_contact: true, address: Some("+18003569377".into()), idempotency_key: "c-1".into() });
    }

    #[test]
    fn null_absent_and_mistyped_fields_are_no_error() {
        for endpoint in [json!(null), json!({}), json!({"Address": null}), json!([]), json!("x"), json!({"Address": {}})] {
            let event = json!({"Details": {"ContactData": {"CustomerEndpoint": endpoint, "ContactId": 7}}});
            assert_eq!(Call::read(&event, "r"), Call { is_contact: true, address: None, idempotency_key: "7".into() });
        }
    }

    #[test]
    fn an_event_without_contact_data_is_told_apart() {
        for event in [json!(null), json!([1]), json!({"Details": null}), json!({"Details": {"ContactData": 5}})] {
            let call = Call::read(&event, "r-9");
            assert!(!call.is_contact);
            assert_eq!(call.idempotency_key, "r-9");
        }
    }
}

// Written by `UPDATE_DOCS=1 cargo test -p deployer-flow --test it to_rust` with `deployer_flow::to_rust`.
#![cfg_attr(rustfmt, rustfmt_skip)]

use deployer_flow::build::*;
use deployer_flow::flow;
use serde_json::json;

pub(super) fn type_untag_contact() -> NewFlow {
    flow! {
        subject_0: untag_contact(["k"]).then(end_0).on_error(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_update_case() -> NewFlow {
    flow! {
        subject_0: update_case().then(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: update_case().link_contact_to_case().then(end_1).on_contact_not_linked(end_1).on_error(end_1),
        end_1: disconnect(),
        subject_2: update_case().case_id(attribute("subject")).then(end_2).on_error(end_2),
        end_2: disconnect(),
        subject_3: update_case().case_request_fields([("k", attribute("subject"))]).then(end_3).on_error(end_3),
        end_3: disconnect(),
    }
}

pub(super) fn type_update_contact_attributes() -> NewFlow {
    flow! {
        subject_0: set_attributes([("k", attribute("subject"))]).then(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: set_attributes([("k", attribute("subject"))]).then(end_1).on_error(end_1),
        end_1: disconnect(),
    }
}

pub(super) fn type_update_contact_callback_number() -> NewFlow {
    flow! {
        subject_0: set_callback_number(attribute("subject"))
            .then(end_0)
            .on_invalid_callback_number(end_0)
            .on_callback_number_not_dialable(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_update_contact_data() -> NewFlow {
    flow! {
        subject_0: set_contact_data().then(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: set_contact_data().name(attribute("subject")).then(end_1).on_error(end_1),
        end_1: disconnect(),
        subject_2: set_contact_data().description(attribute("subject")).then(end_2).on_error(end_2),
        end_2: disconnect(),
        subject_3: set_contact_data().language_code(attribute("subject")).then(end_3).on_error(end_3),
        end_3: disconnect(),
        subject_4: set_contact_data().customer_id(attribute("subject")).then(end_4).on_error(end_4),
        end_4: disconnect(),
        subject_5: set_contact_data().references([("k", attribute("subject"))]).then(end_5).on_error(end_5),
        end_5: disconnect(),
        subject_6: set_contact_data().wisdom_session_arn(attribute("subject")).then(end_6).on_error(end_6),
        end_6: disconnect(),
        subject_7: set_contact_data().is_voice_id_streaming_enabled("1").then(end_7).on_error(end_7),
        end_7: disconnect(),
        subject_8: set_contact_data().is_voice_authentication_enabled("1").then(end_8).on_error(end_8),
        end_8: disconnect(),
        subject_9: set_contact_data().is_fraud_detection_enabled("1").then(end_9).on_error(end_9),
        end_9: disconnect(),
        subject_10: set_contact_data()
            .voice_authentication_threshold(attribute("subject"))
            .then(end_10)
            .on_error(end_10),
        end_10: disconnect(),
        subject_11: set_contact_data()
            .voice_authentication_response_time(attribute("subject"))
            .then(end_11)
            .on_error(end_11),
        end_11: disconnect(),
        subject_12: set_contact_data().fraud_detection_threshold(attribute("subject")).then(end_12).on_error(end_12),
        end_12: disconnect(),
        subject_13: set_contact_data().watchlist_id(attribute("subject")).then(end_13).on_error(end_13),
        end_13: disconnect(),
        subject_14: set_contact_data().then(end_14).on_error(end_14),
        end_14: disconnect(),
    }
}

pub(super) fn type_update_contact_event_hooks() -> NewFlow {
    flow! {
        subject_0: set_event_hooks([(EventHooks::AgentHold, Flow::named("thing"))]).then(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: set_event_hooks([(EventHooks::AgentHold, Flow::named("thing"))])
            .event_hooks_configuration([("k", attribute("subject"))])
            .then(end_1)
            .on_error(end_1),
        end_1: disconnect(),
        subject_2: set_event_hooks([(EventHooks::AgentHold, Flow::named("nothing"))]).then(end_2).on_error(end_2),
        end_2: disconnect(),
        subject_3: set_event_hooks([(EventHooks::AgentHold, Flow::named("nothing"))])
            .event_hooks_configuration([("k", attribute("subject"))])
            .then(end_3)
            .on_error(end_3),
        end_3: disconnect(),
    }
}

pub(super) fn type_update_contact_media_processing() -> NewFlow {
    flow! {
        subject_0: update_contact_media_processing(json!({"ProcessingEnabled": "x"}))
            .then(end_0)
            .on_channel_mismatch(end_0)
            .on_error(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_update_contact_media_streaming_behavior() -> NewFlow {
    flow! {
        subject_0: set_media_streaming(MediaStreamingState::Enabled)
            .participants(["k"])
            .media_stream_type(MediaStreamType::Audio)
            .then(end_0)
            .on_error(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_update_contact_recording_and_analytics_behavior() -> NewFlow {
    flow! {
        subject_0: set_recording_and_analytics()
            .voice_behavior(json!({"k": "x"}))
            .then(end_0)
            .on_channel_mismatch(end_0)
            .on_error(end_0),
        end_0: disconnect(),
        subject_1: set_recording_and_analytics()
            .chat_behavior(json!({"k": "x"}))
            .then(end_1)
            .on_channel_mismatch(end_1)
            .on_in_flight_redaction_configuration_failed(end_1)
            .on_error(end_1),
        end_1: disconnect(),
        subject_2: set_recording_and_analytics()
            .screen_recording_behavior(json!({"k": "x"}))
            .then(end_2)
            .on_channel_mismatch(end_2)
            .on_error(end_2),
        end_2: disconnect(),
    }
}

pub(super) fn type_update_contact_recording_behavior() -> NewFlow {
    flow! {
        subject_0: set_recording(json!({"RecordedParticipants": "x"})).then(end_0),
        end_0: disconnect(),
        subject_1: set_recording(json!({"RecordedParticipants": "x"}))
            .analytics_behavior(json!({"Enabled": "x"}))
            .then(end_1),
        end_1: disconnect(),
    }
}

pub(super) fn type_update_contact_routing_behavior() -> NewFlow {
    flow! {
        subject_0: set_routing_priority().then(end_0),
        end_0: disconnect(),
        subject_1: set_routing_priority().queue_priority(1).then(end_1),
        end_1: disconnect(),
        subject_2: set_routing_priority().queue_time_adjustment_seconds(1).then(end_2),
        end_2: disconnect(),
        subject_3: set_routing_priority().routing_proficiencies(json!({"k": "x"})).then(end_3).on_error(end_3),
        end_3: disconnect(),
    }
}

pub(super) fn type_update_contact_routing_criteria() -> NewFlow {
    flow! {
        subject_0: set_routing_criteria(json!({"k": "x"})).then(end_0).on_error(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_update_contact_target_queue() -> NewFlow {
    flow! {
        subject_0: set_queue(Queue::named("thing")).then(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: set_queue(Agent::named("thing")).then(end_1).on_error(end_1),
        end_1: disconnect(),
        subject_2: set_queue(Queue::named("nothing")).then(end_2).on_error(end_2),
        end_2: disconnect(),
        subject_3: set_queue(Agent::named("nothing")).then(end_3).on_error(end_3),
        end_3: disconnect(),
    }
}

pub(super) fn type_update_contact_text_to_speech_voice() -> NewFlow {
    flow! {
        subject_0: set_voice(attribute("subject")).then(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: set_voice(attribute("subject")).engine(attribute("subject")).then(end_1).on_error(end_1),
        end_1: disconnect(),
        subject_2: set_voice(attribute("subject")).style(attribute("subject")).then(end_2).on_error(end_2),
        end_2: disconnect(),
    }
}

pub(super) fn type_update_customer_profile() -> NewFlow {
    flow! {
        subject_0: update_customer_profile([("k", attribute("subject"))]).then(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: update_customer_profile([("k", attribute("subject"))])
            .profile_response_data(["k"])
            .then(end_1)
            .on_error(end_1),
        end_1: disconnect(),
    }
}

pub(super) fn type_update_flow_attributes() -> NewFlow {
    flow! {
        subject_0: set_flow_attributes([("k", attribute("subject"))]).then(end_0).on_error(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_update_flow_logging_behavior() -> NewFlow {
    flow! {
        subject_0: set_logging(FlowLoggingBehavior::Enabled).then(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_update_previous_contact_participant_state() -> NewFlow {
    flow! {
        subject_0: hold(PreviousContactParticipantState::AgentOnHold).then(end_0).on_error(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_upsert_data_table_values() -> NewFlow {
    flow! {
        subject_0: upsert_data_table_values()
            .lock_version(attribute("subject"))
            .data_table_id(attribute("subject"))
            .data_table_upsert_attributes(["k"])
            .then(end_0)
            .on_error(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_wait() -> NewFlow {
    flow! {
        subject_0: wait(attribute("subject")).completed(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: wait(attribute("subject"))
            .completed(end_1)
            .on_bot_participant_disconnected(end_1)
            .on_participant_not_found(end_1)
            .on_error(end_1),
        end_1: disconnect(),
        subject_2: wait(attribute("subject"))
            .completed(end_2)
            .on_customer_returned(end_2)
            .on_bot_participant_disconnected(end_2)
            .on_participant_not_found(end_2)
            .on_error(end_2),
        end_2: disconnect(),
    }
}

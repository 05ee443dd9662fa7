// Written by `UPDATE_DOCS=1 cargo test -p deployer-flow --test it to_rust` with `deployer_flow::to_rust`.
#![cfg_attr(rustfmt, rustfmt_skip)]

use deployer_flow::build::*;
use deployer_flow::flow;
use serde_json::json;

pub(super) fn type_associate_contact_to_customer_profile() -> NewFlow {
    flow! {
        subject_0: associate_contact_to_customer_profile([("k", attribute("subject"))]).then(end_0).on_error(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_authenticate_participant() -> NewFlow {
    flow! {
        subject_0: authenticate_participant().on_opted_out(end_0).then(end_0).timeout(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: authenticate_participant()
            .cognito_configuration(json!({"UserPoolArn": "x"}))
            .on_opted_out(end_1)
            .then(end_1)
            .timeout(end_1)
            .on_error(end_1),
        end_1: disconnect(),
        subject_2: authenticate_participant()
            .customer_profiles_configuration(json!({"ObjectTypeName": "x"}))
            .on_opted_out(end_2)
            .then(end_2)
            .timeout(end_2)
            .on_error(end_2),
        end_2: disconnect(),
        subject_3: authenticate_participant()
            .time_limit_minutes(attribute("subject"))
            .on_opted_out(end_3)
            .then(end_3)
            .timeout(end_3)
            .on_error(end_3),
        end_3: disconnect(),
    }
}

pub(super) fn type_check_hours_of_operation() -> NewFlow {
    flow! {
        subject_0: check_hours().open(end_0).closed(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: check_hours().hours(Hours::named("thing")).open(end_1).closed(end_1).on_error(end_1),
        end_1: disconnect(),
        subject_2: check_hours().hours(Hours::named("nothing")).open(end_2).closed(end_2).on_error(end_2),
        end_2: disconnect(),
    }
}

pub(super) fn type_check_metric_data() -> NewFlow {
    flow! {
        subject_0: check_metric(MetricType::NumberOfAgentsAvailable)
            .when(greater_than(0), end_0)
            .no_match(end_0)
            .on_error(end_0),
        end_0: disconnect(),
        subject_1: check_metric(MetricType::NumberOfAgentsAvailable)
            .queue(Queue::named("thing"))
            .when(greater_than(0), end_1)
            .no_match(end_1)
            .on_error(end_1),
        end_1: disconnect(),
        subject_2: check_metric(MetricType::NumberOfAgentsAvailable)
            .queue(Agent::named("thing"))
            .when(greater_than(0), end_2)
            .no_match(end_2)
            .on_error(end_2),
        end_2: disconnect(),
        subject_3: check_metric(MetricType::NumberOfAgentsAvailable)
            .queue(Queue::named("nothing"))
            .when(greater_than(0), end_3)
            .no_match(end_3)
            .on_error(end_3),
        end_3: disconnect(),
        subject_4: check_metric(MetricType::NumberOfAgentsAvailable)
            .queue(Agent::named("nothing"))
            .when(greater_than(0), end_4)
            .no_match(end_4)
            .on_error(end_4),
        end_4: disconnect(),
    }
}

pub(super) fn type_check_outbound_call_status() -> NewFlow {
    flow! {
        subject_0: check_outbound_call_status()
            .on_call_answered(end_0)
            .on_voicemail_beep(end_0)
            .on_voicemail_no_beep(end_0)
            .on_not_detected(end_0)
            .then(end_0)
            .on_error(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_check_voice_id() -> NewFlow {
    flow! {
        subject_0: check_voice_id(CheckVoiceIdOption::EnrollmentStatus)
            .on_enrolled(end_0)
            .on_not_enrolled(end_0)
            .on_opted_out(end_0)
            .on_authenticated(end_0)
            .on_not_authenticated(end_0)
            .on_inconclusive(end_0)
            .on_high_risk(end_0)
            .on_low_risk(end_0)
            .on("Not enrolled", end_0)
            .on("Opted out", end_0)
            .on("Not authenticated", end_0)
            .on("High risk", end_0)
            .on("Low risk", end_0)
            .then(end_0)
            .on_error(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_compare() -> NewFlow {
    flow! {
        subject_0: compare(attribute("subject"))
            .when(equals("a"), end_0)
            .when(starts_with("b"), end_0)
            .when(ends_with("c"), end_0)
            .when(contains("d"), end_0)
            .when(greater_than(100), end_0)
            .when(at_least(50), end_0)
            .when(less_than(-100), end_0)
            .when(at_most(-50), end_0)
            .no_match(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_complete_outbound_call() -> NewFlow {
    flow! {
        subject_0: complete_outbound_call().then(end_0),
        end_0: disconnect(),
        subject_1: complete_outbound_call().caller_id(json!({"Number": "x"})).then(end_1),
        end_1: disconnect(),
        subject_2: complete_outbound_call().voice_connector(json!({"VoiceConnectorType": "x"})).then(end_2),
        end_2: disconnect(),
        subject_3: complete_outbound_call().seconds(attribute("subject")).then(end_3),
        end_3: disconnect(),
    }
}

pub(super) fn type_connect_participant_with_agentic_cx() -> NewFlow {
    flow! {
        subject_0: connect_participant_with_agentic_cx(json!({"WorkspaceId": "x"}))
            .on_escalation(end_0)
            .no_match(end_0)
            .timeout(end_0)
            .on_error(end_0),
        end_0: disconnect(),
        subject_1: connect_participant_with_agentic_cx(json!({"WorkspaceId": "x"}))
            .speech_recognition_configuration(json!({"k": "x"}))
            .on_escalation(end_1)
            .no_match(end_1)
            .timeout(end_1)
            .on_error(end_1),
        end_1: disconnect(),
        subject_2: connect_participant_with_agentic_cx(json!({"WorkspaceId": "x"}))
            .audio_filler_configuration(json!({"k": "x"}))
            .on_escalation(end_2)
            .no_match(end_2)
            .timeout(end_2)
            .on_error(end_2),
        end_2: disconnect(),
    }
}

pub(super) fn type_connect_participant_with_lex_bot() -> NewFlow {
    flow! {
        subject_0: talk_to_bot()
            .speech(attribute("subject"))
            .lex_v2_bot(Bot::named("thing"))
            .on("Alpha", end_0)
            .on("Beta", end_0)
            .no_match(end_0)
            .timeout(end_0)
            .on_error(end_0),
        end_0: disconnect(),
        subject_1: talk_to_bot()
            .speech(attribute("subject"))
            .lex_bot(json!({"Name": "thing", "Region": "us-east-1", "Alias": "live"}))
            .on("Alpha", end_1)
            .on("Beta", end_1)
            .no_match(end_1)
            .timeout(end_1)
            .on_error(end_1),
        end_1: disconnect(),
        subject_2: talk_to_bot()
            .speech(ssml(attribute("subject")))
            .lex_v2_bot(Bot::named("thing"))
            .on("Alpha", end_2)
            .on("Beta", end_2)
            .no_match(end_2)
            .timeout(end_2)
            .on_error(end_2),
        end_2: disconnect(),
        subject_3: talk_to_bot()
            .speech(Prompt::named("thing"))
            .lex_v2_bot(Bot::named("thing"))
            .on("Alpha", end_3)
            .on("Beta", end_3)
            .no_match(end_3)
            .timeout(end_3)
            .on_error(end_3),
        end_3: disconnect(),
        subject_4: talk_to_bot()
            .speech(media(json!({"Uri": "$.Attributes.subject", "SourceType": "S3", "MediaType": "Audio"})))
            .lex_v2_bot(Bot::named("thing"))
            .on("Alpha", end_4)
            .on("Beta", end_4)
            .no_match(end_4)
            .timeout(end_4)
            .on_error(end_4),
        end_4: disconnect(),
        subject_5: talk_to_bot()
            .lex_v2_bot(Bot::named("thing"))
            .lex_initialization_data(json!({"InitialMessage": "x"}))
            .on("Alpha", end_5)
            .on("Beta", end_5)
            .no_match(end_5)
            .timeout(end_5)
            .on_error(end_5),
        end_5: disconnect(),
        subject_6: talk_to_bot()
            .speech(attribute("subject"))
            .lex_v2_bot(Bot::named("thing"))
            .lex_session_attributes([("k", attribute("subject"))])
            .on("Alpha", end_6)
            .on("Beta", end_6)
            .no_match(end_6)
            .timeout(end_6)
            .on_error(end_6),
        end_6: disconnect(),
        subject_7: talk_to_bot()
            .speech(attribute("subject"))
            .lex_v2_bot(Bot::named("thing"))
            .lex_timeout_seconds(json!({"Text": "60"}))
            .on("Alpha", end_7)
            .on("Beta", end_7)
            .no_match(end_7)
            .timeout(end_7)
            .on_error(end_7),
        end_7: disconnect(),
        subject_8: talk_to_bot()
            .speech(Prompt::named("nothing"))
            .lex_v2_bot(Bot::named("thing"))
            .on("Alpha", end_8)
            .on("Beta", end_8)
            .no_match(end_8)
            .timeout(end_8)
            .on_error(end_8),
        end_8: disconnect(),
    }
}

pub(super) fn type_create_callback_contact() -> NewFlow {
    flow! {
        subject_0: create_callback()
            .initial_call_delay_seconds(1)
            .maximum_connection_attempts(1)
            .retry_delay_seconds(1)
            .then(end_0)
            .on_error(end_0),
        end_0: disconnect(),
        subject_1: create_callback()
            .queue(Queue::named("thing"))
            .initial_call_delay_seconds(1)
            .maximum_connection_attempts(1)
            .retry_delay_seconds(1)
            .then(end_1)
            .on_error(end_1),
        end_1: disconnect(),
        subject_2: create_callback()
            .queue(Agent::named("thing"))
            .initial_call_delay_seconds(1)
            .maximum_connection_attempts(1)
            .retry_delay_seconds(1)
            .then(end_2)
            .on_error(end_2),
        end_2: disconnect(),
        subject_3: create_callback()
            .initial_call_delay_seconds(1)
            .maximum_connection_attempts(1)
            .retry_delay_seconds(1)
            .contact_flow(Flow::named("thing"))
            .then(end_3)
            .on_error(end_3),
        end_3: disconnect(),
        subject_4: create_callback()
            .initial_call_delay_seconds(1)
            .maximum_connection_attempts(1)
            .retry_delay_seconds(1)
            .caller_id(attribute("subject"))
            .then(end_4)
            .on_error(end_4),
        end_4: disconnect(),
        subject_5: create_callback()
            .queue(Queue::named("nothing"))
            .initial_call_delay_seconds(1)
            .maximum_connection_attempts(1)
            .retry_delay_seconds(1)
            .then(end_5)
            .on_error(end_5),
        end_5: disconnect(),
        subject_6: create_callback()
            .queue(Agent::named("nothing"))
            .initial_call_delay_seconds(1)
            .maximum_connection_attempts(1)
            .retry_delay_seconds(1)
            .then(end_6)
            .on_error(end_6),
        end_6: disconnect(),
        subject_7: create_callback()
            .initial_call_delay_seconds(1)
            .maximum_connection_attempts(1)
            .retry_delay_seconds(1)
            .contact_flow(Flow::named("nothing"))
            .then(end_7)
            .on_error(end_7),
        end_7: disconnect(),
    }
}

pub(super) fn type_create_case() -> NewFlow {
    flow! {
        subject_0: create_case().then(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: create_case().link_contact_to_case().then(end_1).on_contact_not_linked(end_1).on_error(end_1),
        end_1: disconnect(),
        subject_2: create_case()
            .case_template(CaseTemplate::id("${connect.case-templates.thing.arn}"))
            .then(end_2)
            .on_error(end_2),
        end_2: disconnect(),
        subject_3: create_case().case_request_fields([("k", attribute("subject"))]).then(end_3).on_error(end_3),
        end_3: disconnect(),
        subject_4: create_case().contact_to_link(attribute("subject")).then(end_4).on_error(end_4),
        end_4: disconnect(),
        subject_5: create_case()
            .case_template(CaseTemplate::id("${connect.case-templates.nothing.arn}"))
            .then(end_5)
            .on_error(end_5),
        end_5: disconnect(),
    }
}

pub(super) fn type_create_contact() -> NewFlow {
    flow! {
        subject_0: create_contact().then(end_0).on_error(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_create_customer_profile() -> NewFlow {
    flow! {
        subject_0: create_customer_profile([("k", attribute("subject"))]).then(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: create_customer_profile([("k", attribute("subject"))])
            .profile_response_data(["k"])
            .then(end_1)
            .on_error(end_1),
        end_1: disconnect(),
    }
}

pub(super) fn type_create_persistent_contact_association() -> NewFlow {
    flow! {
        subject_0: create_persistent_contact_association()
            .rehydration_type(RehydrationType::EntirePastSession)
            .source_contact_id(attribute("subject"))
            .then(end_0)
            .on_error(end_0),
        end_0: disconnect(),
        subject_1: create_persistent_contact_association()
            .rehydration_type(RehydrationType::EntirePastSession)
            .source_contact_id(attribute("subject"))
            .client_token(attribute("subject"))
            .then(end_1)
            .on_error(end_1),
        end_1: disconnect(),
    }
}

pub(super) fn type_create_task() -> NewFlow {
    flow! {
        subject_0: create_task(attribute("subject")).then(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: create_task(attribute("subject")).delay_seconds(1).then(end_1).on_error(end_1),
        end_1: disconnect(),
        subject_2: create_task(attribute("subject")).scheduled_time(attribute("subject")).then(end_2).on_error(end_2),
        end_2: disconnect(),
        subject_3: create_task(attribute("subject")).contact_flow(Flow::named("thing")).then(end_3).on_error(end_3),
        end_3: disconnect(),
        subject_4: create_task(attribute("subject"))
            .task_template(TaskTemplate::id("${connect.task-templates.thing.arn}"))
            .then(end_4)
            .on_error(end_4),
        end_4: disconnect(),
        subject_5: create_task(attribute("subject")).description(attribute("subject")).then(end_5).on_error(end_5),
        end_5: disconnect(),
        subject_6: create_task(attribute("subject"))
            .attributes([("k", attribute("subject"))])
            .then(end_6)
            .on_error(end_6),
        end_6: disconnect(),
        subject_7: create_task(attribute("subject"))
            .references([("k", attribute("subject"))])
            .then(end_7)
            .on_error(end_7),
        end_7: disconnect(),
        subject_8: create_task(attribute("subject")).contact_flow(Flow::named("nothing")).then(end_8).on_error(end_8),
        end_8: disconnect(),
        subject_9: create_task(attribute("subject"))
            .task_template(TaskTemplate::id("${connect.task-templates.nothing.arn}"))
            .then(end_9)
            .on_error(end_9),
        end_9: disconnect(),
    }
}

pub(super) fn type_create_wisdom_session() -> NewFlow {
    flow! {
        subject_0: create_wisdom_session(Assistant::id("${connect.assistants.thing.arn}")).then(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: create_wisdom_session(Assistant::id("${connect.assistants.nothing.arn}"))
            .then(end_1)
            .on_error(end_1),
        end_1: disconnect(),
    }
}

pub(super) fn type_dequeue_contact_and_transfer_to_queue() -> NewFlow {
    flow! {
        subject_0: dequeue_and_transfer().at_capacity(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: dequeue_and_transfer().queue(Queue::named("thing")).at_capacity(end_1).on_error(end_1),
        end_1: disconnect(),
        subject_2: dequeue_and_transfer().queue(Agent::named("thing")).at_capacity(end_2).on_error(end_2),
        end_2: disconnect(),
        subject_3: dequeue_and_transfer().queue(Queue::named("nothing")).at_capacity(end_3).on_error(end_3),
        end_3: disconnect(),
        subject_4: dequeue_and_transfer().queue(Agent::named("nothing")).at_capacity(end_4).on_error(end_4),
        end_4: disconnect(),
    }
}

pub(super) fn type_disconnect_participant() -> NewFlow {
    flow! {
        subject_0: disconnect(),
        end_0: disconnect(),
    }
}

pub(super) fn type_distribute_by_percentage() -> NewFlow {
    flow! {
        subject_0: distribute().when(less_than(31), end_0).no_match(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_end_flow_execution() -> NewFlow {
    flow! {
        subject_0: end_flow(),
        end_0: disconnect(),
    }
}

pub(super) fn type_end_flow_module_execution() -> NewFlow {
    flow! {
        subject_0: return_from_module(),
        end_0: disconnect(),
        subject_1: return_from_module().result(attribute("subject")),
        end_1: disconnect(),
        subject_2: return_from_module().result_data([("k", attribute("subject"))]),
        end_2: disconnect(),
    }
}

pub(super) fn type_evaluate_data_table_values() -> NewFlow {
    flow! {
        subject_0: evaluate_data_table_values()
            .data_table_id(attribute("subject"))
            .queries(["k"])
            .then(end_0)
            .on_error(end_0),
        end_0: disconnect(),
    }
}

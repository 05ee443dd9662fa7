// Written by `UPDATE_DOCS=1 cargo test -p deployer-flow --test it to_rust` with `deployer_flow::to_rust`.
#![cfg_attr(rustfmt, rustfmt_skip)]

use deployer_flow::build::*;
use deployer_flow::flow;
use serde_json::json;

pub(super) fn type_get_calculated_attributes_for_customer_profile() -> NewFlow {
    flow! {
        subject_0: get_calculated_attributes_for_customer_profile([("k", attribute("subject"))])
            .then(end_0)
            .on_none_found_error(end_0)
            .on_error(end_0),
        end_0: disconnect(),
        subject_1: get_calculated_attributes_for_customer_profile([("k", attribute("subject"))])
            .profile_response_data(["k"])
            .then(end_1)
            .on_none_found_error(end_1)
            .on_error(end_1),
        end_1: disconnect(),
    }
}

pub(super) fn type_get_case() -> NewFlow {
    flow! {
        subject_0: get_case().then(end_0).on_none_found(end_0).on_multiple_found(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: get_case()
            .link_contact_to_case()
            .then(end_1)
            .on_none_found(end_1)
            .on_multiple_found(end_1)
            .on_contact_not_linked(end_1)
            .on_error(end_1),
        end_1: disconnect(),
        subject_2: get_case()
            .get_last_updated_case(true)
            .then(end_2)
            .on_none_found(end_2)
            .on_multiple_found(end_2)
            .on_error(end_2),
        end_2: disconnect(),
        subject_3: get_case()
            .case_request_fields([("k", attribute("subject"))])
            .then(end_3)
            .on_none_found(end_3)
            .on_multiple_found(end_3)
            .on_error(end_3),
        end_3: disconnect(),
        subject_4: get_case()
            .case_response_fields(["k"])
            .then(end_4)
            .on_none_found(end_4)
            .on_multiple_found(end_4)
            .on_error(end_4),
        end_4: disconnect(),
        subject_5: get_case()
            .customer_id(attribute("subject"))
            .then(end_5)
            .on_none_found(end_5)
            .on_multiple_found(end_5)
            .on_error(end_5),
        end_5: disconnect(),
    }
}

pub(super) fn type_get_customer_profile() -> NewFlow {
    flow! {
        subject_0: get_customer_profile([("k", attribute("subject"))])
            .then(end_0)
            .on_multiple_found_error(end_0)
            .on_none_found_error(end_0)
            .on_error(end_0),
        end_0: disconnect(),
        subject_1: get_customer_profile([("k", attribute("subject"))])
            .profile_response_data(["k"])
            .then(end_1)
            .on_multiple_found_error(end_1)
            .on_none_found_error(end_1)
            .on_error(end_1),
        end_1: disconnect(),
    }
}

pub(super) fn type_get_customer_profile_object() -> NewFlow {
    flow! {
        subject_0: get_customer_profile_object([("k", attribute("subject"))])
            .then(end_0)
            .on_none_found_error(end_0)
            .on_error(end_0),
        end_0: disconnect(),
        subject_1: get_customer_profile_object([("k", attribute("subject"))])
            .profile_response_data(["k"])
            .then(end_1)
            .on_none_found_error(end_1)
            .on_error(end_1),
        end_1: disconnect(),
    }
}

pub(super) fn type_get_metric_data() -> NewFlow {
    flow! {
        subject_0: get_metrics().then(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: get_metrics().queue(Queue::named("thing")).then(end_1).on_error(end_1),
        end_1: disconnect(),
        subject_2: get_metrics().queue(Agent::named("thing")).then(end_2).on_error(end_2),
        end_2: disconnect(),
        subject_3: get_metrics().queue_channel(QueueChannel::Voice).then(end_3).on_error(end_3),
        end_3: disconnect(),
        subject_4: get_metrics().queue(Queue::named("nothing")).then(end_4).on_error(end_4),
        end_4: disconnect(),
        subject_5: get_metrics().queue(Agent::named("nothing")).then(end_5).on_error(end_5),
        end_5: disconnect(),
    }
}

pub(super) fn type_get_participant_input() -> NewFlow {
    flow! {
        subject_0: Ask::new()
            .seconds(1)
            .on("0", end_0)
            .on("1", end_0)
            .on("2", end_0)
            .on("3", end_0)
            .on("4", end_0)
            .on("5", end_0)
            .on("6", end_0)
            .on("7", end_0)
            .on("8", end_0)
            .on("9", end_0)
            .on("*", end_0)
            .on("#", end_0)
            .no_match(end_0)
            .timeout(end_0)
            .on_error(end_0),
        end_0: disconnect(),
        subject_1: ask(attribute("subject"))
            .seconds(1)
            .on("0", end_1)
            .on("1", end_1)
            .on("2", end_1)
            .on("3", end_1)
            .on("4", end_1)
            .on("5", end_1)
            .on("6", end_1)
            .on("7", end_1)
            .on("8", end_1)
            .on("9", end_1)
            .on("*", end_1)
            .on("#", end_1)
            .no_match(end_1)
            .timeout(end_1)
            .on_error(end_1),
        end_1: disconnect(),
        subject_2: ask(ssml(attribute("subject")))
            .seconds(1)
            .on("0", end_2)
            .on("1", end_2)
            .on("2", end_2)
            .on("3", end_2)
            .on("4", end_2)
            .on("5", end_2)
            .on("6", end_2)
            .on("7", end_2)
            .on("8", end_2)
            .on("9", end_2)
            .on("*", end_2)
            .on("#", end_2)
            .no_match(end_2)
            .timeout(end_2)
            .on_error(end_2),
        end_2: disconnect(),
        subject_3: ask(Prompt::named("thing"))
            .seconds(1)
            .on("0", end_3)
            .on("1", end_3)
            .on("2", end_3)
            .on("3", end_3)
            .on("4", end_3)
            .on("5", end_3)
            .on("6", end_3)
            .on("7", end_3)
            .on("8", end_3)
            .on("9", end_3)
            .on("*", end_3)
            .on("#", end_3)
            .no_match(end_3)
            .timeout(end_3)
            .on_error(end_3),
        end_3: disconnect(),
        subject_4: ask(media(json!({"Uri": "$.Attributes.subject", "SourceType": "S3", "MediaType": "Audio"})))
            .seconds(1)
            .on("0", end_4)
            .on("1", end_4)
            .on("2", end_4)
            .on("3", end_4)
            .on("4", end_4)
            .on("5", end_4)
            .on("6", end_4)
            .on("7", end_4)
            .on("8", end_4)
            .on("9", end_4)
            .on("*", end_4)
            .on("#", end_4)
            .no_match(end_4)
            .timeout(end_4)
            .on_error(end_4),
        end_4: disconnect(),
        subject_5: AskForInput::new()
            .seconds(1)
            .phone_number_validation(json!({"NumberFormat": "E164"}))
            .then(end_5)
            .on_invalid_phone_number(end_5)
            .on_error(end_5),
        end_5: disconnect(),
        subject_6: Ask::new()
            .seconds(1)
            .input_encryption(json!({"EncryptionKeyId": "x"}))
            .on("0", end_6)
            .on("1", end_6)
            .on("2", end_6)
            .on("3", end_6)
            .on("4", end_6)
            .on("5", end_6)
            .on("6", end_6)
            .on("7", end_6)
            .on("8", end_6)
            .on("9", end_6)
            .on("*", end_6)
            .on("#", end_6)
            .no_match(end_6)
            .timeout(end_6)
            .on_error(end_6),
        end_6: disconnect(),
        subject_7: Ask::new()
            .seconds(1)
            .dtmf_configuration(json!({"InputTerminationSequence": "99"}))
            .on("0", end_7)
            .on("1", end_7)
            .on("2", end_7)
            .on("3", end_7)
            .on("4", end_7)
            .on("5", end_7)
            .on("6", end_7)
            .on("7", end_7)
            .on("8", end_7)
            .on("9", end_7)
            .on("*", end_7)
            .on("#", end_7)
            .no_match(end_7)
            .timeout(end_7)
            .on_error(end_7),
        end_7: disconnect(),
        subject_8: buffer_keys(true).input_time_limit_seconds(1).store_input(false).then(end_8).on_error(end_8),
        end_8: disconnect(),
        subject_9: ask(Prompt::named("nothing"))
            .seconds(1)
            .on("0", end_9)
            .on("1", end_9)
            .on("2", end_9)
            .on("3", end_9)
            .on("4", end_9)
            .on("5", end_9)
            .on("6", end_9)
            .on("7", end_9)
            .on("8", end_9)
            .on("9", end_9)
            .on("*", end_9)
            .on("#", end_9)
            .no_match(end_9)
            .timeout(end_9)
            .on_error(end_9),
        end_9: disconnect(),
        subject_10: Ask::new()
            .seconds(1)
            .on("1", end_10)
            .on("2", end_10)
            .on("3", end_10)
            .on("4", end_10)
            .on("5", end_10)
            .on("6", end_10)
            .on("7", end_10)
            .on("8", end_10)
            .on("9", end_10)
            .on("*", end_10)
            .on("#", end_10)
            .no_match(end_10)
            .timeout(end_10)
            .on_error(end_10),
        end_10: disconnect(),
    }
}

pub(super) fn type_invoke_flow_module() -> NewFlow {
    flow! {
        subject_0: invoke_module(Module::named("thing"))
            .on("Alpha", end_0)
            .on("Beta", end_0)
            .then(end_0)
            .no_match(end_0)
            .on_error(end_0),
        end_0: disconnect(),
        subject_1: invoke_module(Module::named("nothing"))
            .on("Alpha", end_1)
            .on("Beta", end_1)
            .then(end_1)
            .no_match(end_1)
            .on_error(end_1),
        end_1: disconnect(),
    }
}

pub(super) fn type_invoke_lambda_function() -> NewFlow {
    flow! {
        subject_0: invoke(Function::named("thing")).seconds(1).then(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: invoke(Function::named("thing")).seconds(1).then(end_1).on_error(end_1),
        end_1: disconnect(),
        subject_2: invoke(Function::named("thing"))
            .seconds(1)
            .input([("k", attribute("subject"))])
            .then(end_2)
            .on_error(end_2),
        end_2: disconnect(),
        subject_3: invoke(Function::named("thing"))
            .seconds(1)
            .response_validation(json!({"ResponseType": "JSON"}))
            .then(end_3)
            .on_error(end_3),
        end_3: disconnect(),
        subject_4: invoke(Function::named("nothing")).seconds(1).then(end_4).on_error(end_4),
        end_4: disconnect(),
        subject_5: invoke(Function::named("nothing")).seconds(1).then(end_5).on_error(end_5),
        end_5: disconnect(),
        subject_6: invoke(Function::named("nothing"))
            .seconds(1)
            .input([("k", attribute("subject"))])
            .then(end_6)
            .on_error(end_6),
        end_6: disconnect(),
        subject_7: invoke(Function::named("nothing"))
            .seconds(1)
            .response_validation(json!({"ResponseType": "JSON"}))
            .then(end_7)
            .on_error(end_7),
        end_7: disconnect(),
    }
}

pub(super) fn type_list_data_table_values() -> NewFlow {
    flow! {
        subject_0: list_data_table_values()
            .data_table_id(attribute("subject"))
            .primary_key_groups(["k"])
            .then(end_0)
            .on_error(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_load_contact_content() -> NewFlow {
    flow! {
        subject_0: load_contact_content(ContentType::EmailMessage).then(end_0).on_error(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_loop() -> NewFlow {
    flow! {
        subject_0: repeat(attribute("subject")).looping(end_0).complete(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: repeat(attribute("subject")).name("1").looping(end_1).complete(end_1).on_error(end_1),
        end_1: disconnect(),
    }
}

pub(super) fn type_message_participant() -> NewFlow {
    flow! {
        subject_0: say(attribute("subject")).then(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: say(ssml(attribute("subject"))).then(end_1).on_error(end_1),
        end_1: disconnect(),
        subject_2: say(Prompt::named("thing")).then(end_2).on_error(end_2),
        end_2: disconnect(),
        subject_3: say(media(json!({"Uri": "$.Attributes.subject", "SourceType": "S3", "MediaType": "Audio"})))
            .then(end_3)
            .on_error(end_3),
        end_3: disconnect(),
        subject_4: MessageParticipant::new().message_template(json!({"k": "x"})).then(end_4).on_error(end_4),
        end_4: disconnect(),
        subject_5: say(attribute("subject"))
            .then(end_5)
            .on_error(end_5)
            .raw()
            .parameter("SkipWhenDTMFBufferEnabled", json!("true")),
        end_5: disconnect(),
        subject_6: say(Prompt::named("nothing")).then(end_6).on_error(end_6),
        end_6: disconnect(),
    }
}

pub(super) fn type_message_participant_iteratively() -> NewFlow {
    flow! {
        subject_0: loop_prompts([Speech::from(attribute("subject"))]).interrupted(end_0).then(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: loop_prompts([Speech::from(attribute("subject"))])
            .interrupt_frequency_seconds(1)
            .interrupted(end_1)
            .then(end_1)
            .on_error(end_1),
        end_1: disconnect(),
        subject_2: loop_prompts([Speech::from(attribute("subject"))])
            .continue_messaging_during_interrupt(true)
            .interrupted(end_2)
            .then(end_2)
            .on_error(end_2),
        end_2: disconnect(),
    }
}

pub(super) fn type_render_message_template() -> NewFlow {
    flow! {
        subject_0: render_message_template().then(end_0).on_template_rendering_error(end_0).on_error(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_resume_contact() -> NewFlow {
    flow! {
        subject_0: resume_contact().then(end_0).on_error(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_show_view() -> NewFlow {
    flow! {
        subject_0: show_view(View::named("thing"))
            .seconds(attribute("subject"))
            .on("Alpha", end_0)
            .on("Beta", end_0)
            .no_match(end_0)
            .timeout(end_0)
            .on_error(end_0),
        end_0: disconnect(),
        subject_1: show_view(View::named("thing"))
            .seconds(attribute("subject"))
            .view_data([("k", attribute("subject"))])
            .on("Alpha", end_1)
            .on("Beta", end_1)
            .no_match(end_1)
            .timeout(end_1)
            .on_error(end_1),
        end_1: disconnect(),
        subject_2: show_view(View::named("thing"))
            .seconds(attribute("subject"))
            .sensitive_data_configuration(json!({"HideResponseOn": "x"}))
            .on("Alpha", end_2)
            .on("Beta", end_2)
            .no_match(end_2)
            .timeout(end_2)
            .on_error(end_2),
        end_2: disconnect(),
        subject_3: show_view(View::named("nothing"))
            .seconds(attribute("subject"))
            .on("Alpha", end_3)
            .on("Beta", end_3)
            .no_match(end_3)
            .timeout(end_3)
            .on_error(end_3),
        end_3: disconnect(),
        subject_4: show_view(View::named("nothing"))
            .seconds(attribute("subject"))
            .view_data([("k", attribute("subject"))])
            .on("Alpha", end_4)
            .on("Beta", end_4)
            .no_match(end_4)
            .timeout(end_4)
            .on_error(end_4),
        end_4: disconnect(),
        subject_5: show_view(View::named("nothing"))
            .seconds(attribute("subject"))
            .sensitive_data_configuration(json!({"HideResponseOn": "x"}))
            .on("Alpha", end_5)
            .on("Beta", end_5)
            .no_match(end_5)
            .timeout(end_5)
            .on_error(end_5),
        end_5: disconnect(),
    }
}

pub(super) fn type_start_outbound_chat_contact() -> NewFlow {
    flow! {
        subject_0: start_outbound_chat_contact().then(end_0).on_error(end_0),
        end_0: disconnect(),
        subject_1: start_outbound_chat_contact().source_endpoint(json!({"Address": "x"})).then(end_1).on_error(end_1),
        end_1: disconnect(),
        subject_2: start_outbound_chat_contact()
            .destination_endpoint(json!({"Address": "x"}))
            .then(end_2)
            .on_error(end_2),
        end_2: disconnect(),
        subject_3: start_outbound_chat_contact().contact_flow(Flow::named("thing")).then(end_3).on_error(end_3),
        end_3: disconnect(),
        subject_4: start_outbound_chat_contact().contact_subtype("1").then(end_4).on_error(end_4),
        end_4: disconnect(),
        subject_5: start_outbound_chat_contact()
            .initial_system_message(json!({"Content": "x"}))
            .then(end_5)
            .on_error(end_5),
        end_5: disconnect(),
        subject_6: start_outbound_chat_contact().related_contact(RelatedContact::Current).then(end_6).on_error(end_6),
        end_6: disconnect(),
        subject_7: start_outbound_chat_contact().contact_flow(Flow::named("nothing")).then(end_7).on_error(end_7),
        end_7: disconnect(),
    }
}

pub(super) fn type_start_outbound_email_contact() -> NewFlow {
    flow! {
        subject_0: start_outbound_email_contact().then(end_0).on_error(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_start_voice_id_stream() -> NewFlow {
    flow! {
        subject_0: start_voice_id_stream().then(end_0).on_error(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_tag_contact() -> NewFlow {
    flow! {
        subject_0: tag_contact([("k", attribute("subject"))]).then(end_0).on_error(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_transfer_contact_to_agent() -> NewFlow {
    flow! {
        subject_0: transfer_to_agent(),
        end_0: disconnect(),
    }
}

pub(super) fn type_transfer_contact_to_queue() -> NewFlow {
    flow! {
        subject_0: transfer_to_queue().at_capacity(end_0).on_error(end_0),
        end_0: disconnect(),
    }
}

pub(super) fn type_transfer_participant_to_third_party() -> NewFlow {
    flow! {
        subject_0: transfer_to_phone_number(attribute("subject")).on_error(end_0),
        end_0: disconnect(),
        subject_1: transfer_to_phone_number(attribute("subject"))
            .continue_flow_execution()
            .then(end_1)
            .on_call_failed(end_1)
            .timeout(end_1)
            .on_error(end_1),
        end_1: disconnect(),
        subject_2: transfer_to_phone_number(attribute("subject")).seconds(attribute("subject")).on_error(end_2),
        end_2: disconnect(),
        subject_3: transfer_to_phone_number(attribute("subject")).digits(attribute("subject")).on_error(end_3),
        end_3: disconnect(),
        subject_4: transfer_to_phone_number(attribute("subject")).caller_id(json!({"Number": "x"})).on_error(end_4),
        end_4: disconnect(),
    }
}

pub(super) fn type_transfer_to_flow() -> NewFlow {
    flow! {
        subject_0: transfer_to_flow(Flow::named("thing")).on_error(end_0),
        end_0: disconnect(),
        subject_1: transfer_to_flow(Flow::named("nothing")).on_error(end_1),
        end_1: disconnect(),
    }
}

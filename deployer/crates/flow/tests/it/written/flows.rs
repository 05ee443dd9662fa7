// Written by `UPDATE_DOCS=1 cargo test -p deployer-flow --test it to_rust` with `deployer_flow::to_rust`.
#![cfg_attr(rustfmt, rustfmt_skip)]

use deployer_flow::build::*;
use deployer_flow::flow;
use serde_json::json;

pub(super) fn clean() -> NewFlow {
    flow! {
        hub: compare(attribute("way"))
            .when(equals("Ask"), ask_step)
            .when(equals("Number"), number)
            .when(equals("Bot"), bot)
            .when(equals("Out"), out)
            .when(equals("Queue"), queue)
            .when(equals("Open"), open)
            .when(equals("Staff"), staff)
            .when(equals("Priority"), priority)
            .when(equals("Function"), function)
            .when(equals("Tag"), tag)
            .when(equals("Loop"), loop_step)
            .when(equals("Share"), share)
            .when(equals("Note"), note)
            .when(equals("Data"), data)
            .when(equals("Hooks"), hooks)
            .when(equals("Remember"), remember)
            .when(equals("Log"), log)
            .when(equals("Say"), say_step)
            .no_match(bye),
        ask_step as "Ask": ask("1 or 2")
            .seconds(5)
            .on("1", say_step)
            .on("*", number)
            .next_action(number)
            .no_match(bye)
            .timeout(bye)
            .on_error(bye),
        say_step as "Say": say("Hello $.CustomerEndpoint.Address").then(bye).on_error(bye),
        bye: disconnect(),
        number: ask_for_input("Your number")
            .seconds(5)
            .phone_number_validation(json!({"NumberFormat": "E164"}))
            .then(bye)
            .on_invalid_phone_number(bye)
            .on_error(bye),
        bot: talk_to_bot()
            .speech("Talk to me")
            .lex_v2_bot(Bot::arn("arn:aws:lex:us-east-1:111122223333:bot-alias/A/B"))
            .on("Buy", say_step)
            .no_match(bye)
            .on_error(bye),
        out: transfer_to_phone_number("+15555550100")
            .continue_flow_execution()
            .then(bye)
            .on_call_failed(bye)
            .timeout(bye)
            .on_error(bye),
        queue: set_queue(Queue::arn("arn:aws:connect:us-east-1:111122223333:instance/i/queue/q"))
            .then(transfer)
            .on_error(bye),
        transfer: transfer_to_queue().at_capacity(bye).on_error(bye),
        open: check_hours()
            .hours(Hours::arn("arn:aws:connect:us-east-1:111122223333:instance/i/operating-hours/h"))
            .open(say_step)
            .closed(bye)
            .on_error(bye),
        staff: check_metric(MetricType::NumberOfAgentsStaffed)
            .when(greater_than(0), say_step)
            .no_match(bye)
            .on_error(bye),
        priority: set_routing_priority().queue_priority(1).then(bye),
        function: invoke(Function::arn("arn:aws:lambda:us-east-1:111122223333:function:convert"))
            .seconds(8)
            .input([("way", attribute("way"))])
            .then(which)
            .on_error(bye),
        which: compare(external("status")).when(equals("OK"), say_step).no_match(bye),
        tag: tag_contact([("a", "b")]).then(bye).on_error(bye),
        loop_step as "Loop": repeat(3).looping(say_step).complete(bye),
        share: distribute().when(less_than(51), say_step).when(less_than(101), bye).no_match(bye),
        note: set_flow_attributes([("a", jsonpath("$.Channel"))]).then(bye).on_error(bye),
        data: set_contact_data().language_code("en-US").then(bye).on_error(bye),
        hooks: set_event_hooks([(EventHooks::CustomerQueue, Flow::arn("arn:aws:connect:us-east-1:111122223333:instance/i/contact-flow/f"))])
            .then(bye)
            .on_error(bye),
        remember: set_attributes([("first name", jsonpath("$.Customer.['a b']"))]).then(bye).on_error(bye),
        log: set_logging(FlowLoggingBehavior::Enabled).then(bye),
    }
}

pub(super) fn odd() -> NewFlow {
    flow! {
        say_1 as "7d0c1f2e-1111-4222-8333-944455556660": say("Line\nbreak \"quoted\" \\ {} 'ä' $.Attributes.x")
            .then(say_2)
            .on_error(match_step),
        say_2 as "7d0c1f2e-1111-4222-8333-944455556661": say(ssml("<speak>$.External.a</speak>"))
            .then(h_ja)
            .on_error(match_step)
            .raw()
            .parameter("New", json!([1, null, true])),
        h_ja as "Äh, ja?": raw("FromTomorrow", json_text(r#"{"A":{"B":[{"n":0,"large":5000000000,"part":0.5},{"n":1,"large":5000000000,"part":0.5},{"n":2,"large":5000000000,"part":0.5},{"n":3,"large":5000000000,"part":0.5},{"n":4,"large":5000000000,"part":0.5},{"n":5,"large":5000000000,"part":0.5},{"n":6,"large":5000000000,"part":0.5},{"n":7,"large":5000000000,"part":0.5},{"n":8,"large":5000000000,"part":0.5},{"n":9,"large":5000000000,"part":0.5},{"n":10,"large":5000000000,"part":0.5},{"n":11,"large":5000000000,"part":0.5},{"n":12,"large":5000000000,"part":0.5},{"n":13,"large":5000000000,"part":0.5},{"n":14,"large":5000000000,"part":0.5},{"n":15,"large":5000000000,"part":0.5},{"n":16,"large":5000000000,"part":0.5},{"n":17,"large":5000000000,"part":0.5},{"n":18,"large":5000000000,"part":0.5},{"n":19,"large":5000000000,"part":0.5},{"n":20,"large":5000000000,"part":0.5},{"n":21,"large":5000000000,"part":0.5},{"n":22,"large":5000000000,"part":0.5},{"n":23,"large":5000000000,"part":0.5},{"n":24,"large":5000000000,"part":0.5},{"n":25,"large":5000000000,"part":0.5},{"n":26,"large":5000000000,"part":0.5},{"n":27,"large":5000000000,"part":0.5},{"n":28,"large":5000000000,"part":0.5},{"n":29,"large":5000000000,"part":0.5},{"n":30,"large":5000000000,"part":0.5},{"n":31,"large":5000000000,"part":0.5},{"n":32,"large":5000000000,"part":0.5},{"n":33,"large":5000000000,"part":0.5},{"n":34,"large":5000000000,"part":0.5},{"n":35,"large":5000000000,"part":0.5},{"n":36,"large":5000000000,"part":0.5},{"n":37,"large":5000000000,"part":0.5},{"n":38,"large":5000000000,"part":0.5},{"n":39,"large":5000000000,"part":0.5},{"n":40,"large":5000000000,"part":0.5},{"n":41,"large":5000000000,"part":0.5},{"n":42,"large":5000000000,"part":0.5},{"n":43,"large":5000000000,"part":0.5},{"n":44,"large":5000000000,"part":0.5},{"n":45,"large":5000000000,"part":0.5},{"n":46,"large":5000000000,"part":0.5},{"n":47,"large":5000000000,"part":0.5},{"n":48,"large":5000000000,"part":0.5},{"n":49,"large":5000000000,"part":0.5},{"n":50,"large":5000000000,"part":0.5},{"n":51,"large":5000000000,"part":0.5},{"n":52,"large":5000000000,"part":0.5},{"n":53,"large":5000000000,"part":0.5},{"n":54,"large":5000000000,"part":0.5},{"n":55,"large":5000000000,"part":0.5},{"n":56,"large":5000000000,"part":0.5},{"n":57,"large":5000000000,"part":0.5},{"n":58,"large":5000000000,"part":0.5},{"n":59,"large":5000000000,"part":0.5}]}}"#))
            .condition("Equals", "x", say_step)
            .then(match_step),
        say_step as "say": raw("GetParticipantInput", json!({"StoreInput": "maybe", "InputTimeLimitSeconds": "five"}))
            .error("NoMatchingError", match_step)
            .then(step_1st),
        step_1st as "1st": loop_prompts([Speech::from("a"), Speech::from(Ref::<Prompt>::from(attribute("p")))])
            .interrupted(say_step_2)
            .raw()
            .parameter("InterruptFrequencySeconds", json!("007")),
        say_step_2 as "Say": set_queue(Ref::<Agent>::from(jsonpath("$.Agent.ARN")))
            .then(say_goodbye)
            .on_error(match_step),
        say_goodbye as "say goodbye": distribute()
            .when(less_than(31), loop_step)
            .no_match(loop_step)
            .raw()
            .condition("Equals", "7", loop_step),
        loop_step as "Loop": repeat(3).name("rounds").looping(say_step).complete(end),
        end as "end": disconnect(),
        match_step as "match": compare(jsonpath("$.Attributes.['first name']"))
            .when(equals("a"), say_step)
            .next_action(say_step)
            .no_match(step_1st)
            .raw()
            .condition("Sounds", "b", say_step)
            .condition("NumberLessThan", "3", match_step)
            .error("New", say_step),
        twice: transfer_to_flow(Flow::id("f")).on_error(end).raw().error("NoMatchingError", say_step),
    }
    .of_type(deployer_flow::FlowType::CustomerQueue)
    .settings(json!({"Transitions": []}))
}

pub(super) fn old() -> NewFlow {
    flow! {
        it_0 as "it 0": say(ssml(external("speech"))).then(bye_0),
        bye_0 as "bye 0": disconnect(),
        it_1 as "it 1": ask("1 or 2").seconds(5).on("1", bye_1).no_match(bye_1).timeout(bye_1).on_error(bye_1),
        bye_1 as "bye 1": disconnect(),
        it_2 as "it 2": ask_for_input("Your number")
            .seconds(6)
            .phone_number_validation(json!({"NumberFormat": "Local", "CountryCode": "US"}))
            .then(bye_2)
            .on_invalid_phone_number(bye_2)
            .on_error(bye_2),
        bye_2 as "bye 2": disconnect(),
        it_3 as "it 3": ask_for_input("Your PIN")
            .seconds(6)
            .custom_validation(json!({"MaximumLength": "4"}))
            .input_encryption(json!({"EncryptionKeyId": "k", "Key": "pem"}))
            .dtmf_configuration(json!({"DisableCancelKey": "True"}))
            .then(bye_3)
            .on_error(bye_3),
        bye_3 as "bye 3": disconnect(),
        it_4 as "it 4": invoke(Function::named("get-user-data"))
            .seconds(3)
            .input([("who", jsonpath("$.CustomerEndpoint.Address"))])
            .then(bye_4)
            .on_error(bye_4),
        bye_4 as "bye 4": disconnect(),
        it_5 as "it 5": compare(jsonpath("$.Attributes.['first name']"))
            .when(starts_with("A"), bye_5)
            .when(at_least(5), bye_5)
            .no_match(bye_5),
        bye_5 as "bye 5": disconnect(),
        it_6 as "it 6": set_attributes([("a", "1")]).then(bye_6).on_error(bye_6),
        bye_6 as "bye 6": disconnect(),
        it_7 as "it 7": set_logging(FlowLoggingBehavior::Disabled).then(bye_7),
        bye_7 as "bye 7": disconnect(),
        it_8 as "it 8": set_recording(json!({"RecordedParticipants": ["Agent"]})).then(bye_8),
        bye_8 as "bye 8": disconnect(),
        it_9 as "it 9": set_media_streaming(MediaStreamingState::Enabled)
            .participants([json!({"ParticipantType": "Customer", "MediaDirections": ["From"]})])
            .media_stream_type(MediaStreamType::Audio)
            .then(bye_9)
            .on_error(bye_9),
        bye_9 as "bye 9": disconnect(),
        it_10 as "it 10": set_voice("Matthew").then(bye_10),
        bye_10 as "bye 10": disconnect(),
        it_11 as "it 11": set_queue(Queue::arn("arn:aws:connect:us-east-1:111122223333:instance/i/queue/q"))
            .then(bye_11)
            .on_error(bye_11),
        bye_11 as "bye 11": disconnect(),
        it_12 as "it 12": set_event_hooks([(EventHooks::CustomerQueue, Flow::arn("arn:aws:connect:us-east-1:111122223333:instance/i/contact-flow/f"))])
            .then(bye_12)
            .on_error(bye_12),
        bye_12 as "bye 12": disconnect(),
        it_13 as "it 13": set_callback_number(jsonpath("$.StoredCustomerInput"))
            .then(bye_13)
            .on_invalid_callback_number(bye_13)
            .on_callback_number_not_dialable(bye_13),
        bye_13 as "bye 13": disconnect(),
        it_14 as "it 14": set_routing_priority().queue_time_adjustment_seconds(600).then(bye_14),
        bye_14 as "bye 14": disconnect(),
        it_15 as "it 15": create_callback()
            .initial_call_delay_seconds(5)
            .maximum_connection_attempts(2)
            .retry_delay_seconds(600)
            .then(bye_15)
            .on_error(bye_15),
        bye_15 as "bye 15": disconnect(),
        it_16 as "it 16": transfer_to_queue().at_capacity(bye_16).on_error(bye_16),
        bye_16 as "bye 16": disconnect(),
        it_17 as "it 17": transfer_to_flow(Flow::arn("arn:aws:connect:us-east-1:111122223333:instance/i/contact-flow/f"))
            .on_error(bye_17),
        bye_17 as "bye 17": disconnect(),
        it_18 as "it 18": transfer_to_phone_number(external("to"))
            .seconds(30)
            .continue_flow_execution()
            .then(bye_18)
            .on_call_failed(bye_18)
            .timeout(bye_18)
            .on_error(bye_18),
        bye_18 as "bye 18": disconnect(),
        it_19 as "it 19": check_hours()
            .hours(Hours::named("office-hours"))
            .open(bye_19)
            .closed(bye_19)
            .on_error(bye_19),
        bye_19 as "bye 19": disconnect(),
        it_20 as "it 20": check_metric(MetricType::NumberOfAgentsOnline)
            .when(greater_than(0), bye_20)
            .no_match(bye_20)
            .on_error(bye_20),
        bye_20 as "bye 20": disconnect(),
        it_21 as "it 21": check_metric(MetricType::OldestContactInQueueAgeSeconds)
            .when(less_than(300000), bye_21)
            .no_match(bye_21)
            .on_error(bye_21),
        bye_21 as "bye 21": disconnect(),
        it_22 as "it 22": distribute().when(less_than(21), bye_22).when(less_than(51), bye_22).no_match(bye_22),
        bye_22 as "bye 22": disconnect(),
        it_23 as "it 23": repeat(3).looping(bye_23).complete(bye_23),
        bye_23 as "bye 23": disconnect(),
        it_24 as "it 24": wait(60).completed(bye_24).on_error(bye_24),
        bye_24 as "bye 24": disconnect(),
        it_25 as "it 25": end_flow(),
        bye_25 as "bye 25": disconnect(),
        it_26 as "it 26": talk_to_bot()
            .speech("Talk")
            .lex_bot(json!({"Name": "Order", "Region": "us-east-1", "Alias": "live"}))
            .on("Buy", bye_26)
            .no_match(bye_26)
            .on_error(bye_26),
        bye_26 as "bye 26": disconnect(),
        it_27 as "it 27": loop_prompts([Speech::from("Please hold"), Speech::from(Prompt::named("hold"))])
            .then(bye_27)
            .on_error(bye_27),
        bye_27 as "bye 27": disconnect(),
        it_28 as "it 28": transfer_to_agent(),
        bye_28 as "bye 28": disconnect(),
        it_29 as "it 29": transfer_to_queue().at_capacity(bye_29).on_error(bye_29),
        bye_29 as "bye 29": disconnect(),
        it_30 as "it 30": set_attributes([("Tier", external("tier"))]).then(bye_30).on_error(bye_30),
        bye_30 as "bye 30": disconnect(),
        it_31 as "it 31": get_metrics().then(bye_31).on_error(bye_31),
        bye_31 as "bye 31": disconnect(),
        it_32 as "it 32": get_metrics()
            .queue(Queue::arn("arn:aws:connect:us-east-1:111122223333:instance/i/queue/q"))
            .queue_channel(QueueChannel::Voice)
            .then(bye_32)
            .on_error(bye_32),
        bye_32 as "bye 32": disconnect(),
        it_33 as "it 33": set_voice("Amy").engine("Neural").style("Conversational").then(bye_33),
        bye_33 as "bye 33": disconnect(),
        it_34 as "it 34": set_recording(json!({"RecordedParticipants": ["Agent", "Customer"]}))
            .analytics_behavior(json!({"Enabled": "True", "AnalyticsLanguage": "de-DE", "AnalyticsRedactionBehavior": "Enabled", "AnalyticsRedactionResults": "RedactedOnly", "ChannelConfiguration": {"Chat": {"AnalyticsModes": []}, "Voice": {"AnalyticsModes": ["PostContact"]}}}))
            .then(bye_34),
        bye_34 as "bye 34": disconnect(),
        it_35 as "it 35": loop_prompts([Speech::from("Hold")]).interrupt_frequency_seconds(45).interrupted(bye_35),
        bye_35 as "bye 35": disconnect(),
        it_36 as "it 36": wait(300).completed(bye_36).on_customer_returned(bye_36).on_error(bye_36),
        bye_36 as "bye 36": disconnect(),
        it_37 as "it 37": ask_for_input("Your number")
            .seconds(5)
            .custom_validation(json!({"MaximumLength": "4"}))
            .then(bye_37)
            .on_error(bye_37),
        bye_37 as "bye 37": disconnect(),
    }
}

pub(super) fn shipped() -> NewFlow {
    flow! {
        turn_logging_on: set_logging(FlowLoggingBehavior::Enabled).then(choose_the_voice),
        choose_the_voice: set_voice("Joanna").engine("Neural").style("None").then(greet).on_error(greet),
        greet: say("Welcome to Vanity Numbers. One moment, please, while I look for words in your telephone number.")
            .then(stop_logging)
            .on_error(stop_logging),
        stop_logging: set_logging(FlowLoggingBehavior::Disabled).then(find_words),
        find_words: invoke(Function::named("convert")).seconds(8).then(what_was_found).on_error(log_the_failure),
        what_was_found: compare(external("status"))
            .when(equals("OK"), speak_the_numbers)
            .when(equals("NO_CALLER_ID"), say_no_caller_id)
            .when(equals("NO_LETTERS"), say_no_letters)
            .when(equals("INVALID_NUMBER"), say_invalid_number)
            .no_match(log_the_failure),
        speak_the_numbers: say(ssml(external("speech"))).then(offer_to_repeat).on_error(speak_without_markup),
        offer_to_repeat: ask("To hear them again, press 1.")
            .seconds(5)
            .on("1", speak_the_numbers)
            .timeout(log_again)
            .no_match(log_again)
            .on_error(log_again),
        log_again: set_logging(FlowLoggingBehavior::Enabled).then(say_goodbye),
        say_goodbye: say("Thank you for calling. Goodbye.").then(hang_up).on_error(hang_up),
        hang_up: disconnect(),
        speak_without_markup: say(external("text")).then(offer_to_repeat).on_error(log_the_failure),
        log_the_failure: set_logging(FlowLoggingBehavior::Enabled).then(apologise),
        apologise: say("I am sorry, something went wrong on our side. Please call again later.")
            .then(hang_up)
            .on_error(hang_up),
        say_no_caller_id: say("I cannot see your telephone number, because it is withheld. Please call again with your number shown.")
            .then(log_again)
            .on_error(log_again),
        say_no_letters: say("I am sorry, your telephone number has no keys with letters that I could make words of.")
            .then(log_again)
            .on_error(log_again),
        say_invalid_number: say("I am sorry, I do not understand the telephone number you are calling from.")
            .then(log_again)
            .on_error(log_again),
    }
}

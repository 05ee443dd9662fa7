// Written by `UPDATE_DOCS=1 cargo test -p deployer-flow --test it builder` from the declarations in `src/actions/`.

//! Actions whose type begins with A to C.

use serde_json::Value;

use super::options::*;
use crate::build::macros::action;
use crate::build::references::*;
use crate::build::values::*;

action! {
    "`AssociateContactToCustomerProfile`, the block \"Customer profiles\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/interactions-associatecontacttocustomerprofile.html))."
    "associate_contact_to_customer_profile([(\"name\", \"…\")]).then(end).on_error(end)"
    AssociateContactToCustomerProfile: AssociateContactToCustomerProfile, associate_contact_to_customer_profile (profile_request_data: Entries) [OnError Then]
    needs [ProfileRequestData OnError Then]
    fixed []
    profile_request_data [once ProfileRequestData] [] [set "ProfileRequestData" Entries];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`AuthenticateParticipant`, the block \"Authenticate Customer\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/adminguide/authenticate-customer.html))."
    "authenticate_participant().then(end).timeout(end).on_error(end)"
    AuthenticateParticipant: AuthenticateParticipant, authenticate_participant () [OnError Timeout Then]
    needs [OnError Timeout Then]
    fixed []
    cognito_configuration [free] [] [set "CognitoConfiguration" Value];
    customer_profiles_configuration [free] [] [set "CustomerProfilesConfiguration" Value];
    time_limit_minutes [free] [] [set "TimeLimitMinutes" WholeOrAttribute];
    on_opted_out [free] [] [operand "OptedOut"];
    on [free] [] [on];
    on_error [once OnError] [] [error NoMatchingError];
    timeout [once Timeout] [] [error TimeLimitExceeded];
    then [once Then] [] [next];
}

action! {
    "`CheckHoursOfOperation`, the block \"Check hours of operation\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/flow-control-actions-checkhoursofoperation.html))."
    "check_hours().on_error(end).closed(end).open(end)"
    CheckHoursOfOperation: CheckHoursOfOperation, check_hours () [Open Closed OnError]
    needs [Open Closed OnError]
    fixed []
    hours [free] [] [set "HoursOfOperationId" Ref<Hours>];
    open [once Open] [] [operand "True"];
    closed [once Closed] [] [operand "False"];
    on_error [once OnError] [] [error NoMatchingError];
    next_action [free] [] [unused];
}

action! {
    "`CheckMetricData`, the block \"Check staffing / Check queue status\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/flow-control-actions-checkmetricdata.html))."
    "check_metric(MetricType::NumberOfAgentsAvailable).no_match(end).on_error(end).when(greater_than(0), end)"
    CheckMetricData: CheckMetricData, check_metric (metric: MetricType) [When OnError NoMatch]
    needs [Metric When OnError NoMatch]
    fixed []
    metric [once Metric] [] [set "MetricType" MetricType];
    queue [free] [] [set "QueueId" QueueOrAgent];
    when [again When] [] [compare NumberComparison];
    on_error [once OnError] [] [error NoMatchingError];
    no_match [once NoMatch] [] [error NoMatchingCondition];
    next_action [free] [] [unused];
}

action! {
    "`CheckOutboundCallStatus`, the block \"Check call progress\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/flow-control-actions-checkoutboundcallstatus.html))."
    "check_outbound_call_status().then(end).on_error(end)"
    CheckOutboundCallStatus: CheckOutboundCallStatus, check_outbound_call_status () [OnError Then]
    needs [OnError Then]
    fixed []
    on_call_answered [free] [] [operand "CallAnswered"];
    on_voicemail_beep [free] [] [operand "VoicemailBeep"];
    on_voicemail_no_beep [free] [] [operand "VoicemailNoBeep"];
    on_not_detected [free] [] [operand "NotDetected"];
    on [free] [] [on];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`CheckVoiceId`, the block \"Check Voice ID\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/flow-control-actions-checkvoiceid.html))."
    "check_voice_id(CheckVoiceIdOption::EnrollmentStatus).then(end).on_error(end)"
    CheckVoiceId: CheckVoiceId, check_voice_id (check_voice_id_option: CheckVoiceIdOption) [OnError Then]
    needs [CheckVoiceIdOption OnError Then]
    fixed []
    check_voice_id_option [once CheckVoiceIdOption] [] [set "CheckVoiceIdOption" CheckVoiceIdOption];
    on_enrolled [free] [] [operand "Enrolled"];
    on_not_enrolled [free] [] [operand "NotEnrolled"];
    on_opted_out [free] [] [operand "OptedOut"];
    on_authenticated [free] [] [operand "Authenticated"];
    on_not_authenticated [free] [] [operand "NotAuthenticated"];
    on_inconclusive [free] [] [operand "Inconclusive"];
    on_high_risk [free] [] [operand "HighRisk"];
    on_low_risk [free] [] [operand "LowRisk"];
    on [free] [] [on];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`Compare`, the block \"Check contact attributes\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/flow-control-actions-compare.html))."
    "compare(attribute(\"name\")).no_match(end)"
    Compare: Compare, compare (value: Attribute) [NoMatch]
    needs [Value NoMatch]
    fixed []
    value [once Value] [] [set "ComparisonValue" Attribute];
    when [free] [] [compare Comparison];
    no_match [once NoMatch] [] [error NoMatchingCondition];
    next_action [free] [] [unused];
}

action! {
    "`CompleteOutboundCall`, the block \"Call phone number\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/contact-actions-completeoutboundcall.html))."
    "complete_outbound_call().then(end)"
    CompleteOutboundCall: CompleteOutboundCall, complete_outbound_call () [Then]
    needs [Then]
    fixed []
    caller_id [free] [] [set "CallerId" Value];
    voice_connector [free] [] [set "VoiceConnector" Value];
    seconds [free] [] [set "ConnectionTimeLimitSeconds" WholeOrAttribute];
    then [once Then] [] [next];
}

action! {
    "`ConnectParticipantWithAgenticCX`, the block \"Agentic CX\"."
    "connect_participant_with_agentic_cx(json!({})).timeout(end).no_match(end).on_error(end)"
    ConnectParticipantWithAgenticCX: ConnectParticipantWithAgenticCX, connect_participant_with_agentic_cx (agent_configuration: Value) [OnError NoMatch Timeout]
    needs [AgentConfiguration OnError NoMatch Timeout]
    fixed []
    agent_configuration [once AgentConfiguration] [] [set "AgentConfiguration" Value];
    speech_recognition_configuration [free] [] [set "SpeechRecognitionConfiguration" Value];
    audio_filler_configuration [free] [] [set "AudioFillerConfiguration" Value];
    on_escalation [free] [] [operand "Escalation"];
    on [free] [] [on];
    on_error [once OnError] [] [error NoMatchingError];
    no_match [once NoMatch] [] [error NoMatchingCondition];
    timeout [once Timeout] [] [error InputTimeLimitExceeded];
    next_action [free] [] [unused];
}

action! {
    "`ConnectParticipantWithLexBot`, the block \"Get customer input (Amazon Lex)\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/participant-actions-connectparticipantwithlexbot.html))."
    "talk_to_bot().no_match(end).on_error(end).lex_v2_bot(Bot::named(\"…\")).speech(\"…\")"
    ConnectParticipantWithLexBot: ConnectParticipantWithLexBot, talk_to_bot () [SpeechOrLexInitializationData LexV2BotOrLexBot OnError NoMatch]
    needs [SpeechOrLexInitializationData LexV2BotOrLexBot OnError NoMatch]
    fixed []
    speech [again SpeechOrLexInitializationData] [] [set "Text" Speech];
    lex_v2_bot [once LexV2BotOrLexBot] [] [set "LexV2Bot" ByAliasArn<Bot>];
    lex_bot [once LexV2BotOrLexBot] [] [set "LexBot" Value];
    lex_session_attributes [free] [] [set "LexSessionAttributes" Entries];
    lex_initialization_data [again SpeechOrLexInitializationData] [] [set "LexInitializationData" Value];
    lex_timeout_seconds [free] [] [set "LexTimeoutSeconds" Value];
    on [free] [] [on];
    on_error [once OnError] [] [error NoMatchingError];
    no_match [once NoMatch] [] [error NoMatchingCondition];
    timeout [free] [] [error InputTimeLimitExceeded];
    next_action [free] [] [unused];
}

action! {
    "`CreateCallbackContact`, the block \"Transfer to queue (callback)\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/interactions-createcallbackcontact.html))."
    "create_callback().then(end).on_error(end).retry_delay_seconds(5).maximum_connection_attempts(5).initial_call_delay_seconds(5)"
    CreateCallbackContact: CreateCallbackContact, create_callback () [InitialCallDelaySeconds MaximumConnectionAttempts RetryDelaySeconds OnError Then]
    needs [InitialCallDelaySeconds MaximumConnectionAttempts RetryDelaySeconds OnError Then]
    fixed []
    queue [free] [] [set "QueueId" QueueOrAgent];
    initial_call_delay_seconds [once InitialCallDelaySeconds] [] [set "InitialCallDelaySeconds" Whole];
    maximum_connection_attempts [once MaximumConnectionAttempts] [] [set "MaximumConnectionAttempts" Whole];
    retry_delay_seconds [once RetryDelaySeconds] [] [set "RetryDelaySeconds" Whole];
    contact_flow [free] [] [set "ContactFlowId" Ref<Flow>];
    caller_id [free] [] [set "CallerId" TextOrAttribute];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`CreateCase`, the block \"Cases\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/createcase.html))."
    "create_case().then(end).on_error(end)"
    CreateCase: CreateCase, create_case () [OnError Then]
    needs [OnError Then]
    fixed []
    link_contact_to_case [free] [OnContactNotLinked] [fix "LinkContactToCase" "true"];
    case_template [free] [] [set "CaseTemplateId" Ref<CaseTemplate>];
    case_request_fields [free] [] [set "CaseRequestFields" Entries];
    contact_to_link [free] [] [set "ContactToLink" TextOrAttribute];
    on_error [once OnError] [] [error NoMatchingError];
    on_contact_not_linked [once OnContactNotLinked] [] [error ContactNotLinked];
    then [once Then] [] [next];
}

action! {
    "`CreateContact`, the block \"(undocumented)\"."
    "create_contact().then(end).on_error(end)"
    CreateContact: CreateContact, create_contact () [OnError Then]
    needs [OnError Then]
    fixed []
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`CreateCustomerProfile`, the block \"Customer profiles\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/interactions-createcustomerprofile.html))."
    "create_customer_profile([(\"name\", \"…\")]).then(end).on_error(end)"
    CreateCustomerProfile: CreateCustomerProfile, create_customer_profile (profile_request_data: Entries) [OnError Then]
    needs [ProfileRequestData OnError Then]
    fixed []
    profile_request_data [once ProfileRequestData] [] [set "ProfileRequestData" Entries];
    profile_response_data [free] [] [set "ProfileResponseData" List];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`CreatePersistentContactAssociation`, the block \"Create persistent contact association\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/adminguide/create-persistent-contact-association-block.html))."
    "create_persistent_contact_association().then(end).on_error(end).source_contact_id(\"…\").rehydration_type(RehydrationType::EntirePastSession)"
    CreatePersistentContactAssociation: CreatePersistentContactAssociation, create_persistent_contact_association () [RehydrationType SourceContactId OnError Then]
    needs [RehydrationType SourceContactId OnError Then]
    fixed []
    rehydration_type [once RehydrationType] [] [set "RehydrationType" RehydrationType];
    source_contact_id [once SourceContactId] [] [set "SourceContactId" TextOrAttribute];
    client_token [free] [] [set "ClientToken" Text];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`CreateTask`, the block \"Create task\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/createtask.html))."
    "create_task(\"…\").then(end).on_error(end)"
    CreateTask: CreateTask, create_task (name: Text) [OnError Then]
    needs [Name OnError Then]
    fixed []
    name [once Name] [] [set "Name" Text];
    contact_flow [free] [] [set "ContactFlowId" Ref<Flow>];
    task_template [free] [] [set "TaskTemplateId" Ref<TaskTemplate>];
    description [free] [] [set "Description" Text];
    attributes [free] [] [set "Attributes" Entries];
    references [free] [] [set "References" Entries];
    delay_seconds [free] [] [set "DelaySeconds" Whole];
    scheduled_time [free] [] [set "ScheduledTime" TextOrAttribute];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`CreateWisdomSession`, the block \"Connect assistant (Wisdom)\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/createwisdomsession.html))."
    "create_wisdom_session(Assistant::id(\"…\")).then(end).on_error(end)"
    CreateWisdomSession: CreateWisdomSession, create_wisdom_session (wisdom_assistant: Ref<Assistant>) [OnError Then]
    needs [WisdomAssistant OnError Then]
    fixed []
    wisdom_assistant [once WisdomAssistant] [] [set "WisdomAssistantArn" Ref<Assistant>];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

// Written by `UPDATE_DOCS=1 cargo test -p deployer-flow --test it builder` from the declarations in `src/actions/`.

//! Actions whose type begins with U to Z.

use serde_json::Value;

use super::options::*;
use crate::build::macros::action;
use crate::build::references::*;
use crate::build::values::*;

action! {
    "`UntagContact`, the block \"Contact tags\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/contact-actions-untagcontact.html))."
    "untag_contact([\"…\"]).then(end).on_error(end)"
    UntagContact: UntagContact, untag_contact (tag_keys: List) [OnError Then]
    needs [TagKeys OnError Then]
    fixed []
    tag_keys [once TagKeys] [] [set "TagKeys" List];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`UpdateCase`, the block \"Cases\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/updatecase.html))."
    "update_case().then(end).on_error(end)"
    UpdateCase: UpdateCase, update_case () [OnError Then]
    needs [OnError Then]
    fixed []
    link_contact_to_case [free] [OnContactNotLinked] [fix "LinkContactToCase" "true"];
    case_id [free] [] [set "CaseId" TextOrAttribute];
    case_request_fields [free] [] [set "CaseRequestFields" Entries];
    on_error [once OnError] [] [error NoMatchingError];
    on_contact_not_linked [once OnContactNotLinked] [] [error ContactNotLinked];
    then [once Then] [] [next];
}

action! {
    "`UpdateContactAttributes`, the block \"Set contact attributes\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/contact-actions-updatecontactattributes.html))."
    "set_attributes([(\"name\", \"…\")]).then(end).on_error(end)"
    UpdateContactAttributes: UpdateContactAttributes, set_attributes (attributes: Entries) [OnError Then]
    needs [Attributes OnError Then]
    fixed []
    attributes [once Attributes] [] [set "Attributes" Entries];
    target_contact [free] [] [set "TargetContact" TargetContact];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`UpdateContactCallbackNumber`, the block \"Set callback number\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/contact-actions-updatecontactcallbacknumber.html))."
    "set_callback_number(attribute(\"name\")).then(end).on_callback_number_not_dialable(end).on_invalid_callback_number(end)"
    UpdateContactCallbackNumber: UpdateContactCallbackNumber, set_callback_number (number: Attribute) [OnInvalidCallbackNumber OnCallbackNumberNotDialable Then]
    needs [Number OnInvalidCallbackNumber OnCallbackNumberNotDialable Then]
    fixed []
    number [once Number] [] [set "CallbackNumber" Attribute];
    on_invalid_callback_number [once OnInvalidCallbackNumber] [] [error InvalidCallbackNumber];
    on_callback_number_not_dialable [once OnCallbackNumberNotDialable] [] [error CallbackNumberNotDialable];
    then [once Then] [] [next];
}

action! {
    "`UpdateContactData`, the block \"Set contact attributes / Set Voice ID / Set language\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/contact-actions-updatecontactdata.html))."
    "set_contact_data().then(end).on_error(end)"
    UpdateContactData: UpdateContactData, set_contact_data () [OnError Then]
    needs [OnError Then]
    fixed []
    name [free] [] [set "Name" Text];
    description [free] [] [set "Description" Text];
    language_code [free] [] [set "LanguageCode" TextOrAttribute];
    customer_id [free] [] [set "CustomerId" Text];
    references [free] [] [set "References" Entries];
    wisdom_session_arn [free] [] [set "WisdomSessionArn" TextOrAttribute];
    is_voice_id_streaming_enabled [free] [] [set "IsVoiceIdStreamingEnabled" Constant];
    is_voice_authentication_enabled [free] [] [set "IsVoiceAuthenticationEnabled" Constant];
    is_fraud_detection_enabled [free] [] [set "IsFraudDetectionEnabled" Constant];
    voice_authentication_threshold [free] [] [set "VoiceAuthenticationThreshold" WholeOrAttribute];
    voice_authentication_response_time [free] [] [set "VoiceAuthenticationResponseTime" WholeOrAttribute];
    fraud_detection_threshold [free] [] [set "FraudDetectionThreshold" WholeOrAttribute];
    watchlist_id [free] [] [set "WatchlistId" TextOrAttribute];
    target_contact [free] [] [set "TargetContact" TargetContact];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`UpdateContactEventHooks`, the block \"Set whisper / hold / customer queue / disconnect flow\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/contact-actions-updatecontacteventhooks.html))."
    "set_event_hooks([(EventHooks::AgentHold, Flow::named(\"…\"))]).then(end).on_error(end)"
    UpdateContactEventHooks: UpdateContactEventHooks, set_event_hooks (event_hooks: Hooks<EventHooks>) [(EventHooks) OnError Then]
    needs [EventHooks OnError Then]
    fixed []
    event_hooks [again EventHooks] [] [set "EventHooks" Hooks<EventHooks>];
    event_hooks_configuration [again EventHooks] [] [set "EventHooksConfiguration" Entries];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`UpdateContactMediaProcessing`, the block \"Set recording, analytics and processing behavior\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/contact-actions-updatecontactmediaprocessing.html))."
    "update_contact_media_processing(json!({})).then(end).on_error(end)"
    UpdateContactMediaProcessing: UpdateContactMediaProcessing, update_contact_media_processing (chat_processor: Value) [OnError Then]
    needs [ChatProcessor OnError Then]
    fixed []
    chat_processor [once ChatProcessor] [] [set "ChatProcessor" Value];
    on_error [once OnError] [] [error NoMatchingError];
    on_channel_mismatch [free] [] [error ChannelMismatch];
    then [once Then] [] [next];
}

action! {
    "`UpdateContactMediaStreamingBehavior`, the block \"Start/Stop media streaming\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/contact-actions-updatecontactmediastreamingbehavior.html))."
    "set_media_streaming(MediaStreamingState::Enabled).then(end).on_error(end).media_stream_type(MediaStreamType::Audio).participants([\"…\"])"
    UpdateContactMediaStreamingBehavior: UpdateContactMediaStreamingBehavior, set_media_streaming (state: MediaStreamingState) [Participants MediaStreamType OnError Then]
    needs [State Participants MediaStreamType OnError Then]
    fixed []
    state [once State] [] [set "MediaStreamingState" MediaStreamingState];
    participants [once Participants] [] [set "Participants" List];
    media_stream_type [once MediaStreamType] [] [set "MediaStreamType" MediaStreamType];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`UpdateContactRecordingAndAnalyticsBehavior`, the block \"Set recording, analytics and processing behavior\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/contact-actions-updatecontactrecordingandanalyticsbehavior.html))."
    "set_recording_and_analytics().then(end).on_channel_mismatch(end).on_error(end).voice_behavior(json!({}))"
    UpdateContactRecordingAndAnalyticsBehavior: UpdateContactRecordingAndAnalyticsBehavior, set_recording_and_analytics () [VoiceBehaviorOrChatBehaviorOrScreenRecordingBehavior OnError OnChannelMismatch Then]
    needs [VoiceBehaviorOrChatBehaviorOrScreenRecordingBehavior OnError OnChannelMismatch Then]
    fixed []
    voice_behavior [once VoiceBehaviorOrChatBehaviorOrScreenRecordingBehavior] [] [set "VoiceBehavior" Value];
    chat_behavior [once VoiceBehaviorOrChatBehaviorOrScreenRecordingBehavior] [OnInFlightRedactionConfigurationFailed] [set "ChatBehavior" Value];
    screen_recording_behavior [once VoiceBehaviorOrChatBehaviorOrScreenRecordingBehavior] [] [set "ScreenRecordingBehavior" Value];
    on_error [once OnError] [] [error NoMatchingError];
    on_channel_mismatch [once OnChannelMismatch] [] [error ChannelMismatch];
    on_in_flight_redaction_configuration_failed [once OnInFlightRedactionConfigurationFailed] [] [error InFlightRedactionConfigurationFailed];
    then [once Then] [] [next];
}

action! {
    "`UpdateContactRecordingBehavior`, the block \"Set recording and analytics behavior (older)\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/contact-actions-updatecontactrecordingbehavior.html))."
    "set_recording(json!({})).then(end)"
    UpdateContactRecordingBehavior: UpdateContactRecordingBehavior, set_recording (recording_behavior: Value) [Then]
    needs [RecordingBehavior Then]
    fixed []
    recording_behavior [once RecordingBehavior] [] [set "RecordingBehavior" Value];
    analytics_behavior [free] [] [set "AnalyticsBehavior" Value];
    then [once Then] [] [next];
}

action! {
    "`UpdateContactRoutingBehavior`, the block \"Change routing priority / age\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/contact-actions-updatecontactroutingbehavior.html))."
    "set_routing_priority().then(end)"
    UpdateContactRoutingBehavior: UpdateContactRoutingBehavior, set_routing_priority () [Then]
    needs [Then]
    fixed []
    queue_priority [free] [] [set "QueuePriority" Whole];
    queue_time_adjustment_seconds [free] [] [set "QueueTimeAdjustmentSeconds" Whole];
    routing_proficiencies [free] [OnError] [set "RoutingProficiencies" Value];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`UpdateContactRoutingCriteria`, the block \"Set routing criteria\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/flow-control-actions-updateroutingcriteria.html))."
    "set_routing_criteria(json!({})).then(end).on_error(end)"
    UpdateContactRoutingCriteria: UpdateContactRoutingCriteria, set_routing_criteria (routing_criteria: Value) [OnError Then]
    needs [RoutingCriteria OnError Then]
    fixed []
    routing_criteria [once RoutingCriteria] [] [set "RoutingCriteria" Value];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`UpdateContactTargetQueue`, the block \"Set working queue\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/contact-actions-updatecontacttargetqueue.html))."
    "set_queue(Queue::named(\"…\")).then(end).on_error(end)"
    UpdateContactTargetQueue: UpdateContactTargetQueue, set_queue (queue: QueueOrAgent) [OnError Then]
    needs [Queue OnError Then]
    fixed []
    queue [once Queue] [] [set "QueueId" QueueOrAgent];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`UpdateContactTextToSpeechVoice`, the block \"Set voice\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/contact-actions-updatecontacttexttospeechvoice.html))."
    "set_voice(\"…\").then(end)"
    UpdateContactTextToSpeechVoice: UpdateContactTextToSpeechVoice, set_voice (voice: Text) [Then]
    needs [Voice Then]
    fixed []
    voice [once Voice] [] [set "TextToSpeechVoice" Text];
    engine [free] [] [set "TextToSpeechEngine" Text];
    style [free] [] [set "TextToSpeechStyle" Text];
    on_error [free] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`UpdateCustomerProfile`, the block \"Customer profiles\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/interactions-updatecustomerprofile.html))."
    "update_customer_profile([(\"name\", \"…\")]).then(end).on_error(end)"
    UpdateCustomerProfile: UpdateCustomerProfile, update_customer_profile (profile_request_data: Entries) [OnError Then]
    needs [ProfileRequestData OnError Then]
    fixed []
    profile_request_data [once ProfileRequestData] [] [set "ProfileRequestData" Entries];
    profile_response_data [free] [] [set "ProfileResponseData" List];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`UpdateFlowAttributes`, the block \"Set contact attributes (Flow namespace)\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/flow-control-actions-updateflowattributes.html))."
    "set_flow_attributes([(\"name\", \"…\")]).then(end).on_error(end)"
    UpdateFlowAttributes: UpdateFlowAttributes, set_flow_attributes (flow_attributes: EntryValues) [OnError Then]
    needs [FlowAttributes OnError Then]
    fixed []
    flow_attributes [once FlowAttributes] [] [set "FlowAttributes" EntryValues];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`UpdateFlowLoggingBehavior`, the block \"Set logging behavior\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/flow-control-actions-updateflowloggingbehavior.html))."
    "set_logging(FlowLoggingBehavior::Enabled).then(end)"
    UpdateFlowLoggingBehavior: UpdateFlowLoggingBehavior, set_logging (behavior: FlowLoggingBehavior) [Then]
    needs [Behavior Then]
    fixed []
    behavior [once Behavior] [] [set "FlowLoggingBehavior" FlowLoggingBehavior];
    then [once Then] [] [next];
}

action! {
    "`UpdatePreviousContactParticipantState`, the block \"Hold customer or agent\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/contact-actions-updatepreviouscontactparticipantstate.html))."
    "hold(PreviousContactParticipantState::AgentOnHold).then(end).on_error(end)"
    UpdatePreviousContactParticipantState: UpdatePreviousContactParticipantState, hold (state: PreviousContactParticipantState) [OnError Then]
    needs [State OnError Then]
    fixed []
    state [once State] [] [set "PreviousContactParticipantState" PreviousContactParticipantState];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`UpsertDataTableValues`, the block \"Data Table\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/adminguide/data-table-block.html))."
    "upsert_data_table_values().then(end).on_error(end).data_table_upsert_attributes([\"…\"]).data_table_id(\"…\").lock_version(\"…\")"
    UpsertDataTableValues: UpsertDataTableValues, upsert_data_table_values () [LockVersion DataTableId DataTableUpsertAttributes OnError Then]
    needs [LockVersion DataTableId DataTableUpsertAttributes OnError Then]
    fixed []
    lock_version [once LockVersion] [] [set "LockVersion" TextOrAttribute];
    data_table_id [once DataTableId] [] [set "DataTableId" TextOrAttribute];
    data_table_upsert_attributes [once DataTableUpsertAttributes] [] [set "DataTableUpsertAttributes" List];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`Wait`, the block \"Wait\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/flow-control-actions-wait.html))."
    "wait(5).on_error(end).completed(end)"
    Wait: Wait, wait (seconds: WholeOrAttribute) [Completed OnError]
    needs [Seconds Completed OnError]
    fixed []
    seconds [once Seconds] [] [set "TimeLimitSeconds" WholeOrAttribute];
    completed [once Completed] [] [operand "WaitCompleted"];
    on_customer_returned [free] [] [operand "CustomerReturned" "Events"];
    on_bot_participant_disconnected [free] [OnParticipantNotFound] [operand "BotParticipantDisconnected" "Events"];
    on [free] [] [on];
    on_error [once OnError] [] [error NoMatchingError];
    on_participant_not_found [once OnParticipantNotFound] [] [error ParticipantNotFound];
    next_action [free] [] [unused];
}

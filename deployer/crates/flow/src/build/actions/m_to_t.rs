// Written by `UPDATE_DOCS=1 cargo test -p deployer-flow --test it builder` from the declarations in `src/actions/`.

//! Actions whose type begins with M to T.

use serde_json::Value;

use super::options::*;
use crate::build::macros::action;
use crate::build::references::*;
use crate::build::values::*;

action! {
    "`MessageParticipant`, the block \"Play prompt\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/participant-actions-messageparticipant.html))."
    "say(\"…\").then(end)"
    MessageParticipant: MessageParticipant, say (speech: Speech) [Then]
    needs [SpeechOrMessageTemplate Then]
    fixed []
    speech [once SpeechOrMessageTemplate] [] [set "Text" Speech];
    message_template [once SpeechOrMessageTemplate] [] [set "MessageTemplate" Value];
    skip_when_dtmf_buffer_enabled [free] [] [set "SkipWhenDTMFBufferEnabled" TrueFalse];
    on_error [free] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`MessageParticipantIteratively`, the block \"Loop prompts\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/participant-actions-messageparticipantiteratively.html))."
    "loop_prompts([\"…\"])"
    MessageParticipantIteratively: MessageParticipantIteratively, loop_prompts (messages: Prompts) []
    needs [Messages]
    fixed []
    messages [once Messages] [] [set "Messages" Prompts];
    interrupt_frequency_seconds [free] [] [set "InterruptFrequencySeconds" Whole];
    continue_messaging_during_interrupt [free] [] [set "ContinueMessagingDuringInterrupt" TrueFalse];
    interrupted [free] [] [operand "MessagesInterrupted"];
    on [free] [] [on];
    on_error [free] [] [error NoMatchingError];
    then [free] [] [next];
}

action! {
    "`RenderMessageTemplate`, the block \"(undocumented)\"."
    "render_message_template().then(end).on_template_rendering_error(end).on_error(end)"
    RenderMessageTemplate: RenderMessageTemplate, render_message_template () [OnError OnTemplateRenderingError Then]
    needs [OnError OnTemplateRenderingError Then]
    fixed []
    on_error [once OnError] [] [error NoMatchingError];
    on_template_rendering_error [once OnTemplateRenderingError] [] [error TemplateRenderingError];
    then [once Then] [] [next];
}

action! {
    "`ResumeContact`, the block \"Resume contact\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/contact-actions-resumecontact.html))."
    "resume_contact().then(end).on_error(end)"
    ResumeContact: ResumeContact, resume_contact () [OnError Then]
    needs [OnError Then]
    fixed []
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`ShowView`, the block \"Show view\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/participant-actions-showview.html))."
    "show_view(View::named(\"…\")).timeout(end).no_match(end).on_error(end).seconds(5)"
    ShowView: ShowView, show_view (view: ById<View>) [Seconds OnError NoMatch Timeout]
    needs [View Seconds OnError NoMatch Timeout]
    fixed []
    view [once View] [] [set "ViewResource" ById<View>];
    seconds [once Seconds] [] [set "InvocationTimeLimitSeconds" WholeOrAttribute];
    view_data [free] [] [set "ViewData" Entries];
    sensitive_data_configuration [free] [] [set "SensitiveDataConfiguration" Value];
    on [free] [] [on];
    on_error [once OnError] [] [error NoMatchingError];
    no_match [once NoMatch] [] [error NoMatchingCondition];
    timeout [once Timeout] [] [error TimeLimitExceeded];
    next_action [free] [] [unused];
}

action! {
    "`StartOutboundChatContact`, the block \"Send message\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/contact-actions-startoutboundchatcontact.html))."
    "start_outbound_chat_contact().then(end).on_error(end)"
    StartOutboundChatContact: StartOutboundChatContact, start_outbound_chat_contact () [OnError Then]
    needs [OnError Then]
    fixed []
    source_endpoint [free] [] [set "SourceEndpoint" Value];
    destination_endpoint [free] [] [set "DestinationEndpoint" Value];
    contact_flow [free] [] [set "ContactFlowArn" Ref<Flow>];
    contact_subtype [free] [] [set "ContactSubtype" Constant];
    initial_system_message [free] [] [set "InitialSystemMessage" Value];
    related_contact [free] [] [set "RelatedContact" RelatedContact];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`StartOutboundEmailContact`, the block \"(undocumented)\"."
    "start_outbound_email_contact().then(end).on_error(end)"
    StartOutboundEmailContact: StartOutboundEmailContact, start_outbound_email_contact () [OnError Then]
    needs [OnError Then]
    fixed []
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`StartVoiceIdStream`, the block \"Set Voice ID\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/flow-control-actions-startvoiceidstream.html))."
    "start_voice_id_stream().then(end).on_error(end)"
    StartVoiceIdStream: StartVoiceIdStream, start_voice_id_stream () [OnError Then]
    needs [OnError Then]
    fixed []
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`TagContact`, the block \"Contact tags\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/contact-actions-tagcontact.html))."
    "tag_contact([(\"name\", \"…\")]).then(end).on_error(end)"
    TagContact: TagContact, tag_contact (tags: Entries) [OnError Then]
    needs [Tags OnError Then]
    fixed []
    tags [once Tags] [] [set "Tags" Entries];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`TransferContactToAgent`, the block \"Transfer to agent (beta)\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/contact-actions-transfercontacttoagent.html))."
    "transfer_to_agent()"
    TransferContactToAgent: TransferContactToAgent, transfer_to_agent () []
    needs []
    fixed []
}

action! {
    "`TransferContactToQueue`, the block \"Transfer to queue\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/contact-actions-transfercontacttoqueue.html))."
    "transfer_to_queue().on_error(end).at_capacity(end)"
    TransferContactToQueue: TransferContactToQueue, transfer_to_queue () [AtCapacity OnError]
    needs [AtCapacity OnError]
    fixed []
    at_capacity [once AtCapacity] [] [error QueueAtCapacity];
    on_error [once OnError] [] [error NoMatchingError];
    next_action [free] [] [unused];
}

action! {
    "`TransferParticipantToThirdParty`, the block \"Transfer to phone number\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/participant-actions-transferparticipanttothirdparty.html))."
    "transfer_to_phone_number(\"…\").on_error(end)"
    TransferParticipantToThirdParty: TransferParticipantToThirdParty, transfer_to_phone_number (number: Text) [OnError]
    needs [Number OnError]
    fixed []
    number [once Number] [] [set "ThirdPartyPhoneNumber" Text];
    seconds [free] [] [set "ThirdPartyConnectionTimeLimitSeconds" WholeOrAttribute];
    continue_flow_execution [free] [Then OnCallFailed Timeout] [fix "ContinueFlowExecution" "True"];
    digits [free] [] [set "ThirdPartyDTMFDigits" TextOrAttribute];
    caller_id [free] [] [set "CallerId" Value];
    on_error [once OnError] [] [error NoMatchingError];
    on_call_failed [once OnCallFailed] [] [error CallFailed];
    timeout [once Timeout] [] [error ConnectionTimeLimitExceeded];
    then [once Then] [] [next];
    next_action [free] [] [unused];
}

action! {
    "`TransferToFlow`, the block \"Transfer to flow\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/flow-control-actions-transfertoflow.html))."
    "transfer_to_flow(Flow::named(\"…\")).on_error(end)"
    TransferToFlow: TransferToFlow, transfer_to_flow (flow: Ref<Flow>) [OnError]
    needs [Flow OnError]
    fixed []
    flow [once Flow] [] [set "ContactFlowId" Ref<Flow>];
    on_error [once OnError] [] [error NoMatchingError];
    next_action [free] [] [unused];
}

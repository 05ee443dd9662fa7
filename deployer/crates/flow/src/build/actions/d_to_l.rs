// Written by `UPDATE_DOCS=1 cargo test -p deployer-flow --test it builder` from the declarations in `src/actions/`.

//! Actions whose type begins with D to L.

use serde_json::Value;

use super::options::*;
use crate::build::macros::action;
use crate::build::references::*;
use crate::build::values::*;

action! {
    "`DequeueContactAndTransferToQueue`, the block \"Transfer to queue (in customer queue flow)\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/contact-actions-dequeuecontactandtransfertoqueue.html))."
    "dequeue_and_transfer().on_error(end).at_capacity(end)"
    DequeueContactAndTransferToQueue: DequeueContactAndTransferToQueue, dequeue_and_transfer () [AtCapacity OnError]
    needs [AtCapacity OnError]
    fixed []
    queue [free] [] [set "QueueId" QueueOrAgent];
    at_capacity [once AtCapacity] [] [error QueueAtCapacity];
    on_error [once OnError] [] [error NoMatchingError];
    next_action [free] [] [unused];
}

action! {
    "`DisconnectParticipant`, the block \"Disconnect / hang up\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/participant-actions-disconnectparticipant.html))."
    "disconnect()"
    DisconnectParticipant: DisconnectParticipant, disconnect () []
    needs []
    fixed []
}

action! {
    "`DistributeByPercentage`, the block \"Distribute by percentage\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/flow-control-actions-distributebypercentage.html))."
    "distribute().no_match(end).when(greater_than(0), end)"
    DistributeByPercentage: DistributeByPercentage, distribute () [When NoMatch]
    needs [When NoMatch]
    fixed []
    when [again When] [] [compare NumberComparison];
    no_match [once NoMatch] [] [error NoMatchingCondition];
    next_action [free] [] [unused];
}

action! {
    "`EndFlowExecution`, the block \"End flow / resume\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/flow-control-actions-endflowexecution.html))."
    "end_flow()"
    EndFlowExecution: EndFlowExecution, end_flow () []
    needs []
    fixed []
}

action! {
    "`EndFlowModuleExecution`, the block \"Return (module)\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/endflowmoduleexecution.html))."
    "return_from_module()"
    EndFlowModuleExecution: EndFlowModuleExecution, return_from_module () []
    needs []
    fixed []
    result [free] [] [set "Result" Text];
    result_data [free] [] [set "ResultData" Entries];
}

action! {
    "`EvaluateDataTableValues`, the block \"Data Table\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/adminguide/data-table-block.html))."
    "evaluate_data_table_values().then(end).on_error(end).queries([\"…\"]).data_table_id(\"…\")"
    EvaluateDataTableValues: EvaluateDataTableValues, evaluate_data_table_values () [DataTableId Queries OnError Then]
    needs [DataTableId Queries OnError Then]
    fixed []
    data_table_id [once DataTableId] [] [set "DataTableId" TextOrAttribute];
    queries [once Queries] [] [set "Queries" List];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`GetCalculatedAttributesForCustomerProfile`, the block \"Customer profiles\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/interactions-getcalculatedattributesforcustomerprofile.html))."
    "get_calculated_attributes_for_customer_profile([(\"name\", \"…\")]).then(end).on_error(end)"
    GetCalculatedAttributesForCustomerProfile: GetCalculatedAttributesForCustomerProfile, get_calculated_attributes_for_customer_profile (profile_request_data: Entries) [OnError Then]
    needs [ProfileRequestData OnError Then]
    fixed []
    profile_request_data [once ProfileRequestData] [] [set "ProfileRequestData" Entries];
    profile_response_data [free] [] [set "ProfileResponseData" List];
    on_error [once OnError] [] [error NoMatchingError];
    on_none_found_error [free] [] [error NoneFoundError];
    then [once Then] [] [next];
}

action! {
    "`GetCase`, the block \"Cases\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/getcase.html))."
    "get_case().then(end).on_multiple_found(end).on_none_found(end).on_error(end)"
    GetCase: GetCase, get_case () [OnError OnNoneFound OnMultipleFound Then]
    needs [OnError OnNoneFound OnMultipleFound Then]
    fixed []
    link_contact_to_case [free] [OnContactNotLinked] [fix "LinkContactToCase" "true"];
    get_last_updated_case [free] [] [set "GetLastUpdatedCase" Truth];
    case_request_fields [free] [] [set "CaseRequestFields" Entries];
    case_response_fields [free] [] [set "CaseResponseFields" List];
    customer_id [free] [] [set "CustomerId" TextOrAttribute];
    on_error [once OnError] [] [error NoMatchingError];
    on_none_found [once OnNoneFound] [] [error NoneFound];
    on_multiple_found [once OnMultipleFound] [] [error MultipleFound];
    on_contact_not_linked [once OnContactNotLinked] [] [error ContactNotLinked];
    then [once Then] [] [next];
}

action! {
    "`GetCustomerProfile`, the block \"Customer profiles\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/interactions-getcustomerprofile.html))."
    "get_customer_profile([(\"name\", \"…\")]).then(end).on_error(end).on_none_found_error(end).on_multiple_found_error(end)"
    GetCustomerProfile: GetCustomerProfile, get_customer_profile (profile_request_data: Entries) [OnMultipleFoundError OnNoneFoundError OnError Then]
    needs [ProfileRequestData OnMultipleFoundError OnNoneFoundError OnError Then]
    fixed []
    profile_request_data [once ProfileRequestData] [] [set "ProfileRequestData" Entries];
    profile_response_data [free] [] [set "ProfileResponseData" List];
    on_multiple_found_error [once OnMultipleFoundError] [] [error MultipleFoundError];
    on_none_found_error [once OnNoneFoundError] [] [error NoneFoundError];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`GetCustomerProfileObject`, the block \"Customer profiles\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/interactions-getcustomerprofileobject.html))."
    "get_customer_profile_object([(\"name\", \"…\")]).then(end).on_none_found_error(end).on_error(end)"
    GetCustomerProfileObject: GetCustomerProfileObject, get_customer_profile_object (profile_request_data: Entries) [OnError OnNoneFoundError Then]
    needs [ProfileRequestData OnError OnNoneFoundError Then]
    fixed []
    profile_request_data [once ProfileRequestData] [] [set "ProfileRequestData" Entries];
    profile_response_data [free] [] [set "ProfileResponseData" List];
    on_error [once OnError] [] [error NoMatchingError];
    on_none_found_error [once OnNoneFoundError] [] [error NoneFoundError];
    then [once Then] [] [next];
}

action! {
    "`GetMetricData`, the block \"Get metrics\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/flow-control-actions-getmetricdata.html))."
    "get_metrics().then(end).on_error(end)"
    GetMetricData: GetMetricData, get_metrics () [OnError Then]
    needs [OnError Then]
    fixed []
    queue [free] [] [set "QueueId" QueueOrAgent];
    queue_channel [free] [] [set "QueueChannel" QueueChannel];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`GetParticipantInput`, the block \"Get customer input (DTMF) / Store customer input\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/participant-actions-getparticipantinput.html))."
    "ask(\"…\").timeout(end).no_match(end).on_error(end).seconds(5)"
    Ask: GetParticipantInput, ask (speech: Speech) [Seconds OnError NoMatch Timeout]
    needs [Seconds OnError NoMatch Timeout]
    fixed ["StoreInput" = "False"]
    speech [free] [] [set "Text" Speech];
    seconds [once Seconds] [] [set "InputTimeLimitSeconds" Whole];
    input_encryption [free] [] [set "InputEncryption" Value];
    dtmf_configuration [free] [] [set "DTMFConfiguration" Value];
    on [free] [] [on];
    on_error [once OnError] [] [error NoMatchingError];
    no_match [once NoMatch] [] [error NoMatchingCondition];
    timeout [once Timeout] [] [error InputTimeLimitExceeded];
    next_action [free] [] [unused];
}

action! {
    "`GetParticipantInput`, the block \"Get customer input (DTMF) / Store customer input\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/participant-actions-getparticipantinput.html))."
    "ask_for_input(\"…\").then(end).on_error(end).phone_number_validation(json!({})).seconds(5).on_invalid_phone_number(end)"
    AskForInput: GetParticipantInput, ask_for_input (speech: Speech) [Seconds InputValidation OnError Then]
    needs [Seconds InputValidation OnError Then]
    fixed ["StoreInput" = "True"]
    speech [free] [] [set "Text" Speech];
    seconds [once Seconds] [] [set "InputTimeLimitSeconds" Whole];
    phone_number_validation [once InputValidation] [OnInvalidPhoneNumber] [member "InputValidation" "PhoneNumberValidation"];
    custom_validation [once InputValidation] [] [member "InputValidation" "CustomValidation"];
    input_encryption [free] [] [set "InputEncryption" Value];
    dtmf_configuration [free] [] [set "DTMFConfiguration" Value];
    on_error [once OnError] [] [error NoMatchingError];
    on_invalid_phone_number [once OnInvalidPhoneNumber] [] [error InvalidPhoneNumber];
    then [once Then] [] [next];
}

action! {
    "`GetParticipantInput`, the block \"Get customer input (DTMF) / Store customer input\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/participant-actions-getparticipantinput.html))."
    "buffer_keys(true).then(end).on_error(end)"
    BufferKeys: GetParticipantInput, buffer_keys (enable_dtmf_buffer: TrueFalse) [OnError Then]
    needs [EnableDtmfBuffer OnError Then]
    fixed []
    input_time_limit_seconds [free] [] [set "InputTimeLimitSeconds" Whole];
    store_input [free] [] [set "StoreInput" TrueFalse];
    enable_dtmf_buffer [once EnableDtmfBuffer] [] [set "EnableDTMFBuffer" TrueFalse];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`InvokeFlowModule`, the block \"Invoke module\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/flow-language-actions-invoke-flow-module.html))."
    "invoke_module(Module::named(\"…\")).then(end).on_error(end)"
    InvokeFlowModule: InvokeFlowModule, invoke_module (module: Ref<Module>) [OnError Then]
    needs [Module OnError Then]
    fixed []
    module [once Module] [] [set "FlowModuleId" Ref<Module>];
    on [free] [] [on];
    on_error [once OnError] [] [error NoMatchingError];
    no_match [free] [] [error NoMatchingCondition];
    then [once Then] [] [next];
}

action! {
    "`InvokeLambdaFunction`, the block \"AWS Lambda function\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/interactions-invokelambdafunction.html))."
    "invoke(Function::named(\"…\")).then(end).on_error(end).seconds(5)"
    InvokeLambdaFunction: InvokeLambdaFunction, invoke (lambda_function: Ref<Function>) [Seconds OnError Then]
    needs [LambdaFunction Seconds OnError Then]
    fixed []
    lambda_function [once LambdaFunction] [] [set "LambdaFunctionARN" Ref<Function>];
    seconds [once Seconds] [] [set "InvocationTimeLimitSeconds" Whole];
    invocation_type [free] [] [set "InvocationType" InvocationType];
    input [free] [] [set "LambdaInvocationAttributes" Entries];
    response_validation [free] [] [set "ResponseValidation" Value];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`ListDataTableValues`, the block \"Data Table\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/adminguide/data-table-block.html))."
    "list_data_table_values().then(end).on_error(end).primary_key_groups([\"…\"]).data_table_id(\"…\")"
    ListDataTableValues: ListDataTableValues, list_data_table_values () [DataTableId PrimaryKeyGroups OnError Then]
    needs [DataTableId PrimaryKeyGroups OnError Then]
    fixed []
    data_table_id [once DataTableId] [] [set "DataTableId" TextOrAttribute];
    primary_key_groups [once PrimaryKeyGroups] [] [set "PrimaryKeyGroups" List];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`LoadContactContent`, the block \"Get stored content\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/adminguide/get-stored-content.html))."
    "load_contact_content(ContentType::EmailMessage).then(end).on_error(end)"
    LoadContactContent: LoadContactContent, load_contact_content (content_type: ContentType) [OnError Then]
    needs [ContentType OnError Then]
    fixed []
    content_type [once ContentType] [] [set "ContentType" ContentType];
    on_error [once OnError] [] [error NoMatchingError];
    then [once Then] [] [next];
}

action! {
    "`Loop`, the block \"Loop\" ([AWS's page](https://docs.aws.amazon.com/connect/latest/devguide/flow-control-actions-loop.html))."
    "repeat(5).complete(end).looping(end)"
    Loop: Loop, repeat (times: WholeOrAttribute) [(Times) Looping Complete]
    needs [Times Looping Complete]
    fixed []
    times [again Times] [] [set "LoopCount" WholeOrAttribute];
    name [again Times] [] [set "LoopName" Constant];
    looping [once Looping] [] [operand "ContinueLooping"];
    complete [once Complete] [] [operand "DoneLooping"];
    on_error [free] [] [error NoMatchingError];
    next_action [free] [] [unused];
}

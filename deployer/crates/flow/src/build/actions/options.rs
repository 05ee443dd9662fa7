// Written by `UPDATE_DOCS=1 cargo test -p deployer-flow --test it builder` from the declarations in `src/actions/`.

//! Values of parameters.

use crate::build::attribute::Attribute;
use crate::build::values::parameter_values;

parameter_values! {
    CheckVoiceIdOption {
        EnrollmentStatus = "enrollmentStatus",
        VoiceAuthentication = "voiceAuthentication",
        FraudDetection = "fraudDetection",
    } or &str, String
}

parameter_values! {
    ContentType {
        EmailMessage = "EmailMessage",
    } or &str, String
}

parameter_values! {
    EventHooks {
        AgentHold = "AgentHold",
        AgentWhisper = "AgentWhisper",
        CustomerHold = "CustomerHold",
        CustomerQueue = "CustomerQueue",
        CustomerRemaining = "CustomerRemaining",
        CustomerWhisper = "CustomerWhisper",
        DefaultAgentUI = "DefaultAgentUI",
        DisconnectAgentUI = "DisconnectAgentUI",
        PauseContact = "PauseContact",
        ResumeContact = "ResumeContact",
    }
}

parameter_values! {
    FlowLoggingBehavior {
        Enabled = "Enabled",
        Disabled = "Disabled",
    }
}

parameter_values! {
    InvocationType {
        Synchronous = "SYNCHRONOUS",
        Asynchronous = "ASYNCHRONOUS",
    } or &str, String
}

parameter_values! {
    MediaStreamType {
        Audio = "Audio",
    } or &str, String
}

parameter_values! {
    MediaStreamingState {
        Enabled = "Enabled",
        Disabled = "Disabled",
    }
}

parameter_values! {
    MetricType {
        NumberOfAgentsAvailable = "NumberOfAgentsAvailable",
        NumberOfAgentsStaffed = "NumberOfAgentsStaffed",
        NumberOfAgentsOnline = "NumberOfAgentsOnline",
        OldestContactInQueueAgeSeconds = "OldestContactInQueueAgeSeconds",
        NumberOfContactsInQueue = "NumberOfContactsInQueue",
    } or &str, String
}

parameter_values! {
    PreviousContactParticipantState {
        AgentOnHold = "AgentOnHold",
        CustomerOnHold = "CustomerOnHold",
        OffHold = "OffHold",
    } or &str, String
}

parameter_values! {
    QueueChannel {
        Voice = "Voice",
        Chat = "Chat",
        Task = "Task",
        Email = "Email",
    } or &str, String, Attribute
}

parameter_values! {
    RehydrationType {
        EntirePastSession = "ENTIRE_PAST_SESSION",
        FromSegment = "FROM_SEGMENT",
    } or &str, String
}

parameter_values! {
    RelatedContact {
        Current = "CURRENT",
    } or &str, String
}

parameter_values! {
    TargetContact {
        Current = "Current",
        Related = "Related",
    } or &str, String
}

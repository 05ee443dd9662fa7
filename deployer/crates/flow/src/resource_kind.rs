//! The kinds of resources that a flow refers to.

/// The kind of resource a parameter refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceKind {
    /// A queue.
    Queue,
    /// A contact flow.
    Flow,
    /// A flow module.
    Module,
    /// A prompt.
    Prompt,
    /// Hours of operation.
    Hours,
    /// A Lambda function.
    Lambda,
    /// A user.
    Agent,
    /// A view.
    View,
    /// An alias of a Lex V2 bot.
    Bot,
}

impl ResourceKind {
    /// Each kind with its name, its section of a spec and the part of an ARN by which it is recognised.
    pub(crate) const ALL: [(Self, &'static str, &'static str, &'static str); 9] = [
        (Self::Queue, "queue", "connect.queues", "/queue/"),
        (Self::Flow, "flow", "connect.flows", "/contact-flow/"),
        (Self::Module, "module", "connect.modules", "/flow-module/"),
        (Self::Prompt, "prompt", "connect.prompts", "/prompt/"),
        (Self::Hours, "hours", "connect.hours", "/operating-hours/"),
        (Self::Lambda, "lambda", "functions", ":function:"),
        (Self::Agent, "agent", "connect.users", "/agent/"),
        (Self::View, "view", "connect.views", ""),
        (Self::Bot, "bot", "connect.bots", ":bot-alias/"),
    ];

    /// Returns the kind of a resource by its ARN; `None` for ARNs of other resources.
    #[must_use]
    pub fn of_arn(arn: &str) -> Option<Self> {
        let (service, rest) = arn.strip_prefix("arn:")?.split_once(':')?.1.split_once(':')?;
        let known = |part: &&str| !part.is_empty() && rest.contains(*part);
        match service {
            "lambda" => rest.contains(":function:").then_some(Self::Lambda),
            "lex" => rest.contains(":bot-alias/").then_some(Self::Bot),
            "connect" if rest.contains(":view/") || rest.contains("/view/") => Some(Self::View),
            "connect" => Self::ALL.iter().find(|(.., part)| known(part)).map(|(kind, ..)| *kind),
            _ => None,
        }
    }

    /// Returns the kind with this name, such as `queue`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, ..)| *known == name).map(|(kind, ..)| *kind)
    }

    fn row(self) -> (&'static str, &'static str, &'static str) {
        let row = Self::ALL.iter().find(|(kind, ..)| *kind == self);
        row.map_or(("", "", ""), |(_, name, section, part)| (name, section, part))
    }

    /// Returns the kind's name, such as `queue`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().0
    }

    /// Returns the section of a spec for resources of this kind, such as `connect.queues`.
    #[must_use]
    pub fn section(self) -> &'static str {
        self.row().1
    }

    /// Returns the part that the ARN of every such resource contains.
    pub(crate) fn arn_part(self) -> &'static str {
        self.row().2
    }
}

/// Whether a text is a resource id of Connect: a UUID, optionally followed by `:$SAVED` or a version.
pub(crate) fn is_resource_id(text: &str) -> bool {
    let id = text.split(':').next().unwrap_or_default();
    id.len() == 36 && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

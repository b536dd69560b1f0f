//! The closed lists of the event: each a type, its words and nothing else.

macro_rules! words {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// Every word, in the order of the list.
            pub const WORDS: &'static [&'static str] = &[$($word,)*];
            /// Every value, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word in an event.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The value a word stands for.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl From<$name> for crate::json::Value {
            fn from(word: $name) -> Self {
                word.as_str().into()
            }
        }
    };
}

words! {
    /// `action.type`: what kind of thing happened.
    ActionType {
        /// A built-in tool of an agent: Bash, Read, Edit.
        Tool = "tool",
        /// A skill: postgres, github, discord.
        Skill = "skill",
        /// A call to the outside: web search, fetch, API.
        External = "external",
        /// A choice among options, and why.
        Decision = "decision",
        /// Something failed and belongs to no call.
        Error = "error",
        /// A call to a language model.
        Model = "model",
        /// A Model Context Protocol call.
        Mcp = "mcp",
        /// An operation at a provider: `crm_create` at HubSpot.
        Provider = "provider",
        /// An operation on an agent's memory.
        Memory = "memory",
        /// A file was read, made, changed or deleted.
        File = "file",
        /// A resource changed, with before and after.
        Change = "change",
        /// A measured value.
        Metric = "metric",
        /// Something a persona did.
        Persona = "persona",
        /// A unit of work: queued, started, done.
        Task = "task",
        /// A watcher saw something or was triggered.
        Watcher = "watcher",
        /// A prompt, a reply, a notification.
        Message = "message",
        /// Somebody or something permitted, denied or was asked.
        Approval = "approval",
        /// A login, a key check, an access attempt.
        Auth = "auth",
        /// A session began, ended, forked, compacted.
        Session = "session",
        /// A health check's result.
        Health = "health",
        /// An emergency stop was engaged or lifted.
        Stop = "stop",
        /// Something was lost or could not be seen, and this names it.
        Gap = "gap",
        /// A rule fired.
        Alert = "alert",
        /// Somebody looked: content revealed, exported, searched.
        Access = "access",
        /// Somebody changed settings.
        Admin = "admin",
        /// Written by the recorder about itself.
        System = "system",
    }
}

words! {
    /// `action.phase`: which part of a call this event tells.
    Phase {
        /// Before it runs.
        Intent = "intent",
        /// After it ran.
        Result = "result",
        /// Both in one event.
        Whole = "whole",
    }
}

words! {
    /// `outcome.status`: how it ended.
    Status {
        /// It worked.
        Success = "success",
        /// It failed.
        Failure = "failure",
        /// Some of it worked.
        Partial = "partial",
        /// Not known yet.
        Pending = "pending",
        /// No answer in time.
        Timeout = "timeout",
        /// Failed, and is tried again.
        Retry = "retry",
        /// Was not allowed.
        Denied = "denied",
        /// Was called off.
        Cancelled = "cancelled",
    }
}

words! {
    /// `severity`: how bad it is.
    Severity {
        /// For developers.
        Debug = "debug",
        /// Normal.
        Info = "info",
        /// Odd.
        Warning = "warning",
        /// Wrong.
        Error = "error",
        /// Needs somebody now.
        Critical = "critical",
    }
}

words! {
    /// `actor.type`: who answers for it.
    ActorType {
        /// An agent on its own.
        Agent = "agent",
        /// A person.
        User = "user",
        /// A program.
        Service = "service",
        /// The system itself.
        System = "system",
    }
}

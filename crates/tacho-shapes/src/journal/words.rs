//! The two closed lists of the journal: who acts, and what is done.

/// A list of words: each row is a variant and its word.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal, $about:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $(#[doc = $about] $variant,)* }

        impl $name {
            /// Every value, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word in a record.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The value a word stands for.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word)
            }
        }
    };
}

words! {
    /// Who acts.
    AuditActor {
        Mcp = "mcp", "An MCP server or its client.";
        SocialMcp = "social_mcp", "The server for social media.";
        OdooMcp = "odoo_mcp", "The server for the accounts.";
        Claude = "claude", "The model.";
        Agent = "agent", "An agent without a name of its own.";
        Orchestrator = "orchestrator", "Who hands out the tasks.";
        Ralph = "ralph", "The loop that works through one task.";
        Watcher = "watcher", "Who looks for something to do.";
        System = "system", "The system itself.";
        User = "user", "A person.";
    }
}

words! {
    /// What is done.
    AuditAction {
        McpCall = "mcp_call", "An MCP call.";
        RequestReceived = "request_received", "A server received a request.";
        ResponseSent = "response_sent", "A server sent a response.";
        ClaudeRequest = "claude_request", "The model was asked.";
        ClaudeResponse = "claude_response", "The model answered.";
        WatcherEvent = "watcher_event", "A watcher saw something.";
        WatcherTriggered = "watcher_triggered", "A watcher set something off.";
        TaskProcessed = "task_processed", "A task was worked on.";
        TaskStarted = "task_started", "A task began.";
        TaskCompleted = "task_completed", "A task is done.";
        TaskFailed = "task_failed", "A task was given up.";
        TaskStatusChanged = "task_status_changed", "A task went from one state to another.";
        ManualTaskCreated = "manual_task_created", "A person is to do what a service could not.";
        RalphIteration = "ralph_iteration", "One step of the loop.";
        FileOperation = "file_operation", "A file was made, changed, moved or removed.";
        Error = "error", "Something failed.";
        Authentication = "authentication", "Somebody proved who they are, or did not.";
        ApiKeyValidation = "api_key_validation", "A key was checked.";
        AccessAttempt = "access_attempt", "Somebody asked for access.";
        PerformanceMetric = "performance_metric", "A measured value.";
        HealthCheck = "health_check", "A health check's result.";
        ServiceUnavailable = "service_unavailable", "A service did not answer.";
        ExternalCall = "external_call", "An external service was called.";
        DatabaseOperation = "database_operation", "A database was asked or changed.";
        Retry = "retry", "An attempt failed and is tried again, or was the last.";
        Fallback = "fallback", "A fallback answered instead.";
        BusinessOperation = "business_operation", "Business logic did something.";
        Payment = "payment", "Money was moved.";
        CustomerCreation = "customer_creation", "A customer was made.";
        DataChange = "data_change", "Data changed, from what to what.";
        EmergencyStop = "emergency_stop", "Operations were halted or go on.";
        ToolCall = "tool_call", "A built-in tool was called.";
        SkillCall = "skill_call", "A skill was asked.";
        Decision = "decision", "A choice, and why.";
        MemoryOperation = "memory_operation", "An operation on an agent's memory.";
        PersonaActivity = "persona_activity", "Something a persona did.";
        Message = "message", "A prompt, a reply, a notification.";
        Approval = "approval", "Somebody was asked for leave.";
        SessionEvent = "session_event", "A session began, ended, was compacted.";
        Gap = "gap", "Something was lost.";
        Alert = "alert", "A rule fired.";
        DataAccess = "data_access", "Somebody looked at content.";
        ConfigChange = "config_change", "A setting changed.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tacho_event::dialect::JOURNAL_ACTIONS;

    #[test]
    fn the_words_are_those_of_the_dialect() {
        let ours: Vec<&str> = AuditAction::ALL.iter().map(|action| action.as_str()).collect();
        let theirs: Vec<&str> = JOURNAL_ACTIONS.iter().map(|(word, ..)| *word).collect();
        assert_eq!(ours, theirs);
        for (_, actor, _) in JOURNAL_ACTIONS {
            assert!(AuditActor::parse(actor).is_some(), "{actor}");
        }
    }
}

//! Given the few words that a kind of event cannot do without, gives its draft.
//!
//! One constructor for each [`ActionType`]; the common members follow in
//! [`Draft::agent`](Draft::agent) and its neighbours, what only some kinds have in
//! [`Draft::input`](Draft::input) and its neighbours.
//!
//! ```
//! use tacho_event::{Draft, json::Value};
//! let draft = Draft::provider("hubspot", "crm_create")
//!     .input(Value::from("a request"))
//!     .response(Value::from("an answer"))
//!     .succeeded()
//!     .took_ms(245);
//! assert_eq!(draft.at("/action/provider/name"), Some(&Value::from("hubspot")));
//! ```

use super::Draft;
use crate::json::Value;
use crate::words::{ActionType, Severity, Status};

impl Draft {
    /// A call of a built-in tool: `Bash`, `Read`, `Edit`.
    pub fn tool(name: &str) -> Self {
        Self::new(ActionType::Tool, name).with("action.tool.name", name)
    }

    /// An operation asked of a skill: `query` of `postgres`.
    pub fn skill(name: &str, operation: &str) -> Self {
        Self::new(ActionType::Skill, name)
            .with("action.skill.name", name)
            .with("action.skill.operation", operation)
    }

    /// A call to the outside: `kind` is `web_search`, `web_fetch` or `api_call`, `target` the URL
    /// or the query.
    pub fn external(kind: &str, target: &str) -> Self {
        Self::new(ActionType::External, kind)
            .with("action.external.type", kind)
            .with("action.external.target", target)
    }

    /// A choice: [`Draft::option`] adds what could be chosen, [`Draft::chose`] what was.
    ///
    /// ```
    /// use tacho_event::Draft;
    /// let draft = Draft::decision("rollback_recommendation", "Should v1.2.3 be rolled back?")
    ///     .agent("ops/rollback-advisor")
    ///     .option("rollback", "error rate 5x baseline", 0.85)
    ///     .option("monitor", "errors may be transient", 0.2)
    ///     .chose("rollback", 0.85)
    ///     .succeeded();
    /// let options = draft.at("/action/decision/options_considered").unwrap();
    /// assert_eq!(options.as_list().unwrap().len(), 2);
    /// ```
    pub fn decision(name: &str, question: &str) -> Self {
        Self::new(ActionType::Decision, name).with("action.decision.question", question)
    }

    /// An error that belongs to no call; how bad it is says [`Draft::severity`], else `error`.
    pub fn error(kind: &str, message: &str) -> Self {
        Self::new(ActionType::Error, kind).with("severity", Severity::Error).failed(kind, message)
    }

    /// A call to a language model: `operation` is `chat`, `completion`, `api_request`. The model
    /// is named by [`Draft::model`].
    ///
    /// ```
    /// use tacho_event::Draft;
    /// let draft = Draft::model_call("chat")
    ///     .model("claude-3")
    ///     .prompt("What is the weather today?")
    ///     .response("I cannot access real-time weather data.")
    ///     .tokens(12, 33)
    ///     .cost_usd(0.0007);
    /// assert!(draft.at("/resources/tokens_output").is_some());
    /// ```
    pub fn model_call(operation: &str) -> Self {
        Self::new(ActionType::Model, operation).with("action.model.operation", operation)
    }

    /// A Model Context Protocol call of `tool` at `server`.
    pub fn mcp(server: &str, tool: &str) -> Self {
        Self::new(ActionType::Mcp, tool)
            .with("action.mcp.server", server)
            .with("action.mcp.tool", tool)
    }

    /// An operation at a provider: `crm_create` at `hubspot`.
    pub fn provider(provider: &str, action: &str) -> Self {
        Self::new(ActionType::Provider, action).with("action.provider.name", provider)
    }

    /// An operation on an agent's memory: STORE, RECALL, FORGET, COMPACT, EXPORT or IMPORT.
    pub fn memory(operation: &str) -> Self {
        Self::new(ActionType::Memory, operation).with("action.memory.operation", operation)
    }

    /// An operation on a file: create, read, modify or delete.
    pub fn file(operation: &str, path: &str) -> Self {
        Self::new(ActionType::File, operation)
            .with("action.file.operation", operation)
            .with("action.file.path", path)
    }

    /// A resource changed: `action` is create, update, delete; [`Draft::before`] and
    /// [`Draft::after`] say from what to what.
    pub fn change(action: &str, resource_type: &str, resource_id: &str) -> Self {
        Self::new(ActionType::Change, action)
            .with("change.resource_type", resource_type)
            .with("change.resource_id", resource_id)
    }

    /// A measured value and its unit.
    pub fn metric(name: &str, value: impl Into<Value>, unit: &str) -> Self {
        Self::new(ActionType::Metric, name)
            .with("action.metric.name", name)
            .with("action.metric.value", value)
            .with("action.metric.unit", unit)
    }

    /// Something a persona did.
    pub fn persona(name: &str, activity: &str) -> Self {
        Self::new(ActionType::Persona, activity)
            .with("action.persona.name", name)
            .with("action.persona.activity", activity)
    }

    /// A unit of work and its state: queued, started, completed, failed, an iteration's number.
    pub fn task(id: &str, state: &str) -> Self {
        Self::new(ActionType::Task, state)
            .with("action.task.id", id)
            .with("action.task.state", state)
    }

    /// A watcher saw something; what, says [`Draft::input`].
    pub fn watcher(name: &str) -> Self {
        Self::new(ActionType::Watcher, name).with("action.watcher.name", name)
    }

    /// A prompt, a reply or a notification: `role` is user, assistant, system or notification.
    pub fn message(role: &str, text: impl Into<Value>) -> Self {
        Self::new(ActionType::Message, role)
            .with("action.message.role", role)
            .with("action.message.text", text)
    }

    /// Somebody or something was asked for leave to do `name`; [`Draft::decided_by`] says who
    /// answered, [`Draft::policy_version`] under which policy, the status what.
    ///
    /// ```
    /// use tacho_event::{Decider, Draft, Status};
    /// let draft = Draft::approval("Bash")
    ///     .input("rm -rf build")
    ///     .decided_by(Decider::Rule, "no-recursive-delete")
    ///     .policy_version("7")
    ///     .because("deletes more than one file")
    ///     .status(Status::Denied);
    /// assert!(draft.at("/action/approval/by").is_some());
    /// ```
    pub fn approval(name: &str) -> Self {
        Self::new(ActionType::Approval, name)
    }

    /// A login, a key check or an access attempt: `method` is password, api_key, oauth, token.
    pub fn auth(method: &str, target: &str) -> Self {
        Self::new(ActionType::Auth, method)
            .with("action.auth.method", method)
            .with("action.auth.target", target)
    }

    /// Something happened to a session: start, end, stop, compaction, fork. Which session, says
    /// [`Draft::session`].
    pub fn session_event(event: &str) -> Self {
        Self::new(ActionType::Session, event).with("action.session.event", event)
    }

    /// A health check of `target`; what each check found, says [`Draft::input`].
    pub fn health(target: &str) -> Self {
        Self::new(ActionType::Health, target).with("action.health.target", target)
    }

    /// An emergency stop of `scope` (agent, session, tenant, all) was engaged or lifted.
    pub fn stop(scope: &str, target: &str, engaged: bool) -> Self {
        Self::new(ActionType::Stop, if engaged { "engage" } else { "lift" })
            .with("severity", Severity::Warning)
            .with("action.stop.scope", scope)
            .with("action.stop.target", target)
            .with("action.stop.engaged", engaged)
    }

    /// Something was lost or could not be seen.
    pub fn gap(name: &str, what: &str) -> Self {
        Self::new(ActionType::Gap, name)
            .with("severity", Severity::Warning)
            .with("action.gap.what", what)
    }

    /// A rule fired under `condition`.
    pub fn alert(rule: &str, condition: &str) -> Self {
        Self::new(ActionType::Alert, rule)
            .with("severity", Severity::Warning)
            .with("action.alert.rule", rule)
            .with("action.alert.condition", condition)
    }

    /// Somebody looked: reveal, export, search, prove. At what, says [`Draft::input`].
    pub fn access(operation: &str) -> Self {
        Self::new(ActionType::Access, operation).with("action.access.operation", operation)
    }

    /// Somebody changed a setting.
    pub fn admin(setting: &str) -> Self {
        Self::new(ActionType::Admin, setting).with("action.admin.setting", setting)
    }

    /// It worked.
    #[must_use]
    pub fn succeeded(self) -> Self {
        self.status(Status::Success)
    }

    /// It failed with an error of this type (`TimeoutError`) that said `message`.
    #[must_use]
    pub fn failed(self, kind: &str, message: &str) -> Self {
        self.status(Status::Failure)
            .with("outcome.error.type", kind)
            .with("outcome.error.message", message)
    }
}

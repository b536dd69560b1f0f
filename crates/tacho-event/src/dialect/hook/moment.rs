//! The moments in an agent's life that hooks tell of, each with the event it becomes.

use super::super::field::lookup;
use super::judge::{interrupted, judge, kind_of_error};
use super::tool::{read_tool, write_tool};
use super::{Spelling, phase_of, status_of};
use crate::draft::{Decider, Draft};
use crate::json::{Object, Value};
use crate::words::{ActionType, Phase, Severity, Status};

/// What an event of a host tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dialect) enum Moment {
    /// A tool is about to be called.
    Intent,
    /// A tool was called and answered.
    Result,
    /// A tool was called and failed.
    Failure,
    /// Leave is asked for a call.
    Asked,
    /// A call was refused.
    Refused,
    /// Something else is asked of a person; the member that says by whom.
    Question(&'static str),
    /// Something was said, by whom.
    Message(&'static str),
    /// Something happened to the session.
    Session(&'static str),
    /// A unit of work came to this state.
    Task(&'static str),
    /// A setting changed.
    Setting,
    /// A file changed by another hand.
    File,
    /// Something failed that is no call.
    Error,
    /// Nobody knows.
    Unknown,
}

impl Moment {
    /// The draft of this moment, before its plain members are read.
    pub(super) fn begin(self, record: &Object, event: &str, spelling: &Spelling) -> Draft {
        let call = &spelling.call;
        let name = record.str(call.name).unwrap_or("unnamed");
        match self {
            Moment::Intent => {
                read_tool(record, spelling).phase(Phase::Intent).status(Status::Pending)
            }
            Moment::Result => {
                let response = record.get(call.response);
                let draft = with_response(read_tool(record, spelling), response);
                let draft = draft.phase(Phase::Result);
                if spelling.judges { judge(draft, response) } else { draft.succeeded() }
            }
            Moment::Failure => failure(record, spelling),
            Moment::Asked => {
                with_subject(Draft::approval(name), record, spelling).status(Status::Pending)
            }
            Moment::Refused => with_subject(Draft::approval(name), record, spelling)
                .decided_by(Decider::ReviewerModel, spelling.host)
                .status(Status::Denied),
            Moment::Question(by) => {
                let name = record.str(by).unwrap_or("unnamed");
                Draft::approval(name).status(Status::Pending)
            }
            Moment::Message(role) => {
                Draft::new(ActionType::Message, role).with("action.message.role", role)
            }
            Moment::Session(what) => Draft::session_event(what),
            Moment::Task(state) => {
                Draft::new(ActionType::Task, state).with("action.task.state", state)
            }
            Moment::Setting => Draft::admin("settings").severity(Severity::Warning),
            Moment::File => {
                Draft::new(ActionType::File, "modify").with("action.file.operation", "modify")
            }
            Moment::Error => {
                let error = record.object(call.error);
                let inside = |member| error.and_then(|error| error.str(member));
                let kind = record.str(call.error).or(inside("name")).unwrap_or("unnamed");
                Draft::new(ActionType::Error, kind)
                    .severity(Severity::Error)
                    .status(Status::Failure)
                    .with("outcome.error.type", kind)
                    .with_some("outcome.error.message", inside("message"))
                    .with_some("outcome.error.stack", inside("stack"))
            }
            Moment::Unknown => {
                Draft::new(ActionType::External, &format!("{}.{event}", spelling.host))
                    .with("action.external.type", "hook")
            }
        }
    }

    /// True if an event tells of this moment.
    pub(super) fn is_of(self, event: &Object) -> bool {
        let text = |path| lookup(event, path).and_then(Value::as_str);
        let kind = text("action.type").and_then(ActionType::parse);
        let calls = [ActionType::Tool, ActionType::Mcp, ActionType::Skill, ActionType::External];
        let is_call = kind.is_some_and(|kind| calls.contains(&kind));
        let phase = phase_of(event);
        let failed = text("outcome.error.message").is_some();
        match self {
            Moment::Intent => is_call && phase == Some(Phase::Intent),
            Moment::Result => is_call && phase == Some(Phase::Result) && !failed,
            Moment::Failure => is_call && phase == Some(Phase::Result) && failed,
            Moment::Asked | Moment::Question(_) => {
                kind == Some(ActionType::Approval) && status_of(event) != Some(Status::Denied)
            }
            Moment::Refused => {
                kind == Some(ActionType::Approval) && status_of(event) == Some(Status::Denied)
            }
            Moment::Message(role) => {
                kind == Some(ActionType::Message) && text("action.message.role") == Some(role)
            }
            Moment::Session(what) => {
                kind == Some(ActionType::Session) && text("action.session.event") == Some(what)
            }
            Moment::Task(state) => {
                kind == Some(ActionType::Task) && text("action.task.state") == Some(state)
            }
            Moment::Setting => kind == Some(ActionType::Admin),
            Moment::File => kind == Some(ActionType::File),
            Moment::Error => kind == Some(ActionType::Error),
            Moment::Unknown => false,
        }
    }

    /// Writes the members of this moment that no table holds.
    pub(super) fn write(self, event: &Object, spelling: &Spelling, record: &mut Object) {
        let call = &spelling.call;
        let mut put = |name: &'static str, path: &str| {
            if !name.is_empty()
                && let Some(value) = lookup(event, path)
            {
                record.insert(name, value.clone());
            }
        };
        match self {
            Moment::Result => put(call.response, "outcome.result"),
            Moment::Failure => put(call.error, "outcome.error.message"),
            Moment::Error => put(call.error, "outcome.error.type"),
            Moment::Asked | Moment::Refused => {
                put(call.name, "action.name");
                put(call.input, "action.approval.subject");
                put(call.id, "action.call_id");
            }
            Moment::Question(by) => put(by, "action.name"),
            _ => {}
        }
        if matches!(self, Moment::Intent | Moment::Result | Moment::Failure) {
            write_tool(event, spelling, record);
        }
    }
}

fn failure(record: &Object, spelling: &Spelling) -> Draft {
    let (error, kind) = match record.get(spelling.call.error) {
        Some(Value::Text(text)) => (text.to_string(), kind_of_error(text)),
        Some(Value::Object(error)) => {
            let message = error.str("message").unwrap_or_default().to_owned();
            (message, error.str("name").unwrap_or("tool_error").to_owned())
        }
        _ => ("unnamed".to_owned(), "tool_error".to_owned()),
    };
    let draft = read_tool(record, spelling).phase(Phase::Result).failed(&kind, &error);
    if interrupted(record) { draft.status(Status::Partial) } else { draft }
}

fn with_response(draft: Draft, response: Option<&Value>) -> Draft {
    draft.with_some("outcome.result", response.filter(|one| !one.is_null()).cloned())
}

fn with_subject(draft: Draft, record: &Object, spelling: &Spelling) -> Draft {
    let subject = record.get(spelling.call.input).filter(|one| !one.is_null());
    draft
        .with_some("action.approval.subject", subject.cloned())
        .with_some("action.call_id", record.str(spelling.call.id))
}

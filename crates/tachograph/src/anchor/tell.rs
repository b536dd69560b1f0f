//! Given what became of anchors, gives the events that say so.
//!
//! | event | type | when |
//! |---|---|---|
//! | `tacho.anchor` | system | an anchor answered: the first time, after trouble, and once an hour |
//! | `tacho.anchor.failed` | gap | an anchor did not answer: when that begins, and once an hour |
//! | `tacho.anchor.rollback`, `tacho.anchor.fork` | alert | a witness saw what this log denies |
//!
//! Not each answer is an event: on a quiet log the events about anchors would be all that there is
//! to anchor.

use tacho_event::{ActionType, Draft, Severity, Timestamp};
use tacho_tree::stamp::rfc3339;
use tacho_tree::witness::Alarm;

use super::run::{Outcome, Trouble};
use super::state::Row;

/// Between two events that say the same.
const AGAIN_MICROS: u64 = 3_600_000_000;

/// The event that is due about this outcome; `row` says what was told before.
pub(super) fn draft(outcome: &Outcome, row: &Row, now: Timestamp) -> Option<Draft> {
    let is_time = now.micros().abs_diff(row.told.micros()) >= AGAIN_MICROS;
    let code = outcome.result.as_ref().err().map(Trouble::code);
    if !is_time && code == row.trouble.as_deref() {
        return None;
    }
    Some(match &outcome.result {
        Ok(done) => Draft::system("tacho.anchor")
            .with("action.system.kind", outcome.kind.as_str())
            .with("action.system.anchor", outcome.name.as_str())
            .with("action.system.size", done.size)
            .with_some("action.system.time", done.time.map(rfc3339)),
        Err(Trouble::Alarm(alarm)) => alert(outcome, *alarm),
        Err(trouble) => {
            let since = (row.seen.size > 0).then(|| row.seen.anchored.to_string());
            Draft::own(ActionType::Gap, "tacho.anchor.failed")
                .with("severity", Severity::Warning)
                .with("action.gap.what", format!("the anchor {} {}", outcome.kind, outcome.name))
                .with("action.gap.reason", format!("{}: {trouble}", trouble.code()))
                .with_some("action.gap.from", since)
        }
    })
}

fn alert(outcome: &Outcome, alarm: Alarm) -> Draft {
    let name = match alarm {
        Alarm::Rollback { .. } => "tacho.anchor.rollback",
        Alarm::Fork { .. } => "tacho.anchor.fork",
    };
    Draft::own(ActionType::Alert, name)
        .with("severity", Severity::Critical)
        .with("action.alert.rule", alarm.code())
        .with("action.alert.condition", format!("witness {}: {alarm}", outcome.name))
}

//! How it ended: an exit code, rows, a choice, an error; else the status.

use super::Line;
use crate::json::{Object, Value};

pub(super) fn say(event: &Object, line: &mut Line) {
    let empty = Object::new();
    let outcome = event.object("outcome").unwrap_or(&empty);
    let status = outcome.str("status");
    let result = outcome.get("result");
    let decision = event.at("/action/decision").and_then(Value::as_object);
    if let Some(error) = outcome.object("error") {
        line.some(status.filter(|status| *status != "failure"));
        line.some(error.str("type").filter(|kind| *kind != "other")).some(error.str("message"));
        if line.text.is_empty() {
            line.some(status);
        }
        return;
    }
    let number = |names: &[&str]| {
        let members = result?.as_object()?;
        names.iter().find_map(|name| members.get(name)?.as_i64())
    };
    if let Some(chosen) = decision.and_then(|decision| decision.str("chosen")) {
        line.word(chosen);
        if let Some(sure) = decision.and_then(|decision| decision.get("confidence")?.as_f64()) {
            line.written(format_args!("({sure:.2})"));
        }
    } else if let Some(code) = number(&["exit_code", "exitCode"]) {
        line.written(format_args!("exit {code}"));
        line.some(status.filter(|status| *status != "success" && *status != "failure"));
    } else if let Some(rows) = number(&["rows_returned", "row_count"]) {
        line.some(status.filter(|status| *status != "success"));
        line.written(format_args!("{rows} rows"));
    } else {
        line.some(status);
    }
}

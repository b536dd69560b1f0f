//! Given what a tool answered, says whether it worked, where the event's name does not.

use crate::draft::Draft;
use crate::json::{Object, Value};
use crate::words::Status;

use super::super::spelling::read_status;

/// The draft with the status that the answer tells; an answer that tells nothing was a success.
pub(super) fn judge(draft: Draft, response: Option<&Value>) -> Draft {
    let Some(response) = response else { return draft.succeeded() };
    match response {
        Value::Text(text) => match exit_code(text) {
            Some(0) | None => draft.succeeded(),
            Some(code) => failed(draft, &exit_kind(code)),
        },
        Value::Object(answer) => judge_object(draft, answer),
        _ => draft.succeeded(),
    }
}

fn judge_object(draft: Draft, answer: &Object) -> Draft {
    let word = answer.str("result_type").or(answer.str("resultType"));
    if let Some(status) = word.and_then(read_status) {
        return draft.status(status);
    }
    let metadata = answer.object("metadata");
    let code = [Some(answer), metadata]
        .into_iter()
        .flatten()
        .find_map(|object| object.get("exit_code").or(object.get("exitCode")))
        .and_then(Value::as_i64);
    let is_error = ["is_error", "isError"].iter().any(|name| is(answer, name, true));
    let error = answer.get("error").is_some_and(|error| !error.is_null());
    match code {
        Some(code) if code != 0 => failed(draft, &exit_kind(code)),
        _ if is_error || error || is(answer, "success", false) => failed(draft, "tool_error"),
        _ => draft.succeeded(),
    }
}

/// The answer stays the result; only what kind of error it was is told.
fn failed(draft: Draft, kind: &str) -> Draft {
    draft.status(Status::Failure).with("outcome.error.type", kind)
}

fn is(object: &Object, name: &str, value: bool) -> bool {
    object.get(name).and_then(Value::as_bool) == Some(value)
}

/// `exit_code:1` for `Exit code 1\nError: ...`, else `tool_error`.
pub(super) fn kind_of_error(text: &str) -> String {
    exit_code(text).map_or_else(|| "tool_error".to_owned(), exit_kind)
}

fn exit_kind(code: i64) -> String {
    format!("exit_code:{code}")
}

/// The exit code at the start of an answer: `Exit code 1`, `Exit code: 1`.
fn exit_code(text: &str) -> Option<i64> {
    let starts = ["Exit code: ", "Exit code ", "Process exited with code "];
    let rest = starts.iter().find_map(|start| text.strip_prefix(start))?;
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '-')).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

/// True where the user stopped the call.
pub(super) fn interrupted(record: &Object) -> bool {
    is(record, "is_interrupt", true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::read_text;

    #[test]
    fn an_answer_tells_its_status_in_the_way_of_each_host() {
        for (answer, status, kind) in [
            (r#""ok""#, "success", None),
            (r#""Exit code: 0\nfine""#, "success", None),
            (r#""Exit code 2\nno""#, "failure", Some("exit_code:2")),
            (r#"{"metadata":{"exit_code":101}}"#, "failure", Some("exit_code:101")),
            (r#"{"exit_code":0,"error":null}"#, "success", None),
            (r#"{"isError":true,"content":[]}"#, "failure", Some("tool_error")),
            (r#"{"llmContent":"x","error":{"type":"y"}}"#, "failure", Some("tool_error")),
            (r#"{"result_type":"success","text_result_for_llm":"x"}"#, "success", None),
            (r#"{"resultType":"denied"}"#, "denied", None),
            (r#"{"success":false}"#, "failure", Some("tool_error")),
            ("[1]", "success", None),
        ] {
            let draft = judge(Draft::default(), Some(&read_text(answer).unwrap()));
            let text = |pointer| draft.at(pointer).and_then(Value::as_str);
            assert_eq!(text("/outcome/status"), Some(status), "{answer}");
            assert_eq!(text("/outcome/error/type"), kind, "{answer}");
        }
    }

    #[test]
    fn an_error_text_names_its_exit_code() {
        assert_eq!(kind_of_error("Exit code 1\nError: Cannot find module"), "exit_code:1");
        assert_eq!(kind_of_error("Exit code -9"), "exit_code:-9");
        assert_eq!(kind_of_error("Exit code"), "tool_error");
        assert_eq!(kind_of_error("File not found"), "tool_error");
    }
}

//! Seed 002's content logging at level `redacted`.

use super::*;

/// Seed 002's own settings, at the level where they hold.
fn policy() -> Policy {
    full().with_level(Level::Redacted)
}

/// Each case is an event, what is left of its action and outcome, and what `cut` says.
fn check(policy: &Policy, event: &str, action: &str, outcome: &str, cut: &str) {
    let entry = protect(policy, event);
    let shown = read_text(&revealed(&entry)).unwrap();
    let text = |pointer: &str| shown.at(pointer).map_or(String::new(), Value::to_json);
    let own = shown.at("/action/type").and_then(Value::as_str).unwrap();
    assert_eq!(text(&format!("/action/{own}")), action, "{event}");
    assert_eq!(text("/outcome"), outcome, "{event}");
    assert_eq!(remark(&entry, "cut"), cut, "{event}");
}

#[test]
fn of_files_the_paths_are_kept() {
    for (event, action, outcome, cut) in [
        (
            r#"{"action":{"type":"tool","name":"Read","tool":{"parameters":{"file_path":"/a","limit":3}}},
                "outcome":{"status":"success","result":"caf\u00e9\n"}}"#,
            r#"{"parameters":{"file_path":"/a","limit":3}}"#,
            r#"{"status":"success"}"#,
            r#"{"/outcome/result":5}"#,
        ),
        (
            r#"{"action":{"type":"tool","name":"Read","tool":{}},"outcome":{"result":
                {"type":"text","file":{"filePath":"/a","content":"abc","numLines":1}}}}"#,
            "{}",
            r#"{"result":{"file":{"filePath":"/a","numLines":1},"type":"text"}}"#,
            r#"{"/outcome/result/file/content":3}"#,
        ),
        (
            r#"{"action":{"type":"tool","name":"Write","tool":{"parameters":{"file_path":"/a","content":"xyz"}}}}"#,
            r#"{"parameters":{"file_path":"/a"}}"#,
            "",
            r#"{"/action/tool/parameters/content":3}"#,
        ),
        (
            r#"{"action":{"type":"tool","name":"MultiEdit","tool":{"parameters":{"file_path":"/a","edits":
                [{"old_string":"a","new_string":"bc","replace_all":true}]}}}}"#,
            r#"{"parameters":{"edits":[{"replace_all":true}],"file_path":"/a"}}"#,
            "",
            r#"{"/action/tool/parameters/edits/0/new_string":2,"/action/tool/parameters/edits/0/old_string":1}"#,
        ),
        (
            r#"{"action":{"type":"tool","name":"NotebookEdit","tool":{"parameters":{"notebook_path":"/n","new_source":"abcd"}}}}"#,
            r#"{"parameters":{"notebook_path":"/n"}}"#,
            "",
            r#"{"/action/tool/parameters/new_source":4}"#,
        ),
        (
            r#"{"action":{"type":"tool","name":"apply_patch","tool":{"parameters":{"input":
                "*** Begin Patch\n*** Update File: src/a.rs\n@@\n-x\n+y\n*** End Patch"}}}}"#,
            concat!(
                r#"{"parameters":{"input":"*** Begin Patch\n"#,
                r#"*** Update File: src/a.rs\n*** End Patch"}}"#
            ),
            "",
            r#"{"/action/tool/parameters/input":64}"#,
        ),
        (
            r#"{"action":{"type":"mcp","name":"mcp__filesystem__read_text_file","mcp":{"tool":"read_text_file",
                "parameters":{"path":"/a"}}},"outcome":{"result":{"content":[{"type":"text","text":"abc"}]}}}"#,
            r#"{"parameters":{"path":"/a"},"tool":"read_text_file"}"#,
            r#"{"result":{"content":[{"type":"text"}]}}"#,
            r#"{"/outcome/result/content/0/text":3}"#,
        ),
        (
            r#"{"action":{"type":"file","file":{"operation":"create","path":"/a","size_bytes":3,"content":"abc"}}}"#,
            r#"{"operation":"create","path":"/a","size_bytes":3}"#,
            "",
            r#"{"/action/file/content":3}"#,
        ),
    ] {
        check(&policy(), event, action, outcome, cut);
    }
}

#[test]
fn what_a_file_was_before_and_after_is_what_it_holds() {
    let text = r#"{"action":{"type":"change"},"change":{"resource_type":"File","resource_id":"/a",
        "before":"abc","after":["l1","l2"]}}"#;
    let entry = protect(&policy(), text);
    assert_eq!(remark(&entry, "cut"), r#"{"/change/after":2,"/change/before":3}"#);
    let shown = revealed(&entry);
    assert!(shown.contains(r#""change":{"resource_id":"/a","resource_type":"File"}"#), "{shown}");
    let other = text.replace("\"File\"", "\"config\"");
    assert_eq!(remark(&protect(&policy(), &other), "cut"), "");
}

#[test]
fn of_queries_the_number_of_rows_is_kept() {
    let skill = r#""action":{"type":"skill","name":"postgres","skill":{"operation":"query"}}"#;
    let left = r#"{"operation":"query"}"#;
    for (result, outcome, cut) in [
        (r#"[{"a":1},{"a":2}]"#, r#"{"result":{"row_count":2}}"#, r#"{"/outcome/result":2}"#),
        (
            r#"{"rows":[[1],[2],[3]],"fields":["a"],"execution_time_ms":4}"#,
            r#"{"result":{"execution_time_ms":4,"fields":["a"],"row_count":3}}"#,
            r#"{"/outcome/result/rows":3}"#,
        ),
        (
            r#"{"rows":[],"items":[1],"row_count":9}"#,
            r#"{"result":{"items_count":1,"row_count":9,"rows_count":0}}"#,
            r#"{"/outcome/result/items":1,"/outcome/result/rows":0}"#,
        ),
        (
            r#"{"data":{"records":[1,2]}}"#,
            r#"{"result":{"data":{"row_count":2}}}"#,
            r#"{"/outcome/result/data/records":2}"#,
        ),
        (r#""a | b""#, "{}", r#"{"/outcome/result":5}"#),
        (r#"{"rows_returned":7}"#, r#"{"result":{"rows_returned":7}}"#, ""),
    ] {
        let event = format!(r#"{{{skill},"outcome":{{"result":{result}}}}}"#);
        check(&policy(), &event, left, outcome, cut);
    }
}

#[test]
fn queries_are_known_by_their_server_or_their_operation() {
    let outcome = r#""outcome":{"result":{"rows":[1]}}"#;
    for (action, is_query) in [
        (r#"{"type":"mcp","name":"mcp__postgres__run","mcp":{"server":"postgres"}}"#, true),
        (r#"{"type":"tool","name":"mcp__postgres__query"}"#, true),
        (r#"{"type":"mcp","name":"warehouse","mcp":{"tool":"execute_sql"}}"#, true),
        (r#"{"type":"external","name":"BigQuery"}"#, true),
        (r#"{"type":"provider","name":"crm","provider":{"operation":"query"}}"#, true),
        (r#"{"type":"skill","name":"github","skill":{"operation":"list"}}"#, false),
        (r#"{"type":"tool","name":"Task"}"#, false),
        (r#"{"type":"decision","name":"query"}"#, false),
    ] {
        let entry = protect(&policy(), &format!(r#"{{"action":{action},{outcome}}}"#));
        assert_eq!(!remark(&entry, "cut").is_empty(), is_query, "{action}");
    }
    let provider = r#"{"action":{"type":"provider","name":"query","provider":{"response":[1,2]}}}"#;
    let entry = protect(&policy(), provider);
    assert_eq!(remark(&entry, "cut"), r#"{"/action/provider/response":2}"#);
    assert!(revealed(&entry).contains(r#""response":{"row_count":2}"#));
}

#[test]
fn command_output_is_cut_between_characters() {
    let policy = policy().with_content_logging(ContentLogging {
        output_chars: Some(4),
        ..ContentLogging::default()
    });
    let bash =
        r#""action":{"type":"tool","name":"Bash","tool":{"parameters":{"command":"cat long"}}}"#;
    let left = r#"{"parameters":{"command":"cat long"}}"#;
    for (result, outcome, cut) in [
        (
            r#""\u00e9\u00e9\u00e9\u00e9\u00e9""#,
            "{\"result\":\"\u{e9}\u{e9}\u{e9}\u{e9}\"}",
            r#"{"/outcome/result":5}"#,
        ),
        ("\"ab\u{1f680}d\"", "{\"result\":\"ab\u{1f680}d\"}", ""),
        ("\"ab\u{1f680}de\"", "{\"result\":\"ab\u{1f680}d\"}", r#"{"/outcome/result":5}"#),
        (
            r#"{"stdout":"12345","stderr":"1234","exit_code":0,"output_preview":"123456","note":"123456"}"#,
            r#"{"result":{"exit_code":0,"note":"123456","output_preview":"1234","stderr":"1234","stdout":"1234"}}"#,
            r#"{"/outcome/result/output_preview":6,"/outcome/result/stdout":5}"#,
        ),
        (
            r#"{"output":["ab","cdefg","h"]}"#,
            r#"{"result":{"output":["ab","cdef"]}}"#,
            r#"{"/outcome/result/output":3,"/outcome/result/output/1":5}"#,
        ),
        (
            r#"[{"type":"text","text":"12345"}]"#,
            r#"{"result":[{"text":"1234","type":"text"}]}"#,
            r#"{"/outcome/result/0/text":5}"#,
        ),
    ] {
        let event = format!(r#"{{{bash},"outcome":{{"result":{result}}}}}"#);
        check(&policy, &event, left, outcome, cut);
    }
    let failed = format!(r#"{{{bash},"outcome":{{"error":{{"message":"123456"}}}}}}"#);
    check(
        &policy,
        &failed,
        left,
        r#"{"error":{"message":"1234"}}"#,
        r#"{"/outcome/error/message":6}"#,
    );
}

#[test]
fn five_hundred_characters_are_kept_and_not_one_more() {
    for (chars, kept) in [(499, 499), (500, 500), (501, 500)] {
        let output = "\u{e9}".repeat(chars);
        let text = format!(
            r#"{{"action":{{"type":"tool","name":"Bash"}},"outcome":{{"result":{{"stdout":"{output}"}}}}}}"#
        );
        let entry = protect(&policy(), &text);
        let shown = read_text(&revealed(&entry)).unwrap();
        let stdout = shown.at("/outcome/result/stdout").and_then(Value::as_str).unwrap();
        assert_eq!(stdout.chars().count(), kept);
        assert_eq!(remark(&entry, "cut").is_empty(), chars <= 500);
    }
}

#[test]
fn each_setting_can_be_switched_off_and_none_holds_at_level_full() {
    let read = r#"{"action":{"type":"tool","name":"Read"},"outcome":{"result":"abc"}}"#;
    let rows = r#"{"action":{"type":"skill","name":"postgres"},"outcome":{"result":[1]}}"#;
    let bash = format!(
        r#"{{"action":{{"type":"tool","name":"Bash"}},"outcome":{{"result":"{}"}}}}"#,
        "x".repeat(600)
    );
    let all = ContentLogging { file_contents: true, query_results: true, output_chars: None };
    for text in [read, rows, &bash] {
        assert_ne!(remark(&protect(&policy(), text), "cut"), "");
        assert_eq!(remark(&protect(&full(), text), "cut"), "");
        let policy = policy().with_content_logging(all.clone());
        assert_eq!(remark(&protect(&policy, text), "cut"), "");
    }
}

#[test]
fn a_member_rule_decides_what_content_logging_may_cut() {
    let rule = |level| CaptureRule {
        member: Some("outcome.result".into()),
        level,
        ..CaptureRule::default()
    };
    let read = r#"{"action":{"type":"tool","name":"Read"},"outcome":{"result":"abc"}}"#;
    let cut = |event: Level, member: Level| {
        let policy = full().with_level(event).with_rules(vec![rule(member)]);
        remark(&protect(&policy, read), "cut")
    };
    assert_eq!(cut(Level::Redacted, Level::Full), "");
    assert_eq!(cut(Level::Full, Level::Redacted), r#"{"/outcome/result":3}"#);
    assert_eq!(cut(Level::Full, Level::Metadata), r#"{"/outcome/result":3}"#);
    assert_eq!(cut(Level::Full, Level::None), "");
}

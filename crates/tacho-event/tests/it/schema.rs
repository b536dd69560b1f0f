//! The JSON Schema of the event, asked by a validator that is not ours.

use std::io::Write as _;
use std::process::{Command, Stdio};
use tacho_event::json::{self, Object, Value};
use tacho_event::schema::event_schema;
use tacho_event::shape::{EVENT, Kind, Member};
use tacho_event::{Draft, Timestamp, World};

struct Noon;

impl World for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::parse("2026-11-20T12:00:00Z").unwrap()
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// Reads a schema and then documents, a line each; answers a line of `ok` or the error each.
const VALIDATOR: &str = r#"
import json, sys
import jsonschema
lines = sys.stdin.read().split("\n")
schema = json.loads(lines[0])
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for line in lines[1:]:
    error = jsonschema.exceptions.best_match(validator.iter_errors(json.loads(line)))
    print("ok" if error is None else error.message.replace("\n", " ")[:200])
"#;

/// What the validator says of each document; `None` where there is no validator.
fn validate(documents: &[Value]) -> Option<Vec<String>> {
    let python = tacho_testkit::tools_dir().join("python/bin/python");
    let version = Command::new(&python).args(["-c", "import jsonschema"]).output();
    if !version.is_ok_and(|output| output.status.success()) {
        tacho_testkit::require("python", "no Python with `jsonschema` among the tools");
        return None;
    }
    let lines = std::iter::once(event_schema()).chain(documents.iter().cloned());
    let input: Vec<String> = lines.map(|value| value.to_json()).collect();
    let mut child = Command::new(python)
        .args(["-c", VALIDATOR])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.join("\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the schema itself is valid");
    let answers: Vec<String> =
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), documents.len());
    Some(answers)
}

fn document(text: &str) -> Value {
    json::read(text.as_bytes()).unwrap()
}

/// The shapes in which agents log: a tool, a skill, a search, a decision, an error.
fn samples() -> Vec<Value> {
    [
        r#"{"id":"7d0c7a1e-55a7-4a53-9a26-0c6f0f1c2f10","timestamp":"2025-03-04T08:15:30.250Z",
            "agent":{"id":"dev/reviewer","session_id":"run-9","conversation_id":"chat-77"},
            "action":{"type":"tool","name":"Grep","tool":{"name":"Grep","parameters":
              {"pattern":"TODO","path":"src"}}},
            "outcome":{"status":"success","result":{"exit_code":0,"output_lines":3}},
            "resources":{"duration_ms":41},
            "security":{"permission_level":"readonly","resources_accessed":
              [{"type":"directory","identifier":"/srv/src"}]}}"#,
        r#"{"agent":{"id":"data/analyst"},"action":{"type":"skill","name":"postgres","skill":
              {"name":"postgres","operation":"query","parameters":{"tables_accessed":["orders"]}}},
            "outcome":{"status":"partial","result":{"rows_returned":10}},
            "resources":{"duration_ms":12.75,"tokens_input":812,"tokens_output":44,
              "cost_usd":0.0125},"security":{"sensitive_data_accessed":true}}"#,
        r#"{"timestamp":"2025-03-04T09:15:30+01:00","action":{"type":"external",
              "name":"web_fetch","external":{"type":"web_fetch","target":"https://example.org/x",
              "parameters":{}}},"outcome":{"status":"timeout","error":{"type":"TimeoutError",
              "message":"no answer"}}}"#,
        r#"{"action":{"type":"decision","name":"scale_out","decision":{"question":"Add a node?",
              "options_considered":[{"option":"yes","reasoning":"load","score":0.7},
              {"option":"no","score":0.3}],"chosen":"yes","confidence":0.7}},
            "outcome":{"status":"success","result":{"awaiting_approval":false},"error":null}}"#,
        r#"{"tenant":"acme","severity":"critical","labels":{"env":"test","n":1,"x":null},
            "metadata":{"anything":[1,{"b":null}]},"action":{"type":"error","name":"oom",
              "attempt":2,"error":{"context":"loading"}},"actor":{"type":"user","id":"u1",
              "on_behalf_of":[{"type":"user","id":"u2"}]},"origin":{"seq":0},"v":1}"#,
    ]
    .map(document)
    .to_vec()
}

/// Values that fit some kinds of member and not others.
fn values() -> Vec<Value> {
    let texts = ["", "tool", "failure", "2026-01-31T10:30:00Z", "2026-01-31", "a b", "acme"];
    let mut values: Vec<Value> = texts.map(Value::from).to_vec();
    let others = [r#"null"#, "true", "0", "1", "-1", "1.5", "[]", "[1]", r#"["a"]"#, "[{}]", "{}"];
    values.extend(others.map(document));
    values.push(document(r#"{"type":"x","name":1,"zzz":[]}"#));
    values
}

/// A sound event with one member set to a value, for each member and value.
fn mutations() -> Vec<Value> {
    fn visit(path: &mut Vec<&'static str>, members: &'static [Member], out: &mut Vec<Value>) {
        for member in members {
            path.push(member.name);
            for value in values() {
                let mut doc = Object::new();
                doc.insert_at(&["action", "type"], "tool");
                assert!(doc.insert_at(path, value), "{path:?}");
                out.push(doc.into());
            }
            if !matches!(member.kind, Kind::OpenList(_)) {
                visit(path, member.kind.members(), out);
            }
            path.pop();
        }
    }
    let mut out = Vec::new();
    visit(&mut Vec::new(), EVENT, &mut out);
    out
}

fn is_accepted(document: &Value) -> bool {
    let Value::Object(doc) = document.clone() else { return false };
    Draft::from_object(doc).check(&Noon).is_ok()
}

#[test]
fn what_agents_log_is_valid() {
    let samples = samples();
    for sample in &samples {
        assert!(is_accepted(sample), "{sample}");
    }
    let Some(answers) = validate(&samples) else { return };
    assert_eq!(answers, vec!["ok"; samples.len()]);
    // What the check made of them, as it is recorded, is valid as well.
    let checked = samples.into_iter().map(|sample| {
        let event = Draft::from_object(sample.as_object().unwrap().clone()).check(&Noon).unwrap();
        Value::from(event.object().clone())
    });
    let checked: Vec<Value> = checked.collect();
    assert_eq!(validate(&checked).unwrap(), vec!["ok"; checked.len()]);
}

#[test]
fn the_schema_accepts_what_the_check_accepts_for_every_member() {
    let documents = mutations();
    let Some(answers) = validate(&documents) else { return };
    let mut accepted = 0;
    for (document, answer) in documents.iter().zip(&answers) {
        let checked = is_accepted(document);
        accepted += usize::from(checked);
        // `system` and names of ours are reserved by the check alone.
        assert_eq!(answer == "ok", checked, "{document}: {answer}");
    }
    assert!(
        accepted > 500 && documents.len() - accepted > 500,
        "{accepted} of {}",
        documents.len()
    );
}

#[test]
fn what_is_missing_or_unknown_is_invalid() {
    let documents = [
        "{}",
        r#"{"action":{}}"#,
        r#"{"action":null}"#,
        r#"{"action":{"type":null}}"#,
        r#"{"action":{"type":"tool"},"agnet":{}}"#,
        r#"{"action":{"type":"tool","tol":{}}}"#,
        "[]",
    ];
    let documents = documents.map(document);
    assert!(documents.iter().all(|document| !is_accepted(document)));
    let Some(answers) = validate(&documents) else { return };
    assert!(answers.iter().all(|answer| answer != "ok"), "{answers:?}");
}

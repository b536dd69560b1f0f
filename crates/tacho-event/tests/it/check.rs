//! A draft becomes an event, or every problem with it is named.

use crate::world::Still;
use tacho_event::json::{Object, Value, read, read_text};
use tacho_event::privacy::{Class, Disclosure, Level, Policy, Protected, StandIns};
use tacho_event::{Draft, Problem, limits};

fn draft(text: &str) -> Draft {
    match read_text(text).unwrap() {
        Value::Object(object) => Draft::from_object(object),
        other => panic!("{other}"),
    }
}

fn problems(text: &str) -> Vec<String> {
    let problems = draft(text).check(&Still::default()).unwrap_err();
    problems.iter().map(Problem::to_string).collect()
}

#[test]
fn an_event_without_id_and_time_gets_them_from_the_world() {
    let event = Draft::tool("Bash").check(&Still::default()).unwrap();
    assert_eq!(event.timestamp().to_string(), "2026-11-20T10:00:00.000000Z");
    assert_eq!(event.at("/timestamp"), Some(&"2026-11-20T10:00:00.000000Z".into()));
    assert_eq!(event.at("/v"), Some(&1.into()));
    assert!(event.id().as_str().starts_with("01a1f866-0d00-7"), "{}", event.id());
}

#[test]
fn every_problem_is_told_at_once_with_its_place() {
    let text = r#"{"agnet":{},"id":"a b","timestamp":"yesterday","tenant":"../x","severity":"warn",
        "agent":{"id":7,"sesion_id":"s"},"action":{"type":"tol","attempt":-1},
        "outcome":{"status":"SUCCESS","error":"no"},"resources":{"duration_ms":"12"},
        "security":{"resources_accessed":["/path"],"sensitive_data_accessed":"yes"},
        "labels":{"a":[1]},"v":2}"#;
    let told = problems(text);
    for (place, hint) in [
        ("/agnet: is not a member of an event", "did you mean `agent`?"),
        ("/id: `a b` cannot be an id", "letters, digits"),
        ("/timestamp: `yesterday` is no RFC 3339 time", "2026-11-20"),
        ("/tenant: `../x` cannot be a tenant", "lower-case"),
        ("/severity: `warn` is none of its words", "debug, info"),
        ("/agent/id: must be a string, not a number", ""),
        ("/agent/sesion_id: is not a member of an event", "`session_id`"),
        ("/action/type: `tol` is none of its words", "`tool`"),
        ("/action/attempt: must be a whole number from 0", "round it"),
        ("/outcome/status: `SUCCESS` is none of its words", "`success`"),
        ("/outcome/error: must be an object, not a string", ""),
        ("/resources/duration_ms: must be a number, not a string", ""),
        ("/security/resources_accessed/0: must be an object, not a string", ""),
        ("/security/sensitive_data_accessed: must be true or false, not a string", ""),
        ("/labels/a: must be a string, a number or a boolean, not an array", "metadata"),
        ("/v: is an unknown version", "version 1"),
    ] {
        let found = told.iter().any(|told| told.starts_with(place) && told.contains(hint));
        assert!(found, "{place} is not among {told:#?}");
    }
    assert_eq!(told.len(), 16, "{told:#?}");
}

#[test]
fn an_action_needs_a_type_and_may_not_pass_for_the_recorder() {
    assert!(problems("{}")[0].starts_with("/action/type: is missing"));
    assert!(problems(r#"{"action":{"name":"x"}}"#)[0].starts_with("/action/type: is missing"));
    for forged in [r#"{"type":"system","name":"x"}"#, r#"{"type":"tool","name":"tacho.key"}"#] {
        let told = problems(&format!(r#"{{"action":{forged}}}"#));
        assert!(told[0].contains("is reserved"), "{told:?}");
    }
    assert!(Draft::system("tacho.key").check(&Still::default()).unwrap().is_system());
}

#[test]
fn the_tenant_says_where_to_and_is_no_part_of_the_event() {
    let event = Draft::tool("Bash").tenant("acme").check(&Still::default()).unwrap();
    assert_eq!(event.tenant().unwrap().as_str(), "acme");
    assert_eq!(event.at("/tenant"), None);
}

#[test]
fn an_answer_lists_a_bounded_number_of_problems() {
    let names: Vec<String> = (0..100).map(|i| format!(r#""unknown_{i}":1"#)).collect();
    let told = problems(&format!("{{{}}}", names.join(",")));
    assert_eq!(told.len(), limits::PROBLEMS_MAX);
}

/// A value of this many levels of objects.
fn nested(levels: usize) -> Value {
    (1..levels).fold(Value::from(Object::new()), |inner, _| Object::from([("a", inner)]).into())
}

/// What is accepted is stored as JSON inside JSON, and that is read by the same bounded reader.
#[test]
fn the_deepest_event_that_checks_is_read_back_from_what_is_stored() {
    let world = Still::default();
    let policy = Policy::default().with_level(Level::Full);
    for path in ["metadata.x", "action.tool.parameters", "action.tool", "outcome.result"] {
        let mut deepest = 0;
        for levels in 1..=limits::DEPTH_MAX + 2 {
            let draft = Draft::tool("Bash").with(path, nested(levels));
            let event = match draft.check(&world) {
                Ok(event) => event,
                Err(problems) => {
                    assert!(problems[0].what.contains("nested deeper"), "{problems:?}");
                    continue;
                }
            };
            deepest = levels;
            let Ok(Protected::Entry(entry)) = policy.apply(event, &StandIns::new(), &world) else {
                panic!("{path} at {levels} is not protected");
            };
            assert!(read(entry.leaf()).is_ok());
            for part in entry.parts() {
                let opened = Disclosure::of_part(part.class(), part.plaintext());
                assert!(opened.is_ok(), "{path} at {levels}: {opened:?}");
                for disclosure in opened.unwrap() {
                    let shown = Disclosure::parse(Class::Content, &disclosure.text);
                    assert!(shown.is_some(), "{path} at {levels}");
                }
            }
        }
        assert!(deepest + 1 >= limits::VALUE_DEPTH_MAX, "{path} takes {deepest} levels only");
    }
}

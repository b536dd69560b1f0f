//! What a check found, as JSON; the findings themselves are those of the tree crate.

use tacho_event::json::{Object, Value};
use tacho_tree::audit::{Finding, Report};

/// The report as `{"v":1,"verdict":..,"findings":[..],"facts":[..],"limits":[..]}`.
pub fn to_json(report: &Report) -> Object {
    let findings = report.findings.iter().map(|one| finding(one).into()).collect();
    Object::from([
        ("v", Value::from(1)),
        ("verdict", Value::from(report.verdict().as_str())),
        ("findings", Value::List(findings)),
        ("more_findings", Value::from(report.more)),
        ("facts", Value::from(report.facts.clone())),
        ("limits", Value::from(report.limits.clone())),
    ])
}

fn finding(one: &Finding) -> Object {
    let mut object = Object::from([
        ("code", Value::from(one.code.as_str())),
        ("place", Value::from(one.spot.to_string())),
        ("what", Value::from(one.what.as_str())),
        ("hint", Value::from(one.code.hint())),
    ]);
    if let Some(file) = &one.spot.file {
        object.insert("file", file.as_str());
    }
    for (name, number) in [("offset", one.spot.offset), ("leaf", one.spot.leaf)] {
        if let Some(number) = number {
            object.insert(name, number);
        }
    }
    object
}

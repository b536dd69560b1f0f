//! Others judge our bytes: `rfc8785` the canonical form, the IETF's `sd-jwt` the disclosures.

use super::events::event;
use super::*;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::io::Write;
use std::process::{Command, Stdio};

const ENTRIES: usize = 200;

#[test]
fn stock_verifiers_accept_every_entry_and_reject_a_changed_one() {
    let python = tacho_testkit::tools_dir().join("python/bin/python");
    let probe = Command::new(&python).args(["-c", "import rfc8785, sd_jwt"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        tacho_testkit::require("python", "no Python with `rfc8785` and `sd-jwt` among the tools");
        return;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/protect/oracle.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines: Vec<String> = entries().iter().map(|entry| line(entry).to_json()).collect();
    let changed = lines.last().unwrap().replacen("\"digests\":[[\"", "\"digests\":[[\"A", 1);
    lines.push(changed);
    // A leaf whose members are in another order, and one that lost a digest.
    let leaf = r#"{"classes":{},"disclosures":[],"leaf":"{\"v\":1,\"id\":\"a\"}"}"#;
    lines.push(leaf.to_owned());
    child.stdin.take().unwrap().write_all(lines.join("\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let verdicts: Vec<String> =
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(verdicts.len(), ENTRIES + 2);
    for (verdict, line) in verdicts.iter().zip(&lines).take(ENTRIES) {
        assert_eq!(verdict, "ok", "{line}");
    }
    assert_ne!(verdicts[ENTRIES], "ok");
    assert_eq!(verdicts[ENTRIES + 1], "the leaf is not canonical");
}

/// Entries of generated events, under every policy in turn.
fn entries() -> Vec<Entry> {
    let mut runner = TestRunner::deterministic();
    let world = Dice::new();
    let policies = policies();
    (0..ENTRIES)
        .map(|i| {
            let doc = event().new_tree(&mut runner).unwrap().current();
            let (_, policy) = &policies[i % policies.len()];
            let policy = policy.clone().with_evidence(vec!["outcome.result".into()]);
            *protect(&policy, checked(doc), &world)
        })
        .collect()
}

/// What the other side is given: the leaf, its disclosures, and what it should find.
fn line(entry: &Entry) -> Value {
    let disclosures = disclosures(entry);
    let mut classes = Object::new();
    for class in Class::ALL {
        let of_class = disclosures.iter().filter(|one| one.class == class);
        let pairs: Object = of_class.map(|one| (one.name.clone(), one.value.clone())).collect();
        if !pairs.is_empty() {
            classes.insert(class.as_str(), pairs);
        }
    }
    let digest = |one: &Disclosure| Value::from([one.text.clone(), base64url(&one.digest())]);
    Object::from([
        ("classes", Value::from(classes)),
        ("digests", disclosures.iter().map(digest).collect::<Vec<_>>().into()),
        ("leaf", String::from_utf8(entry.leaf().to_vec()).unwrap().into()),
    ])
    .into()
}

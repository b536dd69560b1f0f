//! What a sealed part discloses is what the reference of RFC 9901 takes it for.

use std::path::Path;
use std::process::Command;

use tacho_event::json::Value;
use tacho_event::privacy::{Class, Disclosure, Preset};
use tachograph::vault::Opener;

use super::safe::{Safe, call};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/verifiers/disclosures.py");

/// A leaf and what was opened of it, as the script reads them.
fn vectors(leaf: &[u8], disclosures: &[Disclosure]) -> String {
    let text = |text: &str| Value::from(text).to_json();
    let class = |class: Class| {
        let of_class = || disclosures.iter().filter(move |one| one.class == class);
        let shown: Vec<String> = of_class()
            .map(|one| format!("{}:{}", text(one.name.as_str()), text(&one.text)))
            .collect();
        let pairs: Vec<String> = of_class()
            .map(|one| format!("[{},{}]", text(one.name.as_str()), one.value.to_json()))
            .collect();
        format!(
            r#"{}:{{"disclosures":{{{}}},"pairs":[{}]}}"#,
            text(class.as_str()),
            shown.join(","),
            pairs.join(",")
        )
    };
    let classes = [Class::Content, Class::Identity].map(class).join(",");
    let leaf = text(std::str::from_utf8(leaf).unwrap());
    format!(r#"{{"leaf":{leaf},"classes":{{{classes}}}}}"#)
}

#[test]
fn disclosures_of_sealed_parts_unpack_in_the_ietf_reference() {
    let python = tacho_testkit::tools_dir().join("python/bin/python");
    if !python.exists() {
        tacho_testkit::require("python", "`cargo x setup` installs sd-jwt and rfc8785");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let accepts = |text: &str| {
        let path = dir.path().join("vectors.json");
        std::fs::write(&path, text).unwrap();
        let output = Command::new(&python).arg(Path::new(SCRIPT)).arg(&path).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let safe = Safe::new();
    let draft = call(1, "alice@example.com", "git log").with("outcome.result.exit_code", 0);
    safe.server(Preset::Production, "acme").record(draft).unwrap();
    safe.integrate();
    let log = safe.yard.log("acme");
    let parts = log.parts(&log.get(0).unwrap().unwrap()).unwrap();
    let mut opener = Opener::new(safe.ring(), "acme").unwrap();
    let opened = opener.open(&parts, &mut |part| {
        log.part_files().grant(part.class, 20_412, &part.grant_id).unwrap()
    });
    let disclosures = opened.disclosures;
    assert!(disclosures.len() >= 3, "{disclosures:?}");
    let leaf = log.leaf(0).unwrap().unwrap();
    let (is_accepted, why) = accepts(&vectors(&leaf, &disclosures));
    assert!(is_accepted, "{why}");

    // Another salt is a disclosure that no digest waits for; another value does not unpack.
    for one in &disclosures {
        let whole = vectors(&leaf, &disclosures);
        let changed = whole.replacen(&one.text[..12], "WyJBQUFBQUFB", 1);
        assert_ne!(changed, whole);
        assert!(!accepts(&changed).0, "{}", one.name);
    }
    let mut told = disclosures.clone();
    told[0].value = Value::from("something else");
    assert!(!accepts(&vectors(&leaf, &told)).0);
    // What is not shown stays hidden, and the rest is what it was.
    assert!(accepts(&vectors(&leaf, &disclosures[1..])).0);
}

//! Grants and parts written here open in `pyhpke` and `cryptography`, and theirs open here.
#![expect(clippy::disallowed_methods, reason = "stock verifiers read files and are processes")]

use std::process::Command;

use tacho_event::json::{self, Value};
use tacho_event::privacy::Class;

use super::cipher::{Expander, Key, public_of, random_key};
use super::codec::{Grant, GrantKind, Item};
use super::grant::{To, open_day, open_inner, open_master, open_outer, wrap};
use super::part::{self, Envelope};
use crate::world::OsWorld;

const ORIGIN: &str = "tacho.example.com/acme";
const PLAINTEXT: &[u8] = b"0123456789abcdef[[\"input\",{\"n\":1}]]";

struct Case {
    kind: GrantKind,
    secret: Key,
    subject: Key,
    grant: Vec<u8>,
    part: Vec<u8>,
}

fn case(kind: GrantKind) -> Case {
    let (secret, subject, key) = (random_key(&OsWorld), random_key(&OsWorld), random_key(&OsWorld));
    let (public, person) = (public_of(&secret).unwrap(), public_of(&subject).unwrap());
    let bare = Grant { id: [9; 16], class: Class::Content, day: 20_777, kind, wrap: b"" };
    let to = match kind {
        GrantKind::Master => To::Master(&public),
        GrantKind::Day => To::Day(&public),
        _ => To::DaySubject(&public, &[7; 16], &person),
    };
    let wrapped = wrap(&bare.header(), ORIGIN, &key, to, &OsWorld).unwrap();
    let mut grant = Vec::new();
    Grant { wrap: &wrapped, ..bare }.encode(&mut grant);
    let envelope = Envelope {
        record_id: [1; 16],
        grant_id: [9; 16],
        class: Class::Content,
        pairs: 1,
        nonce: [3; 12],
        origin: ORIGIN,
        padded: false,
    };
    let mut part = Vec::new();
    part::seal(&Expander::new(&key), &envelope, PLAINTEXT, &mut part);
    Case { kind, secret, subject, grant, part }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = (0..text.len() / 2).map(|at| &text[2 * at..2 * at + 2]);
    digits.map(|digits| u8::from_str_radix(digits, 16).unwrap()).collect()
}

/// The plaintext of what somebody else sealed.
fn open(case: &Case, grant: &[u8], part: &[u8]) -> Vec<u8> {
    let Ok((Item::Grant(grant), _)) = Item::decode(grant) else { panic!("no grant") };
    let Ok((Item::Part(part), _)) = Item::decode(part) else { panic!("no part") };
    assert_eq!((grant.kind, grant.id), (case.kind, part.grant_id));
    let key = match case.kind {
        GrantKind::Master => open_master(&grant, ORIGIN, &case.secret).unwrap(),
        GrantKind::Day => open_day(&grant, ORIGIN, &case.secret).unwrap(),
        _ => {
            let inner = open_outer(&grant, ORIGIN, &case.secret).unwrap();
            open_inner(&grant, ORIGIN, &inner, &case.subject).unwrap()
        }
    };
    part::open(&Expander::new(&key), &part, ORIGIN).unwrap().to_vec()
}

#[test]
fn what_is_sealed_here_opens_in_stock_tools_and_theirs_here() {
    let python = tacho_testkit::tools_dir().join("python/bin/python");
    if !python.exists() {
        tacho_testkit::require("python", "`cargo x setup` installs pyhpke and cryptography");
        return;
    }
    let cases = [GrantKind::Master, GrantKind::Day, GrantKind::DaySubject].map(case);
    let lines = cases.each_ref().map(|case| {
        format!(
            concat!(
                r#"{{"origin":"{}","secret":"{}","subject":"{}","#,
                r#""grant":"{}","part":"{}","plaintext":"{}"}}"#
            ),
            hex(ORIGIN.as_bytes()),
            hex(case.secret.as_slice()),
            hex(case.subject.as_slice()),
            hex(&case.grant),
            hex(&case.part),
            hex(PLAINTEXT)
        )
    });
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cases");
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/verifiers/vault.py");
    let run =
        |path: &std::path::Path| Command::new(&python).arg(script).arg(path).output().unwrap();
    let output = run(&path);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs = String::from_utf8(output.stdout).unwrap();
    assert_eq!(theirs.lines().count(), cases.len());
    for (case, line) in cases.iter().zip(theirs.lines()) {
        let Ok(Value::Object(made)) = json::read(line.as_bytes()) else { panic!("no object") };
        let bytes = |name: &str| unhex(made.str(name).unwrap());
        assert_eq!(open(case, &bytes("grant"), &bytes("part")), PLAINTEXT);
    }
    // A changed part, a moved grant and another origin are rejected by them too.
    let part = &lines[0].find("\"part\":\"").unwrap() + 8 + 2 * 60;
    let mut changed = lines[0].clone().into_bytes();
    changed[part] = if changed[part] == b'0' { b'1' } else { b'0' };
    std::fs::write(&path, changed).unwrap();
    assert_eq!(run(&path).status.code(), Some(1));
}

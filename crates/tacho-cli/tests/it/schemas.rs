//! `docs/reference/json/`: made from one table, and held against what the commands really say by a
//! validator of another's making.

use crate::schemas_table::{FORMS, Form, Members, Says};
use crate::transcript::raw;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tacho_event::json::{self, Object, Value};
use tempfile::TempDir;

fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/json")
}

fn schema(form: &Form) -> Value {
    let mut schema = object(form.members, form.is_open);
    schema.insert("$schema", "https://json-schema.org/draft/2020-12/schema");
    schema.insert("$id", format!("urn:tachograph:json:{}:1", form.name));
    schema.insert("description", form.about);
    schema.into()
}

fn object(members: Members, is_open: bool) -> Object {
    let mut properties = Object::new();
    let mut required = Vec::new();
    for (name, says) in members {
        let known = name.strip_suffix('?');
        if known.is_none() {
            required.push(*name);
        }
        properties.insert(known.unwrap_or(name), of(*says));
    }
    Object::from([
        ("type", Value::from("object")),
        ("properties", properties.into()),
        ("required", required.into()),
        ("additionalProperties", Value::from(is_open)),
    ])
}

fn of(says: Says) -> Value {
    let kind = |name: &str| Object::from([("type", Value::from(name))]);
    match says {
        Says::One => Object::from([("const", Value::from(1))]),
        Says::Text => kind("string"),
        Says::Word(words) => Object::from([("enum", Value::from(words.to_vec()))]),
        Says::Count => {
            let mut count = kind("integer");
            count.insert("minimum", 0_i64);
            count
        }
        Says::Number => kind("number"),
        Says::Flag => kind("boolean"),
        Says::Time => {
            let mut time = kind("string");
            time.insert("pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$");
            time
        }
        Says::Any => Object::new(),
        Says::Or(says) => {
            let either = vec![of(*says), kind("null").into()];
            Object::from([("anyOf", Value::from(either))])
        }
        Says::List(says) => {
            let mut list = kind("array");
            list.insert("items", of(*says));
            list
        }
        Says::Of(members) => object(members, false),
        Says::Map(says) => {
            let mut map = kind("object");
            map.insert("additionalProperties", of(*says));
            map
        }
    }
    .into()
}

#[test]
fn the_pages_are_what_the_table_says() {
    let mut known = BTreeSet::new();
    for form in FORMS {
        let name = format!("{}.json", form.name);
        let path = pages().join(&name);
        let page = schema(form).to_json() + "\n";
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(pages()).unwrap();
            std::fs::write(&path, &page).unwrap();
        }
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(there == page, "{name}: `UPDATE=1 cargo test -p tacho-cli` writes it anew");
        known.insert(name);
    }
    let there = std::fs::read_dir(pages()).unwrap();
    let there = there.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(there.collect::<BTreeSet<_>>(), known, "a page that no table says");
}

/// A command, and the form of each line it says; none for what only sets the stage.
const SAID: &[(&str, &str)] = &[
    ("mkdir .claude; echo '{\"mcpServers\":{\"a\":{}}}' > .mcp.json", ""),
    ("printf '#!/bin/sh\\nexec tacho \"$@\"\\n' > tacho-tap; chmod +x tacho-tap", ""),
    ("printf 'audit:\\n  path: /var/log/a\\n  retention: {cold: 365d}\\n' > a.yaml", ""),
    ("tacho --store first --keys first-keys init --yes --from a.yaml --json", "init"),
    ("rm -r .config; tacho init --yes --json", "init"),
    ("tacho demo --events 40 --tamper --json", "demo"),
    ("tacho log tool Bash --session s-1 --agent a --json", "receipt"),
    (
        "tacho log change set --session s-1 --json --data '{\"change\":{\"resource_type\":\"c\",\
      \"resource_id\":\"1\",\"after\":{\"a\":1}}}'",
        "receipt",
    ),
    ("tacho status --json", "status"),
    ("tacho install --json", "hooks"),
    ("tacho install claude-code --program $PWD/tacho-tap --json", "installed"),
    ("tacho install --json", "hooks"),
    ("tacho status --json", "status"),
    ("tacho doctor --json", "doctor"),
    ("chmod 755 .local/share/tachograph; tacho doctor --fix --json", "doctor"),
    ("tacho doctor --list --json", "check"),
    ("tacho uninstall claude-code --json", "installed"),
    ("tacho events --json", "event"),
    ("tacho tail -n 3 --idle 0 --json", "event"),
    ("tacho show 0 --json", "event"),
    ("tacho show 1 --proof --json", "event"),
    ("tacho export -q", "event"),
    ("tacho session ls --json", "session"),
    ("tacho session show s-1 --json", "event"),
    ("tacho session replay s-1 --json", "replay"),
    ("tacho resource c/1 --json", "event"),
    ("tacho resource c/1 --at 2099-01-01 --json", "resource"),
    ("tacho stats --json", "stats"),
    ("tacho verify --json", "verified"),
    ("tacho -C tacho-demo/store --keys tacho-demo/keys verify --json", "verified"),
    ("tacho prove 1 --json", "proof"),
    ("tacho bundle create -o b.tar --json", "bundle"),
    ("tacho bundle verify b.tar --json", "verified"),
    ("tacho bundle inspect b.tar --json", "manifest"),
    ("tacho export --to tlog -o tlog --json", "tlog"),
    ("tacho checkpoint ls --json", "checkpoint"),
    ("tacho keys ls --json", "key"),
    ("tacho keys signer --json", "key"),
    ("tacho config get --json", "setting"),
    ("tacho config explain capture --json", "setting-explained"),
    ("echo stroe >> .config/tachograph/tacho.toml; tacho config check --json", "setting-unheeded"),
    ("tacho redact test 'password=hunter22' --json", "redacted"),
    ("tacho redact ls --json", "rule"),
    ("tacho redact lint --pattern '.*' --json", "lint"),
    ("tacho stop --all --reason x --json", "stop"),
    ("tacho stop --session s-1 --reason x --for 1h --json", "stop"),
    ("tacho stop status --json", "stop"),
    ("tacho resume --all --reason x --json", "stop"),
    ("tacho hold set h --reason x --json", "hold"),
    ("tacho hold ls --json", "hold"),
    ("tacho erase --session s-1 --json", "erasure"),
    ("tacho hold lift h --reason x --json", "hold"),
    ("tacho erase --session s-1 --json", "erasure"),
    ("tacho erase --session s-1 --yes --json", "erasure"),
    ("tacho show 2 --json", "event"),
    ("tacho reseal --to sealed --json", "resealed"),
    ("tacho reseal --to sealed --yes --json", "resealed"),
    ("tacho reseal --yes --json", "resealed"),
    ("tacho config set -q anchor.exec cat; tacho anchor run --json", "anchored"),
    ("tacho anchor ls --json", "anchor"),
    ("tacho retention show --json", "retention-setting"),
    ("tacho retention plan --json", "retention"),
    ("tacho doctor --fix -q; tacho config set -q retention.size_max 1kB", ""),
    ("tacho retention plan --all --json", "retention"),
    ("tacho retention apply --yes --json", "retention"),
    ("tacho maintain --json", "maintained"),
    ("tacho backup copy --json", "backup"),
    ("rm -r .local/share/tachograph; tacho restore copy --json", "backup"),
];

/// Reads pairs of a form's name and a document, a line each; says what does not fit.
const VALIDATOR: &str = r#"
import json, pathlib, sys
import jsonschema
known = {}
for page in pathlib.Path(sys.argv[1]).glob("*.json"):
    schema = json.loads(page.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    known[page.stem] = jsonschema.Draft202012Validator(schema)
for line in sys.stdin:
    form, command, document = line.rstrip("\n").split("\t", 2)
    for error in known[form].iter_errors(json.loads(document)):
        print(form, command, list(error.path), error.message[:200], sep=": ")
"#;

#[test]
fn what_commands_say_is_what_the_pages_say() {
    let home = TempDir::new().unwrap();
    let mut lines = String::new();
    let mut seen = BTreeSet::new();
    for (command, form) in SAID {
        let said = raw(home.path(), command);
        if form.is_empty() {
            continue;
        }
        for line in said.lines() {
            assert!(json::read(line.as_bytes()).is_ok(), "{command}: no JSON: {line}");
            lines += &format!("{form}\t{command}\t{line}\n");
            seen.insert(*form);
        }
    }
    let all: BTreeSet<&str> = FORMS.iter().map(|form| form.name).collect();
    assert_eq!(seen, all, "each form is said by a command");
    let python = tacho_testkit::tools_dir().join("python/bin/python");
    let version = Command::new(&python).args(["-c", "import jsonschema"]).output();
    if !version.is_ok_and(|output| output.status.success()) {
        tacho_testkit::require("python", "no Python with `jsonschema` among the tools");
        return;
    }
    let mut child = Command::new(python)
        .args(["-c", VALIDATOR])
        .arg(pages())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "a schema is none");
    let wrong = String::from_utf8(output.stdout).unwrap();
    assert!(wrong.is_empty(), "{wrong}");
}

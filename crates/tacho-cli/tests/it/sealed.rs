//! A sealed store from its beginning to an erasure, with the command and the hook as people run
//! them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use tachograph::Store;
use tachograph::erase::{Eraser, Scope, Target};
use tachograph::files::OsFiles;
use tachograph::store::Remote;
use tachograph::vault::Custody;
use tachograph::world::OsWorld;
use tempfile::TempDir;

/// What must never stand in a file in the clear.
const SECRET: &str = "dig deep into the archive";

pub(crate) struct Home {
    dir: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { dir: TempDir::new().unwrap() }
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn run(&self, words: &[&str], input: &str) -> Output {
        let mut tacho = Command::new(env!("CARGO_BIN_EXE_tacho"));
        tacho.args(words).env_clear().current_dir(self.dir.path());
        tacho.env("HOME", self.dir.path()).env("USER", "alice").env("TZ", "UTC");
        tacho.env("TACHO_STORE", self.at("store")).env("TACHO_KEYS", self.at("keys"));
        tacho.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = tacho.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// What a command says that must end well.
    pub(crate) fn say(&self, words: &[&str]) -> String {
        let output = self.run(words, "");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{words:?}: {error}");
        String::from_utf8_lossy(&output.stdout).into_owned() + &error
    }

    fn hook(&self, event: &str, more: &str) {
        let payload = format!(
            "{{\"session_id\":\"s-1\",\"transcript_path\":\"/t\",\"cwd\":\"/srv\",\
             \"hook_event_name\":\"{event}\",{more}}}"
        );
        let output = self.run(&["hook", "claude-code"], &payload);
        assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    }

    fn call(&self, id: &str) {
        let input = format!("\"tool_name\":\"Bash\",\"tool_input\":{{\"command\":\"{SECRET}\"}}");
        self.hook("PreToolUse", &format!("{input},\"tool_use_id\":\"{id}\""));
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(Arc::new(OsFiles), &self.at("store"), Remote::Refused).unwrap()
    }

    pub(crate) fn custody(&self) -> Custody {
        Custody::new(&self.store(), Arc::new(OsWorld), &self.at("keys"))
    }

    /// The id of the first event that a filter finds.
    fn id_of(&self, filter: &str) -> String {
        let said =
            self.say(&["events", filter, "--oldest", "-n", "1", "--json=id", "--no-content"]);
        said.split('"').nth(3).unwrap_or_else(|| panic!("{said}")).to_owned()
    }
}

/// The files below a directory that hold these bytes.
pub(crate) fn holding(dir: &Path, needle: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, needle));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            if bytes.windows(needle.len()).any(|window| window == needle.as_bytes()) {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn what_a_hook_seals_is_shown_to_who_has_the_keys_until_it_is_erased() {
    let home = Home::new();
    home.say(&["init", "--preset", "production", "--yes"]);
    home.hook("SessionStart", "\"source\":\"startup\"");
    home.call("t1");
    assert!(holding(&home.at("store"), SECRET).is_empty());

    let id = home.id_of("type:tool");
    let shown = home.say(&["show", &id]);
    assert!(shown.contains(SECRET), "{shown}");
    assert!(holding(&home.at("store"), SECRET).is_empty());
    let looks = home.say(&["events", "type:access", "--json"]);
    assert!(looks.contains("tacho.reveal") && looks.contains(&format!("show {id}")), "{looks}");
    assert!(home.say(&["events", "dig deep", "-n", "1"]).contains(SECRET));
    home.say(&["verify"]);

    let custody = home.custody();
    let mut eraser = Eraser::new(&home.store(), Arc::new(OsWorld), custody.ring().unwrap());
    let target = Target { tenant: "default".to_owned(), scope: Scope::Events(vec![id.clone()]) };
    eraser.erase(&[target], "asked").unwrap();
    let shown = home.say(&["show", &id]);
    assert!(shown.contains("erased under ticket") && !shown.contains(SECRET), "{shown}");
    home.say(&["verify"]);
    home.say(&["prove", &id]);
}

#[test]
fn without_the_keys_the_leaf_is_shown_and_why_no_more() {
    let home = Home::new();
    home.say(&["init", "--preset", "production", "--yes"]);
    home.call("t1");
    home.hook("Stop", "\"stop_hook_active\":false");
    let id = home.id_of("type:tool");
    let unrecorded = home.say(&["show", &id, "--read-only"]);
    assert!(unrecorded.contains("opens only when the look can be recorded"), "{unrecorded}");

    std::fs::rename(home.at("keys/vault.msk"), home.at("away")).unwrap();
    let shown = home.say(&["show", &id]);
    assert!(!shown.contains(SECRET) && shown.contains("action.name"), "{shown}");
    assert!(shown.contains("content") && shown.contains("no master secret at"), "{shown}");
    let json = home.say(&["show", &id, "--json"]);
    assert!(json.contains("\"hidden\":{\"content\":\"sealed\""), "{json}");
    assert!(home.say(&["events"]).contains("sealed: no master secret at"));
    home.say(&["verify"]);
    // Writers need no secret: what comes meanwhile is sealed, and opens when it is back.
    home.call("t2");
    std::fs::rename(home.at("away"), home.at("keys/vault.msk")).unwrap();
    assert!(holding(&home.at("store"), SECRET).is_empty());
    let said = home.say(&["session", "show", "s-1"]);
    assert_eq!(said.matches(SECRET).count(), 2, "{said}");
}

#[test]
fn a_hook_without_a_key_to_seal_with_keeps_no_content_and_says_so() {
    let home = Home::new();
    home.say(&["init", "--preset", "production", "--yes"]);
    std::fs::rename(home.at("keys/default/vault.pub"), home.at("away")).unwrap();
    home.hook("SessionStart", "\"source\":\"startup\"");
    home.call("t1");
    assert!(holding(&home.at("store"), SECRET).is_empty());
    let said = home.say(&["events", "type:gap", "--json"]);
    assert!(said.contains("content_not_sealed"), "{said}");
    home.say(&["verify"]);
}

#[test]
fn a_lost_master_comes_back_from_its_escrow_and_from_none_of_before() {
    let home = Home::new();
    home.say(&["init", "--preset", "production", "--yes"]);
    home.call("t1");
    let id = home.id_of("type:tool");
    let old = home.say(&["keys", "escrow", "-o", "old.escrow", "--quiet"]);
    home.say(&["keys", "rotate", "--master"]);
    assert!(home.say(&["show", &id]).contains(SECRET), "it opens under the new master");
    let new = home.say(&["keys", "escrow", "-o", "new.escrow", "--quiet"]);

    std::fs::remove_file(home.at("keys/vault.msk")).unwrap();
    let refused = home.run(&["keys", "rotate", "--master"], "");
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(3));
    assert!(told.contains("leaves, proofs and signatures hold without it"), "{told}");
    assert!(told.contains("put the secret back from its escrow"), "{told}");

    let mixed = home.run(&["keys", "recover", "new.escrow"], &old);
    assert!(!mixed.status.success() && !home.at("keys/vault.msk").exists());
    let back = home.run(&["keys", "recover", "new.escrow"], &new);
    assert!(back.status.success(), "{}", String::from_utf8_lossy(&back.stderr));
    assert!(home.say(&["show", &id]).contains(SECRET));
    let said = home.say(&["events", "type:admin", "--json"]);
    for setting in ["keys.master", "keys.escrow", "keys.recover"] {
        assert!(said.contains(setting), "{setting}: {said}");
    }
    home.say(&["verify"]);
}

//! An auditor who may read the store and write nothing: he looks, counts, verifies, proves and
//! takes evidence away; what changes the store is refused and says who may.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use tacho_testkit::require;
use tempfile::TempDir;

/// Nobody's number, for whom runs these tests as root and so may write everything.
const NOBODY: &str = "65534";

struct Audit {
    dir: TempDir,
    is_root: bool,
}

impl Audit {
    /// A store with a few events, which its auditor may read; none where nobody can be one.
    fn new() -> Option<Self> {
        // Where everybody may pass.
        let dir = TempDir::new_in("/var/tmp").unwrap();
        let audit = Self { dir, is_root: rustix::process::getuid().is_root() };
        let made = audit.owner(&["demo", "--events", "60", "--dir", "demo", "-q"]);
        assert!(made.status.success(), "{made:?}");
        // Something waits to be brought in, which he reads where it waits.
        let owner = ["-C", "demo/store", "--keys", "demo/keys", "log", "tool", "Waits", "-q"];
        let labelled = ["--data", r#"{"labels":{"a":"b"}}"#];
        assert!(audit.owner(&[&owner[..], &labelled].concat()).status.success());
        open_to_readers(audit.dir.path());
        std::fs::create_dir(audit.dir.path().join("desk")).unwrap();
        let mode = std::fs::Permissions::from_mode(0o777);
        std::fs::set_permissions(audit.dir.path().join("desk"), mode).unwrap();
        // A program that he may run.
        let tacho = audit.dir.path().join("tacho");
        std::fs::copy(env!("CARGO_BIN_EXE_tacho"), &tacho).unwrap();
        if audit.is_root && !audit.auditor(&["--version"]).is_some_and(|it| it.status.success()) {
            require("setpriv", "root may write everything: another user must be the auditor");
            return None;
        }
        Some(audit)
    }

    fn owner(&self, words: &[&str]) -> Output {
        let mut tacho = Command::new(env!("CARGO_BIN_EXE_tacho"));
        tacho.args(words).env_clear().current_dir(self.dir.path()).env("HOME", self.dir.path());
        tacho.output().unwrap()
    }

    /// What he is told; none if he cannot be run.
    fn auditor(&self, words: &[&str]) -> Option<Output> {
        let tacho = self.dir.path().join("tacho");
        let mut command = if self.is_root {
            let mut command = Command::new("setpriv");
            let ids = [format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")];
            command.args(ids).arg("--clear-groups").arg(tacho);
            command
        } else {
            Command::new(tacho)
        };
        let desk = self.dir.path().join("desk");
        command.args(words).current_dir(&desk).env_clear();
        command.env("PATH", "/usr/bin:/bin").env("HOME", &desk).env("USER", "auditor");
        command.env("TACHO_STORE", self.dir.path().join("demo/store"));
        command.output().ok()
    }

    fn says(&self, words: &[&str]) -> (i32, String, String) {
        let output = self.auditor(words).unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
        // What nobody may write, nobody could remove.
        each(self.dir.path(), &|path| set_mode(path, 0o700));
    }
}

fn set_mode(path: &Path, mode: u32) {
    let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode));
}

/// Everybody may read, and nobody may write.
fn open_to_readers(dir: &Path) {
    each(dir, &|path| set_mode(path, if path.is_dir() { 0o555 } else { 0o444 }));
    set_mode(dir, 0o755);
}

/// Does it to a directory and all below, from the inside out.
fn each(dir: &Path, act: &dyn Fn(&Path)) {
    act(dir);
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { each(&path, act) } else { act(&path) }
    }
}

#[test]
fn an_auditor_without_write_permission_sees_verifies_and_takes_evidence_away() {
    let Some(audit) = Audit::new() else { return };
    let (code, out, err) = audit.says(&["events", "Waits", "--jq", ".action.name"]);
    assert_eq!((code, out.trim()), (0, "Waits"), "{err}");
    assert!(err.contains("could not be recorded"), "{err}");
    for words in [
        &["verify"][..],
        &["stats"],
        &["session", "ls"],
        &["show", "3"],
        &["status"],
        &["prove", "3", "-o", "a.proof"],
        &["bundle", "create", "type:decision", "-o", "a.tar"],
        &["bundle", "verify", "a.tar"],
        &["export", "-o", "a.ndjson"],
        &["events", "--read-only"],
    ] {
        let (code, out, err) = audit.says(words);
        assert_eq!(code, 0, "{words:?}\n{out}\n{err}");
    }
}

#[test]
fn what_an_auditor_may_not_do_says_so_and_who_may() {
    let Some(audit) = Audit::new() else { return };
    for words in [
        &["log", "tool", "Bash"][..],
        &["stop", "--all", "--reason", "x"],
        &["erase", "--match", "x", "--yes"],
        &["hold", "set", "case-1", "--session", "x", "--reason", "x"],
        &["maintain"],
    ] {
        let (code, _, err) = audit.says(words);
        let is_told = err.contains("who owns the store") || err.contains("who holds the keys");
        assert!(code == 4 && is_told, "{words:?}: {code}\n{err}");
    }
}

//! The installers through the real binary, in a home of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tacho_tap::host::Host;
use tacho_tap::install::{self, Mode, Places, Scope};
use tacho_testkit::rng::Rng;

/// A home with an installed `tacho-tap`, a project and a machine.
struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["it's my home", "project", "bin dir"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let home = Self { dir };
        fs::copy(env!("CARGO_BIN_EXE_tacho-tap"), home.program()).unwrap();
        home
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn program(&self) -> PathBuf {
        self.path("bin dir/tacho-tap")
    }

    fn run(&self, words: &[&str]) -> Output {
        Command::new(self.program())
            .args(words)
            .env_clear()
            .env("HOME", self.path("it's my home"))
            .current_dir(self.path("project"))
            .output()
            .unwrap()
    }

    #[track_caller]
    fn ok(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn places(&self) -> Places {
        Places {
            home: self.path("it's my home"),
            project: self.path("project"),
            machine: self.path("machine"),
            claude_config_dir: None,
            codex_home: None,
            copilot_home: None,
        }
    }

    /// Every file below, and what is in it.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        fn walk(dir: &Path, out: &mut Vec<(PathBuf, Vec<u8>)>) {
            for entry in fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, out);
                } else {
                    out.push((path.clone(), fs::read(&path).unwrap()));
                }
            }
        }
        let mut out = Vec::new();
        walk(self.dir.path(), &mut out);
        out.sort();
        out
    }
}

/// The scope in which every host has settings.
fn scope(host: Host) -> &'static str {
    if host == Host::OpenHands { "project" } else { "user" }
}

fn target(host: Host) -> (Host, Scope) {
    (host, Scope::parse(scope(host)).unwrap())
}

#[test]
fn every_host_gets_the_entries_its_documentation_asks_for() {
    for host in Host::ALL {
        let home = Home::new();
        home.ok(&["install", host.as_str(), "--scope", scope(host)]);
        let file = install::installed(target(host), &home.places()).unwrap().file;
        let text = fs::read_to_string(file).unwrap();
        // The path is this test's own, once as it is and once quoted for a shell.
        let dir = home.dir.path().to_str().unwrap();
        let seen = text.replace(dir, "/DIR");
        golden(host, &seen);
        let value = tacho_event::json::read_text(&text).unwrap();
        assert!(value.as_object().unwrap().get("hooks").is_some());
    }
}

#[track_caller]
fn golden(host: Host, seen: &str) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/install");
    let path = dir.join(format!("{}.json", host.as_str()));
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(dir).unwrap();
        fs::write(&path, seen).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), seen, "{}", path.display());
}

#[test]
fn installing_twice_changes_nothing_and_uninstalling_leaves_nothing() {
    for host in Host::ALL {
        let home = Home::new();
        let before = home.files();
        let words = ["install", host.as_str(), "--scope", scope(host)];
        assert!(home.ok(&words).contains("installed in"));
        let installed = home.files();
        assert!(home.ok(&words).contains("nothing to do"));
        assert_eq!(home.files(), installed);
        assert!(home.ok(&["uninstall", host.as_str()]).contains("uninstalled from"));
        assert_eq!(home.files(), before, "{}", host.as_str());
        assert!(home.ok(&["uninstall", host.as_str()]).contains("nothing is installed"));
    }
}

#[test]
fn a_dry_run_shows_the_lines_and_writes_nothing() {
    let home = Home::new();
    let before = home.files();
    let said = home.ok(&["install", "claude-code", "--dry-run"]);
    assert!(said.contains("would install in"), "{said}");
    assert!(said.contains("+     \"PreToolUse\": [{\"hooks\": [{\"type\": \"command\""), "{said}");
    assert_eq!(home.files(), before);
}

#[test]
fn the_shell_of_a_host_finds_the_program_behind_spaces_and_quotes() {
    let home = Home::new();
    home.ok(&["install", "codex", "--scope", "project"]);
    let text = fs::read_to_string(home.path("project/.codex/hooks.json")).unwrap();
    let (_, rest) = text.split_once("\"command\": \"").unwrap();
    let line = rest.split('"').next().unwrap().replace("hook codex", "--version");
    let output = Command::new("sh").args(["-c", &line]).output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("tacho-tap "), "{line}");
}

#[test]
fn settings_in_any_style_come_back_byte_for_byte() {
    let documents: [&[u8]; 9] = [
        b"{}",
        b"{ \"hooks\" : { } , \"model\":\"opus\" }",
        b"// mine\n{\n\t\"hooks\": {\n\t\t\"Stop\": [\n\t\t\t{\"hooks\": [{\"type\": \"command\",\
          \"command\": \"say done\"}]}, // loud\n\t\t],\n\t},\n}",
        b"\xef\xbb\xbf{\r\n  \"a\": 1,\r\n  \"a\": 2\r\n}\r\n\r\n",
        b"{\"hooks\":{\"Stop\":[]}}\n",
        b"{\n    \"hooks\": {},\n    \"hooks\": {\n        \"Stop\": [\n        ]\n    }\n}\n",
        b"",
        b"  \n/* nothing yet */",
        b"{ /* a */ // b\n}",
    ];
    for document in documents {
        let home = Home::new();
        let file = home.path("it's my home/.claude/settings.json");
        fs::create_dir(file.parent().unwrap()).unwrap();
        fs::write(&file, document).unwrap();
        let before = home.files();
        home.ok(&["install", "claude-code"]);
        assert_ne!(fs::read(&file).unwrap(), document);
        home.ok(&["install", "claude-code", "--mode", "enforce"]);
        home.ok(&["uninstall", "--all"]);
        assert_eq!(home.files(), before, "{}", String::from_utf8_lossy(document));
    }
}

#[test]
fn what_is_not_json_is_refused_with_its_place_and_untouched() {
    for (text, said) in [
        ("{\n  \"a\": 1\n  \"b\": 2\n}\n", "line 3, column 3: expected `,` or `}`"),
        ("{\"hooks\": []}", "`hooks` is not an object"),
        ("{\"hooks\": {\"Stop\": {}}}", "`hooks.Stop` is not an array"),
    ] {
        let home = Home::new();
        let file = home.path("it's my home/.claude/settings.json");
        fs::create_dir(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        let before = home.files();
        let output = home.run(&["install", "claude-code"]);
        assert_eq!(output.status.code(), Some(1));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains(said), "{stderr}");
        assert_eq!(home.files(), before);
    }
}

#[test]
fn a_program_that_a_build_takes_away_is_refused() {
    let home = Home::new();
    let output = home.run(&["install", "codex", "--program", env!("CARGO_BIN_EXE_tacho-tap")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("target/"));
    assert!(!home.path("it's my home/.codex").exists());
}

#[cfg(unix)]
#[test]
fn links_and_rights_stay_as_they_were() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let home = Home::new();
    let (dir, dotfiles) = (home.path("it's my home/.claude"), home.path("dotfiles"));
    fs::create_dir(&dir).unwrap();
    fs::create_dir(&dotfiles).unwrap();
    let real = dotfiles.join("claude.json");
    fs::write(&real, "{}").unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&real, dir.join("settings.json")).unwrap();
    home.ok(&["install", "claude-code"]);
    assert!(dir.join("settings.json").is_symlink());
    for name in ["claude.json", "claude.json.before-tachograph"] {
        let mode = fs::metadata(dotfiles.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640, "{name}");
    }
    home.ok(&["uninstall", "claude-code"]);
    assert_eq!(fs::read(&real).unwrap(), b"{}");
    assert_eq!(fs::read_dir(&dotfiles).unwrap().count(), 1);
}

#[test]
fn the_status_names_what_is_there_what_lacks_and_what_broke() {
    let home = Home::new();
    let places = home.places();
    let status = || install::installed((Host::ClaudeCode, Scope::User), &places).unwrap();
    assert_eq!((status().events.len(), status().program), (0, None));
    home.ok(&["install", "claude-code", "--mode", "enforce"]);
    assert_eq!(status().events, install::events(Host::ClaudeCode));
    assert_eq!(status().mode, Some(Mode::Enforce));
    assert_eq!(status().program, Some(home.program()));
    assert!(status().is_current && status().program_runs && status().missing.is_empty());
    let text = fs::read_to_string(status().file).unwrap();
    fs::write(status().file, text.replace("\"Stop\"", "\"Start\"")).unwrap();
    assert_eq!(status().missing, ["Stop"]);
    assert!(!status().is_current);
    fs::rename(home.program(), home.path("elsewhere")).unwrap();
    assert!(!status().program_runs);
}

#[test]
fn a_machine_has_settings_of_its_own() {
    let home = Home::new();
    let (target, places) = ((Host::ClaudeCode, Scope::Managed), home.places());
    let before = home.files();
    let change = install::install(target, &home.program(), Mode::Observe, &places).unwrap();
    assert!(change.file.starts_with(home.path("machine")));
    assert_eq!(change.file.file_name().unwrap(), "managed-settings.json");
    install::uninstall(target, &places).unwrap().unwrap();
    assert_eq!(home.files(), before);
}

#[test]
fn random_settings_come_back_byte_for_byte_also_with_edits_between() {
    let home = Home::new();
    let places = home.places();
    for seed in 0..tacho_testkit::stories(500) {
        let mut rng = Rng::new(seed);
        let host = Host::ALL[rng.index(Host::ALL.len())];
        let file = install::installed(target(host), &places).unwrap().file;
        let document = Writer::new(&mut rng, host).document();
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &document).unwrap();
        let order = |mode| install::install(target(host), &home.program(), mode, &places).unwrap();
        order(Mode::Observe);
        let installed = fs::read_to_string(&file).unwrap();
        assert!(order(Mode::Observe).is_nothing(), "seed {seed}: {document}");
        if rng.chance(30) {
            order(Mode::Enforce);
        }
        if rng.chance(30) {
            // Somebody edits another part of the file meanwhile.
            let now = fs::read_to_string(&file).unwrap();
            fs::write(&file, now.replacen("\"mine\"", "\"mine, edited\"", 1)).unwrap();
            assert!(!install::installed(target(host), &places).unwrap().events.is_empty());
            install::uninstall(target(host), &places).unwrap().unwrap();
            let expected = document.replacen("\"mine\"", "\"mine, edited\"", 1);
            assert_eq!(fs::read_to_string(&file).unwrap(), expected, "seed {seed}: {installed}");
        } else {
            install::uninstall(target(host), &places).unwrap().unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), document, "seed {seed}: {installed}");
        }
        assert!(!file.with_extension("json.before-tachograph").exists());
    }
}

/// Writes documents as careless people do.
struct Writer<'a> {
    rng: &'a mut Rng,
    host: Host,
    newline: &'static str,
    comments: bool,
}

impl<'a> Writer<'a> {
    fn new(rng: &'a mut Rng, host: Host) -> Self {
        let newline = if rng.chance(30) { "\r\n" } else { "\n" };
        let comments = rng.chance(40);
        Self { rng, host, newline, comments }
    }

    fn document(mut self) -> String {
        let mark = if self.rng.chance(10) { "\u{feff}" } else { "" };
        let space = self.space();
        let mut members = vec![format!("\"note\"{}:{}\"mine\"", self.space(), self.space())];
        for _ in 0..self.rng.index(3) {
            let value = self.value(2);
            members.push(format!("\"k{}\":{}{value}", self.rng.index(3), self.space()));
        }
        for _ in 0..self.rng.index(3) {
            let hooks = self.hooks();
            let at = self.rng.index(members.len() + 1);
            members.insert(at, format!("\"hooks\" :{hooks}"));
        }
        if self.rng.chance(30) {
            members.push("\"version\": 1".to_owned());
        }
        let root = self.list('{', members, '}');
        let end = self.space();
        format!("{mark}{space}{root}{end}")
    }

    fn hooks(&mut self) -> String {
        let events = install::events(self.host);
        let mut members = Vec::new();
        for _ in 0..self.rng.index(4) {
            let event = events[self.rng.index(events.len())];
            let event = if self.rng.chance(20) { "Unknown" } else { event };
            let groups = (0..self.rng.index(3))
                .map(|n| format!("{{\"matcher\":\"m{n}\",\"hooks\":[{{\"command\":\"x {n}\"}}]}}"));
            let groups = groups.collect();
            let list = self.list('[', groups, ']');
            members.push(format!("\"{event}\":{list}"));
        }
        self.list('{', members, '}')
    }

    fn value(&mut self, depth: usize) -> String {
        match self.rng.index(if depth == 0 { 3 } else { 5 }) {
            0 => "-1.5e3".to_owned(),
            1 => "\"a \\\"q\\\" // no comment, \\u00e9 { [\"".to_owned(),
            2 => "null".to_owned(),
            3 => {
                let items = (0..self.rng.index(3)).map(|_| self.value(depth - 1)).collect();
                self.list('[', items, ']')
            }
            _ => {
                let value = self.value(depth - 1);
                self.list('{', vec![format!("\"deep\": {value}")], '}')
            }
        }
    }

    fn list(&mut self, open: char, items: Vec<String>, close: char) -> String {
        let mut out = String::from(open);
        let many = items.len();
        for (at, item) in items.into_iter().enumerate() {
            out.push_str(&self.space());
            out.push_str(&item);
            out.push_str(&self.space());
            if at + 1 < many || self.rng.chance(15) {
                out.push(',');
            }
        }
        out.push_str(&self.space());
        out.push(close);
        out
    }

    fn space(&mut self) -> String {
        let line = self.newline;
        match self.rng.index(7) {
            0 | 1 => String::new(),
            2 => " ".to_owned(),
            3 => format!("{line}  "),
            4 => format!("{line}\t"),
            5 if self.comments => format!(" // it's, \"a\" {{ note{line}"),
            6 if self.comments => "/* , ] } */".to_owned(),
            _ => line.to_owned(),
        }
    }
}

//! What a person at a terminal sees, in a terminal: tmux shows us what it shows.

use std::cell::Cell;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// Looks at the screen that are taken before a test gives up: minutes, on a slow machine.
const LOOKS_MAX: usize = 20_000;

/// A terminal of its own, with a shell in a home of its own.
struct Terminal {
    home: TempDir,
    /// Commands that were begun.
    begun: Cell<u32>,
}

impl Terminal {
    /// None, told loudly, where there is no tmux.
    fn open(width: u16) -> Option<Self> {
        if Command::new("tmux").arg("-V").output().is_err() {
            tacho_testkit::require("tmux", "no tmux on the path");
            return None;
        }
        let terminal = Self { home: TempDir::new().unwrap(), begun: Cell::new(0) };
        let tacho = Path::new(env!("CARGO_BIN_EXE_tacho")).parent().unwrap();
        let shell = format!(
            "env -i HOME={} PATH={}:/usr/local/bin:/usr/bin:/bin TERM=screen-256color TZ=UTC \
             USER=alice PS1='$ ' sh",
            terminal.home.path().display(),
            tacho.display()
        );
        let width = width.to_string();
        let size = ["-x", &width, "-y", "24"];
        let home = terminal.home.path().to_str().unwrap().to_owned();
        terminal.tmux(&[&["new-session", "-d", "-c", &home], &size[..], &[&shell]].concat());
        Some(terminal)
    }

    fn tmux(&self, words: &[&str]) -> String {
        let socket = self.home.path().join("tmux");
        let output = Command::new("tmux")
            .args(["-f", "/dev/null", "-S"])
            .arg(socket)
            .args(words)
            .env_remove("TMUX")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tmux {words:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn type_line(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]);
        self.tmux(&["send-keys", "Enter"]);
    }

    /// What stands on the screen once `is_there` is true of it.
    fn screen(&self, is_there: impl Fn(&str) -> bool) -> String {
        let mut shown = String::new();
        for _ in 0..LOOKS_MAX {
            shown = self.tmux(&["capture-pane", "-p"]);
            if is_there(&shown) {
                return shown;
            }
        }
        panic!("it never came; what stands there:\n{shown}");
    }

    /// Types a command on a screen of its own; gives the line that will stand at its end.
    fn begin(&self, command: &str) -> String {
        let number = self.begun.replace(self.begun.get() + 1);
        self.type_line(&format!("clear; {command}; echo \"ended {number} with $?.\""));
        format!("ended {number} with ")
    }

    /// The screen when the command has ended.
    fn end(&self, mark: &str) -> String {
        // What was typed says it too, but with `$?` where the code will stand.
        let has_ended = |line: &str| {
            let code = line.strip_prefix(mark);
            code.is_some_and(|code| code.starts_with(|c: char| c.is_ascii_digit()))
        };
        let shown = self.screen(|shown| shown.lines().any(has_ended));
        shown.lines().filter(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect()
    }

    /// Runs a command and gives the screen afterwards.
    fn run(&self, command: &str) -> String {
        let mark = self.begin(command);
        self.end(&mark)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let socket = self.home.path().join("tmux");
        let _ = Command::new("tmux").arg("-S").arg(socket).arg("kill-server").output();
    }
}

/// A store with a few events, one of which failed.
fn with_events(width: u16) -> Option<Terminal> {
    let terminal = Terminal::open(width)?;
    let log = "tacho log tool Bash -q --agent ops/release-manager --session s-1 --status failure";
    let data = format!(
        "--data '{{\"outcome\":{{\"error\":{{\"message\":\"{}\"}}}}}}'",
        "long ".repeat(40)
    );
    let shown = terminal.run(&format!("tacho init --yes -q; {log}; {log} {data}"));
    assert!(shown.contains(" with 0."), "{shown}");
    Some(terminal)
}

#[test]
fn a_table_is_as_wide_as_the_terminal() {
    let Some(terminal) = with_events(80) else { return };
    let shown = terminal.run("tacho events -q");
    assert!(shown.contains("TIME                     AGENT       WHAT"), "{shown}");
    // A line that is too long would have gone on in the next.
    assert_eq!(shown.lines().filter(|line| line.contains("Bash")).count(), 2, "{shown}");
    let wide = with_events(120).unwrap().run("tacho events -q");
    assert!(wide.contains("ops/release-manager     Bash"), "{wide}");
}

#[test]
fn a_status_has_its_colour_unless_nobody_wants_colours() {
    let Some(terminal) = with_events(100) else { return };
    let coloured = |command: &str| {
        terminal.run(command);
        terminal.tmux(&["capture-pane", "-p", "-e"]).contains("\x1b[31mfailure")
    };
    assert!(coloured("tacho events -q"));
    assert!(!coloured("NO_COLOR=1 tacho events -q"));
    assert!(!coloured("TERM=dumb tacho events -q"));
    assert!(!coloured("tacho events -q --color never"));
    assert!(!coloured("tacho events -q | cat"));
    assert!(coloured("tacho events -q -f table --color always | cat"));
}

#[test]
fn a_long_answer_goes_through_the_pager_that_was_named() {
    let Some(terminal) = with_events(100) else { return };
    let shown = terminal.run("PAGER='sed s/^/paged_/' tacho events -q");
    assert!(shown.contains("paged_TIME"), "{shown}");
    for command in [
        "PAGER='sed s/^/paged_/' tacho events -q --no-pager",
        "PAGER=cat tacho events -q",
        "PAGER=no-such-pager tacho events -q",
        "TERM=dumb PAGER='sed s/^/paged_/' tacho events -q",
        "PAGER='sed s/^/paged_/' tacho events -q -f table | cat",
    ] {
        let shown = terminal.run(command);
        assert!(shown.contains("TIME  "), "{command}\n{shown}");
        assert!(!shown.contains("paged_TIME"), "{command}\n{shown}");
    }
}

#[test]
fn long_work_tells_how_far_it_is_and_is_interrupted_cleanly() {
    let Some(terminal) = Terminal::open(80) else { return };
    let mark = terminal.begin("tacho demo --events 1000000");
    terminal.screen(|shown| shown.contains("telling stories  "));
    terminal.tmux(&["send-keys", "C-c"]);
    let shown = terminal.end(&mark);
    assert!(shown.contains(&format!("{mark}130.")), "{shown}");
    let left = shown.lines().filter(|line| line.contains("telling stories"));
    assert_eq!(left.count(), 0, "{shown}");
    // What was told is whole.
    let shown = terminal.run("tacho -C tacho-demo/store --keys tacho-demo/keys status -q");
    assert!(shown.contains(" with 0."), "{shown}");
}

#[test]
fn who_follows_events_ends_with_a_key_and_has_his_terminal_back() {
    let Some(terminal) = with_events(100) else { return };
    let mark = terminal.begin("tacho tail -q");
    terminal.screen(|shown| shown.contains("failure"));
    terminal.tmux(&["send-keys", "C-c"]);
    let shown = terminal.end(&mark);
    assert!(shown.contains(&format!("{mark}130.")), "{shown}");
    let modes = terminal.run("stty -a");
    assert!(modes.contains(" echo ") && modes.contains(" icanon "), "{modes}");
}

#[test]
fn nothing_is_erased_until_a_person_says_yes() {
    let Some(terminal) = with_events(100) else { return };
    let asked = |answer: &str| {
        let mark = terminal.begin(&format!("echo asked {answer}; tacho erase --session s-1 -q"));
        terminal.screen(|shown| {
            let is_now = shown.lines().any(|line| line == format!("asked {answer}"));
            is_now && shown.contains("erase this? [y/N]")
        });
        terminal.type_line(answer);
        terminal.end(&mark)
    };
    assert!(!asked("n").contains("erased, ticket"));
    let shown = asked("y");
    assert!(shown.contains("erased, ticket"), "{shown}");
    let shown = terminal.run("tacho erase --session s-1 --no-input");
    assert!(!shown.contains("erase this?"), "{shown}");
}

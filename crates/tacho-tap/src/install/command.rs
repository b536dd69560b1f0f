//! How a host calls the hook: given a program and its words, gives the line for the host's shell;
//! given an entry of a settings file, gives the program, host and mode it calls.

use std::path::{Component, Path};

use crate::host::Host;
use crate::install::Mode;
use crate::install::document::Node;

/// A shell's way to quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quoting {
    /// `'it'\''s here/tacho-tap' hook codex`
    Posix,
    /// `& 'it''s here\tacho-tap.exe' hook codex`
    PowerShell,
    /// `"it's here\tacho-tap.exe" hook codex`
    Cmd,
}

impl Quoting {
    /// Of the shell that hosts use on this machine.
    pub(crate) fn of_machine() -> Self {
        if cfg!(windows) { Self::Cmd } else { Self::Posix }
    }

    /// One line that calls the program; the words are plain.
    pub(crate) fn line(self, program: &str, words: &[&str]) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,=".contains(c);
        let quoted = match self {
            Self::Posix if program.chars().all(plain) => program.to_owned(),
            Self::Posix => format!("'{}'", program.replace('\'', "'\\''")),
            Self::PowerShell => format!("& '{}'", program.replace('\'', "''")),
            Self::Cmd => format!("\"{program}\""),
        };
        format!("{quoted} {}", words.join(" "))
    }

    /// The program and the words of a line of ours; none if it is quoted otherwise.
    fn read(line: &str) -> Option<(String, Vec<String>)> {
        let line = line.trim();
        let (program, rest) = if let Some(quoted) = line.strip_prefix("& '") {
            let end = quoted.rfind("' ")?;
            (quoted.get(..end)?.replace("''", "'"), quoted.get(end + 1..)?)
        } else if let Some(quoted) = line.strip_prefix('\'') {
            let end = quoted.rfind("' ")?;
            (quoted.get(..end)?.replace("'\\''", "'"), quoted.get(end + 1..)?)
        } else if let Some(quoted) = line.strip_prefix('"') {
            let (program, rest) = quoted.split_once('"')?;
            (program.to_owned(), rest)
        } else {
            let (program, rest) = line.split_once(char::is_whitespace)?;
            (program.to_owned(), rest)
        };
        Some((program, rest.split_whitespace().map(str::to_owned).collect()))
    }
}

/// What an entry calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) program: String,
    pub(crate) mode: Mode,
}

/// The call of a handler, if it is one of ours: a program named `tacho-tap` that is told `hook`
/// and this host.
pub(crate) fn call_of(handler: &Node, host: Host) -> Option<Call> {
    let text = |key| handler.member(key).and_then(Node::text);
    let line = text("command").or_else(|| text("bash"))?;
    let (program, words) = match handler.member("args") {
        Some(args) => {
            let words = args.children().iter().filter_map(|word| word.node.text());
            (line.to_owned(), words.map(str::to_owned).collect())
        }
        None => Quoting::read(line)?,
    };
    let name = program.rsplit(['/', '\\']).next().unwrap_or("");
    let is_ours = matches!(name, "tacho-tap" | "tacho-tap.exe")
        && words.first().is_some_and(|word| word == "hook")
        && words.get(1).is_some_and(|word| Host::parse(word) == Some(host));
    let enforce = words.iter().any(|word| word == "enforce");
    let mode = if enforce { Mode::Enforce } else { Mode::Observe };
    is_ours.then_some(Call { program, mode })
}

/// Why a program cannot be named in settings, or nothing.
pub(crate) fn unfit(program: &Path, expands_dollar: bool) -> Option<&'static str> {
    let built = |part: Component<'_>| part.as_os_str() == "target";
    let Some(text) = program.to_str() else { return Some("its path is not UTF-8") };
    if !program.is_absolute() {
        Some("its path is not absolute")
    } else if text.chars().any(char::is_control) {
        Some("its path holds control characters")
    } else if expands_dollar && text.contains('$') {
        Some("its path holds `$`, which this host would replace")
    } else if program.components().any(built) {
        Some(
            "it lies under `target/`, where the next build or clean takes it away; install it \
            first: cargo install tacho-tap",
        )
    } else if !matches!(
        program.file_name().and_then(|name| name.to_str()),
        Some("tacho-tap" | "tacho-tap.exe")
    ) {
        Some("it is not named `tacho-tap`, by which its entries are found again")
    } else {
        None
    }
}

/// A string of JSON, with its quotes.
pub(crate) fn json_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\0'..='\u{1f}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_every_shell_is_read_back() {
        let programs = ["/usr/bin/tacho-tap", "/o'b rien/\"x\"/tacho-tap", "/a' b/tacho-tap"];
        for program in programs {
            for quoting in [Quoting::Posix, Quoting::PowerShell] {
                let line = quoting.line(program, &["hook", "codex"]);
                let (read, words) = Quoting::read(&line).unwrap();
                assert_eq!((read.as_str(), words.len()), (program, 2), "{line}");
            }
        }
        let line = Quoting::Cmd.line("C:\\a b\\tacho-tap.exe", &["hook", "codex"]);
        assert_eq!(Quoting::read(&line).unwrap().0, "C:\\a b\\tacho-tap.exe");
    }

    #[cfg(unix)]
    #[test]
    fn a_posix_shell_passes_the_program_on_as_it_is() {
        for program in ["/it's $HOME `id` \"q\" \\ ;&|*?~#", "/plain/tacho-tap", "/a b"] {
            let line = Quoting::Posix.line(program, &["hook"]);
            let script = format!("printf '%s\\n' {line}");
            let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{program}\nhook\n"));
        }
    }

    #[test]
    fn what_will_not_last_is_unfit() {
        let unfit = |path: &str| unfit(Path::new(path), true).is_some();
        assert!(unfit("/home/me/project/target/release/tacho-tap"));
        assert!(unfit("tacho-tap"));
        assert!(unfit("/opt/$v/tacho-tap"));
        assert!(unfit("/opt/a\nb/tacho-tap"));
        assert!(unfit("/opt/other"));
        assert!(!unfit("/home/me/targets/tacho-tap"));
    }
}

//! Given a program and a store, has the system call `tacho maintain` again and again: by a timer of
//! systemd, an agent of launchd, or a line of cron, whichever this machine has.
//!
//! | kind | what is written |
//! |---|---|
//! | systemd | `~/.config/systemd/user/tacho-maintain.{service,timer}`, and the link that enables it |
//! | launchd | `~/Library/LaunchAgents/tachograph.maintain.plist` |
//! | cron | one line of the user's table |
//!
//! Each text names its interval and its program in a mark, by which it is found and read back:
//! `tachograph every=15m program=/usr/local/bin/tacho`. There is one timer for each user.

mod system;

pub(crate) use system::{Installed, install, installed, kind_of_machine, uninstall};

use std::path::{Path, PathBuf};

/// What calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// A timer of the user's systemd.
    Systemd,
    /// An agent of launchd, on a Mac.
    Launchd,
    /// A line of the user's cron table.
    Cron,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Systemd, Kind::Launchd, Kind::Cron];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Systemd => "systemd",
            Self::Launchd => "launchd",
            Self::Cron => "cron",
        }
    }
}

/// How often: minutes that divide the hour, hours that divide the day, or a day, since a table of
/// cron says nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Every {
    Minutes(u32),
    Hours(u32),
    Day,
}

impl Every {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let of = |unit: char| text.strip_suffix(unit)?.parse::<u32>().ok().filter(|n| *n > 0);
        match (of('m'), of('h'), text) {
            (Some(minutes), ..) if 60 % minutes == 0 && minutes < 60 => {
                Some(Self::Minutes(minutes))
            }
            (_, Some(hours), _) if 24 % hours == 0 && hours < 24 => Some(Self::Hours(hours)),
            (_, _, "1d") => Some(Self::Day),
            _ => None,
        }
    }

    fn told(self) -> String {
        match self {
            Self::Minutes(minutes) => format!("{minutes}m"),
            Self::Hours(hours) => format!("{hours}h"),
            Self::Day => "1d".to_owned(),
        }
    }

    fn seconds(self) -> u32 {
        match self {
            Self::Minutes(minutes) => minutes * 60,
            Self::Hours(hours) => hours * 3600,
            Self::Day => 86_400,
        }
    }
}

/// What is to be called, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) program: PathBuf,
    pub(crate) every: Every,
    pub(crate) store: PathBuf,
    pub(crate) keys: PathBuf,
    /// `XDG_CONFIG_HOME`, where it is not the usual one: a timer has no shell that sets it.
    pub(crate) config_home: Option<PathBuf>,
}

impl Order {
    /// What cannot be written so that each system passes it on as it is.
    pub(crate) fn unfit(&self) -> Option<&'static str> {
        let paths = [&self.program, &self.store, &self.keys];
        let paths = || paths.into_iter().chain(&self.config_home);
        let is_built = |path: &Path| path.components().any(|part| part.as_os_str() == "target");
        if paths().any(|path| path.to_str().is_none_or(|text| text.contains(char::is_control))) {
            Some("a path that a timer calls is text without control characters")
        } else if paths().any(|path| !path.is_absolute()) {
            Some("a path that a timer calls is absolute")
        } else if is_built(&self.program) {
            Some("it lies under `target/`, where the next build or clean takes it away")
        } else {
            None
        }
    }

    /// The command line.
    fn words(&self) -> [String; 7] {
        let text = |path: &Path| path.display().to_string();
        let (store, keys) = (text(&self.store), text(&self.keys));
        let plain = str::to_owned;
        let program = text(&self.program);
        [
            program,
            plain("--store"),
            store,
            plain("--keys"),
            keys,
            plain("--quiet"),
            plain("maintain"),
        ]
    }

    fn mark(&self) -> String {
        format!("{MARK}{} program={}", self.every.told(), self.program.display())
    }

    fn environment(&self) -> Option<String> {
        self.config_home.as_ref().map(|home| home.display().to_string())
    }

    /// The unit that does it.
    fn service(&self) -> String {
        let words = self.words().map(|word| unit_word(&word)).join(" ");
        let environment = self.environment().map_or(String::new(), |home| {
            format!("Environment={}\n", unit_word(&format!("XDG_CONFIG_HOME={home}")))
        });
        format!(
            "# {}\n[Unit]\nDescription=Upkeep of the Tachograph store\n\n[Service]\nType=oneshot\n\
             {environment}ExecStart={words}\n# Somebody else does it, or an anchor does not \
             answer.\nSuccessExitStatus=5\nNice=10\n",
            self.mark()
        )
    }

    /// The unit that says when.
    fn timer(&self) -> String {
        let when = match self.every {
            Every::Minutes(minutes) => format!("*-*-* *:00/{minutes}:00"),
            Every::Hours(hours) => format!("*-*-* 00/{hours}:00:00"),
            Every::Day => "*-*-* 00:00:00".to_owned(),
        };
        format!(
            "# {}\n[Unit]\nDescription=Upkeep of the Tachograph store\n\n[Timer]\n\
             OnCalendar={when}\nPersistent=true\nRandomizedDelaySec=60\n\n[Install]\n\
             WantedBy=timers.target\n",
            self.mark()
        )
    }

    /// The agent of launchd.
    fn plist(&self) -> String {
        let string = |text: &str| format!("<string>{}</string>", xml(text));
        let words = self.words().map(|word| format!("    {}\n", string(&word))).concat();
        let environment = self.environment().map_or(String::new(), |home| {
            let home = string(&home);
            format!(
                "  <key>EnvironmentVariables</key>\n  <dict>\n    \
                 <key>XDG_CONFIG_HOME</key>{home}\n  </dict>\n"
            )
        });
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
             \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
             <plist version=\"1.0\">\n<dict>\n  <key>Label</key>{}\n  <key>Comment</key>{}\n  \
             <key>ProgramArguments</key>\n  <array>\n{words}  </array>\n{environment}  \
             <key>StartInterval</key><integer>{}</integer>\n  \
             <key>ProcessType</key><string>Background</string>\n</dict>\n</plist>\n",
            string(LABEL),
            string(&self.mark()),
            self.every.seconds()
        )
    }

    /// The line of a cron table.
    fn line(&self) -> String {
        let when = match self.every {
            Every::Minutes(minutes) => format!("*/{minutes} * * * *"),
            Every::Hours(hours) => format!("0 */{hours} * * *"),
            Every::Day => "0 0 * * *".to_owned(),
        };
        let words = self.words().map(|word| shell_word(&word)).join(" ");
        let environment = self
            .environment()
            .map_or(String::new(), |home| format!("XDG_CONFIG_HOME={} ", shell_word(&home)));
        let line = format!("{environment}{words} # {}", self.mark());
        // A percent sign is a line feed to cron.
        format!("{when} {}", line.replace('%', "\\%"))
    }
}

/// How our texts are known.
const MARK: &str = "tachograph every=";
/// What launchd calls it.
pub(crate) const LABEL: &str = "tachograph.maintain";

/// The interval and the program that a text of ours names.
fn read_mark(text: &str) -> Option<(Every, PathBuf)> {
    let line = text.lines().find(|line| line.contains(MARK))?;
    let line = line.replace("\\%", "%");
    let (every, program) = line.split_once(MARK)?.1.split_once(" program=")?;
    let is_xml = program.contains("</string>");
    let program = program.split("</string>").next()?;
    let program = if is_xml { unxml(program) } else { program.to_owned() };
    Some((Every::parse(every)?, PathBuf::from(program)))
}

/// A cron table with this line instead of ours, or without any.
fn with_line(table: &str, line: Option<&str>) -> String {
    let others = table.lines().filter(|line| !line.contains(MARK));
    others.chain(line).flat_map(|line| [line, "\n"]).collect()
}

/// A word of a unit: `%` and `$` stand for themselves.
fn unit_word(word: &str) -> String {
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", escaped.replace('%', "%%").replace('$', "$$"))
}

fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@,=".contains(c);
    if word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn unxml(text: &str) -> String {
    text.replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(program: &str, every: &str) -> Order {
        Order {
            program: program.into(),
            every: Every::parse(every).unwrap(),
            store: "/data/the store".into(),
            keys: "/k".into(),
            config_home: None,
        }
    }

    #[test]
    fn every_text_names_what_it_calls_and_how_often() {
        for program in ["/usr/local/bin/tacho", "/a b/100%/it's <&> $HOME/ta--cho"] {
            for every in ["15m", "6h", "1d"] {
                let order = order(program, every);
                let known = Some((order.every, order.program.clone()));
                for text in [order.service(), order.timer(), order.plist(), order.line()] {
                    assert_eq!(read_mark(&text), known, "{text}");
                }
            }
        }
        assert_eq!(read_mark("*/5 * * * * /usr/bin/other\n"), None);
    }

    #[test]
    fn an_interval_is_one_that_every_system_can_keep() {
        let fit = ["1m", "15m", "30m", "1h", "12h", "1d"];
        assert!(fit.iter().all(|text| Every::parse(text).is_some_and(|it| it.told() == *text)));
        for text in ["0m", "7m", "60m", "5h", "24h", "2d", "15", "m", "", "-5m"] {
            assert_eq!(Every::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_line_of_cron_calls_the_program_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("it's 100% $HOME");
        let order = order(&program.display().to_string(), "15m");
        let line = order.line().replace("\\%", "%");
        let command = line.strip_prefix("*/15 * * * * ").unwrap();
        let script = format!("printf '%s\\n' {command}");
        let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(said.lines().collect::<Vec<_>>(), order.words());
    }

    #[test]
    fn other_lines_of_the_table_stay_as_they_are() {
        let table = "MAILTO=a\n# mine\n0 * * * * x\n";
        let ours = order("/t", "1h").line();
        let with = with_line(table, Some(&ours));
        assert_eq!(with, format!("{table}{ours}\n"));
        let again = order("/u", "1d").line();
        assert_eq!(with_line(&with, Some(&again)), format!("{table}{again}\n"));
        assert_eq!(with_line(&with, None), table);
    }

    #[test]
    fn what_will_not_last_is_not_called() {
        assert!(order("/home/me/x/target/release/tacho", "1h").unfit().is_some());
        assert!(order("tacho", "1h").unfit().is_some());
        assert!(order("/a\nb/tacho", "1h").unfit().is_some());
        assert_eq!(order("/usr/bin/tacho", "1h").unfit(), None);
    }
}

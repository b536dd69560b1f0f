//! Given the audit configuration of another logger as YAML, gives settings, and an account of every
//! key: what it became, why it is not needed, or that there is nothing for it yet.
//!
//! ```yaml
//! audit:
//!   retention: { cold: 365d }      # mapped: preset = "production"
//!   rotation: { max_size: 100MB }  # not needed: segments close by themselves
//! ```

use crate::failure::{Exit, Failure};
use crate::given;
use crate::screen::Screen;
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use std::path::Path;
use tacho_event::json::{Object, Value};
use tacho_event::privacy::Preset;
use tacho_event::privacy::scan::PatternSpec;
use tacho_event::shape::nearest;

/// What became of a configuration.
#[derive(Debug, Default)]
pub(super) struct Converted {
    /// Settings of tacho.toml, by name.
    pub(super) settings: Vec<(&'static str, String)>,
    accounts: Vec<Account>,
}

/// What became of one key.
#[derive(Debug, PartialEq, Eq)]
struct Account {
    key: String,
    fate: Fate,
    what: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// A setting says it.
    Mapped,
    /// It holds anyway.
    NotNeeded,
    /// Nothing does that yet.
    NotYet,
    /// No such configuration has this key.
    Unknown,
}

impl Fate {
    fn as_str(self) -> &'static str {
        match self {
            Self::Mapped => "mapped",
            Self::NotNeeded => "not needed",
            Self::NotYet => "not yet",
            Self::Unknown => "unknown",
        }
    }
}

/// A file of a few screens.
const FILE_BYTES_MAX: u64 = 1 << 20;

pub(super) fn read(path: &Path) -> Result<Converted, Failure> {
    let text = String::from_utf8_lossy(&given::read(path, FILE_BYTES_MAX)?).into_owned();
    let unread = |why: String| {
        Failure::new(Exit::Usage, format!("{} is no audit configuration", path.display()))
            .because(why)
            .next("a YAML file with `audit:`, and maybe `alerts:`, at its top")
    };
    // Aliases that refer to each other can make gigabytes of a few lines.
    if text.lines().any(|line| line.contains(": *") || line.trim_start().starts_with("- *")) {
        return Err(unread("it uses aliases; write out what they stand for".to_owned()));
    }
    let documents = Yaml::load_from_str(&text).map_err(|error| unread(error.to_string()))?;
    let mut converted = Converted::default();
    let mut flat = Vec::new();
    for document in &documents {
        flatten("", document, &mut flat);
    }
    if flat.is_empty() {
        return Err(unread("it says nothing".to_owned()));
    }
    for (key, value) in &flat {
        converted.take(key, value, &flat);
    }
    Ok(converted)
}

type Flat = Vec<(String, String)>;

/// `audit.retention.cold` with `365d`, for each scalar; list elements share their list's key.
fn flatten(path: &str, node: &Yaml<'_>, flat: &mut Flat) {
    match node {
        Yaml::Mapping(members) => {
            for (name, value) in members {
                let name = scalar(name);
                let path = if path.is_empty() { name } else { format!("{path}.{name}") };
                flatten(&path, value, flat);
            }
        }
        Yaml::Sequence(elements) => {
            elements.iter().for_each(|element| flatten(path, element, flat));
        }
        other => flat.push((path.to_owned(), scalar(other))),
    }
}

fn scalar(node: &Yaml<'_>) -> String {
    match node {
        Yaml::Value(Scalar::String(text)) => text.to_string(),
        Yaml::Value(Scalar::Boolean(flag)) => flag.to_string(),
        Yaml::Value(Scalar::Integer(number)) => number.to_string(),
        Yaml::Value(Scalar::FloatingPoint(number)) => number.to_string(),
        Yaml::Representation(text, ..) => text.to_string(),
        _ => String::new(),
    }
}

/// Keys that are known and need nothing, or have nothing yet: each with its reason.
const PLAIN: &[(&str, Fate, &str)] = &[
    ("audit.rotation.max_size", Fate::NotNeeded, "segments close by themselves"),
    ("audit.rotation.max_age", Fate::NotNeeded, "the preset says how long events are kept"),
    ("audit.rotation.compress", Fate::NotNeeded, "the store keeps its own form"),
    ("audit.format", Fate::NotNeeded, "every event is JSON"),
    ("audit.url", Fate::NotYet, "no events are sent anywhere; `tacho export` writes them"),
    ("audit.stream", Fate::NotYet, "no events are sent anywhere; `tacho export` writes them"),
    ("audit.labels.*", Fate::NotYet, "no setting adds labels; whoever records can"),
    ("audit.retention.hot", Fate::NotYet, "no setting keeps tiers; the preset keeps all of it"),
    ("audit.retention.warm", Fate::NotYet, "no setting keeps tiers; the preset keeps all of it"),
    ("alerts.name", Fate::NotYet, "no rules run; `tacho events --fail-if-any` in a timer can"),
    ("alerts.condition", Fate::NotYet, "no rules run; a filter asks the same"),
    ("alerts.window", Fate::NotYet, "no rules run; `--since` says how far back"),
    ("alerts.action", Fate::NotYet, "no rules run; whoever runs the filter acts"),
];

/// Keys that are read together with others.
const READ: &[&str] = &[
    "audit.destination",
    "audit.path",
    "audit.content_logging.file_contents",
    "audit.content_logging.query_results",
    "audit.content_logging.bash_output",
    "audit.redaction.patterns",
    "audit.redaction.replacement",
    "audit.retention.cold",
    "audit.pii_retention",
];

impl Converted {
    pub(super) fn says(&self, name: &str) -> Option<String> {
        let mut said = self.settings.iter().filter(|(said, _)| *said == name);
        said.next().map(|(_, value)| value.clone())
    }

    fn take(&mut self, key: &str, value: &str, all: &Flat) {
        let (fate, what) = match key {
            "audit.destination" if value == "file" => {
                (Fate::NotNeeded, "the store is files".to_owned())
            }
            "audit.destination" => {
                let what = format!("no events are sent to {value}; the log itself is kept here");
                (Fate::NotYet, what)
            }
            "audit.path" => self.path(value),
            _ if key.starts_with("audit.content_logging.") && READ.contains(&key) => {
                self.content(all)
            }
            "audit.redaction.patterns" => pattern(value),
            "audit.redaction.replacement" if value == "[REDACTED]" => {
                (Fate::NotNeeded, "that is what stands there".to_owned())
            }
            "audit.redaction.replacement" => {
                (Fate::NotYet, "secrets become [REDACTED], whatever this says".to_owned())
            }
            "audit.retention.cold" => self.kept(value),
            "audit.pii_retention" => self.people(value, all),
            _ => plain(key),
        };
        let is_told = self.accounts.iter().any(|one| one.key == key && one.what == what);
        if !is_told {
            self.accounts.push(Account { key: key.to_owned(), fate, what });
        }
    }

    fn map(&mut self, name: &'static str, value: String) -> (Fate, String) {
        let what = format!("{name} = \"{value}\"");
        if self.says(name).is_none() {
            self.settings.push((name, value));
        }
        (Fate::Mapped, what)
    }

    /// Beside what the other logger wrote there, not among it.
    fn path(&mut self, value: &str) -> (Fate, String) {
        let dir = value.trim_end_matches('/');
        if !dir.starts_with('/') && !dir.starts_with("~/") {
            return (Fate::NotYet, "a store has an absolute path: `tacho init --store DIR`".into());
        }
        self.map("store", format!("{dir}/tachograph"))
    }

    fn content(&mut self, all: &Flat) -> (Fate, String) {
        let says = |name: &str| {
            let key = format!("audit.content_logging.{name}");
            all.iter().find(|(one, _)| *one == key).map(|(_, value)| value.as_str())
        };
        let (files, queries) = (says("file_contents"), says("query_results"));
        match (files, queries, says("bash_output")) {
            (Some("true"), Some("true"), None | Some("full" | "true")) => {
                self.map("capture", "full".to_owned())
            }
            (None | Some("false"), None | Some("false"), None | Some("truncate")) => {
                self.map("capture", "redacted".to_owned())
            }
            (None | Some("false"), None | Some("false"), Some("none" | "false")) => {
                self.map("capture", "metadata".to_owned())
            }
            // What keeps less is nearer to what was meant than what keeps more.
            _ => {
                let (_, what) = self.map("capture", "redacted".to_owned());
                (Fate::NotYet, format!("no setting mixes these; {what} keeps less of them"))
            }
        }
    }

    /// The preset that keeps events as long, or the next longer one.
    fn kept(&mut self, value: &str) -> (Fate, String) {
        let Some(wanted) = days(value) else {
            return (Fate::NotYet, format!("`{value}` is no number of days"));
        };
        let long = [Preset::Development, Preset::Production, Preset::Compliance];
        let fit = long.into_iter().find(|preset| preset.terms().leaf_days >= wanted);
        let Some(preset) = fit else {
            return (Fate::NotYet, "no preset keeps events for longer than 7 years".to_owned());
        };
        self.map("preset", preset.terms().name.to_owned())
    }

    /// How long people are kept: what the preset of the rest says, or nothing yet.
    fn people(&mut self, value: &str, all: &Flat) -> (Fate, String) {
        let cold = all.iter().find(|(key, _)| key == "audit.retention.cold");
        if let Some((_, cold)) = cold {
            self.kept(cold);
        }
        let preset = self.says("preset").as_deref().and_then(Preset::parse).unwrap_or_default();
        let terms = preset.terms();
        match terms.identity_days {
            Some(kept) if Some(kept) == days(value) => {
                (Fate::Mapped, format!("the preset {} keeps people for {kept} days", terms.name))
            }
            kept => {
                let kept = kept.map_or("no".to_owned(), |kept| kept.to_string());
                (Fate::NotYet, format!("the preset {} keeps people for {kept} days", terms.name))
            }
        }
    }

    pub(super) fn show(&self, screen: &mut Screen) -> Result<(), Failure> {
        for Account { key, fate, what } in &self.accounts {
            let text = format!("  {:10}  {key}: {what}", fate.as_str());
            let text = screen.shown(&text).into_owned();
            let text = match fate {
                Fate::Mapped | Fate::NotNeeded => text,
                Fate::NotYet | Fate::Unknown => screen.paint.odd(&text),
            };
            screen.line(&text)?;
        }
        Ok(())
    }

    pub(super) fn json(&self) -> Value {
        let account = |account: &Account| {
            Value::from(Object::from([
                ("key", Value::from(account.key.as_str())),
                ("fate", Value::from(account.fate.as_str())),
                ("what", Value::from(account.what.as_str())),
            ]))
        };
        self.accounts.iter().map(account).collect::<Vec<_>>().into()
    }
}

fn plain(key: &str) -> (Fate, String) {
    let covers = |row: &&(&str, Fate, &str)| match row.0.strip_suffix('*') {
        Some(begin) => key.starts_with(begin),
        None => row.0 == key,
    };
    if let Some((_, fate, what)) = PLAIN.iter().find(covers) {
        return (*fate, (*what).to_owned());
    }
    let known = PLAIN.iter().map(|row| row.0).chain(READ.iter().copied());
    let near = nearest(key, known).map_or(String::new(), |near| format!("; did you mean {near}?"));
    (Fate::Unknown, format!("nothing is done with it{near}"))
}

/// A pattern of its own is not run yet; most are built in.
fn pattern(value: &str) -> (Fate, String) {
    let built_in = PatternSpec::defaults();
    if built_in.iter().any(|one| one.pattern == value) {
        return (Fate::NotNeeded, format!("{value} is built in"));
    }
    (Fate::NotYet, format!("{value} is not looked for: no setting adds patterns"))
}

/// `30d`, `4w`, `1y` as days.
fn days(text: &str) -> Option<u32> {
    let unit = text.chars().last()?;
    let number: u32 = text.strip_suffix(unit)?.trim().parse().ok()?;
    match unit {
        'd' => Some(number),
        'w' => number.checked_mul(7),
        'y' => number.checked_mul(365),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_of_days_is_read() {
        assert_eq!(
            ["30d", "2w", "1y", "7", "x"].map(days),
            [Some(30), Some(14), Some(365), None, None]
        );
    }

    #[test]
    fn every_known_key_has_a_row_and_a_mistyped_one_its_neighbour() {
        for (key, fate, _) in PLAIN.iter().filter(|row| !row.0.ends_with('*')) {
            assert_eq!(plain(key).0, *fate);
        }
        let (fate, what) = plain("audit.retention.hott");
        assert_eq!(fate, Fate::Unknown);
        assert!(what.contains("did you mean audit.retention.hot"), "{what}");
    }
}

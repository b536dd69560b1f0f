//! The one table of settings: what `tacho.toml` may say, which variable says it instead, and what
//! holds when nobody says anything. `docs/reference/config.md` is made from it.

use crate::given;
use crate::place::Place;
use tacho_event::TenantId;
use tacho_event::privacy::{Level, Preset};
use tacho_event::shape::nearest;
use tacho_tap::surroundings::{expand, text_setting, variable};
use tacho_tap::upkeep;
use tachograph::retain::{self, ROWS, Written};

/// One setting.
#[derive(Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    /// The variable that wins over the file; none where only the file says it.
    pub(crate) variable: Option<&'static str>,
    /// The option that wins over both.
    pub(crate) option: Option<&'static str>,
    pub(crate) usual: &'static str,
    pub(crate) about: &'static str,
    /// Whether a value, the second, fits the setting of that name.
    pub(crate) is_fit: fn(&str, &str) -> bool,
    /// What a fit value is, in the words of a problem.
    pub(crate) wants: &'static str,
    /// Whether a project's file may say it, which then only tightens.
    pub(crate) in_project: bool,
}

/// The command line's own; [`settings`] has those of retention too.
const OWN: &[Setting] = &[
    Setting {
        name: "store",
        variable: Some("TACHO_STORE"),
        option: Some("--store"),
        usual: "$XDG_DATA_HOME/tachograph, else ~/.local/share/tachograph",
        about: "The directory of the store.",
        is_fit: is_path,
        wants: "an absolute path, or one below `~/`",
        in_project: false,
    },
    Setting {
        name: "keys",
        variable: Some("TACHO_KEYS"),
        option: Some("--keys"),
        usual: "$XDG_CONFIG_HOME/tachograph/keys/<installation>, else below ~/.config",
        about: "The directory of the keys that sign; outside the store.",
        is_fit: is_path,
        wants: "an absolute path, or one below `~/`",
        in_project: false,
    },
    Setting {
        name: "tenant",
        variable: Some("TACHO_TENANT"),
        option: Some("--tenant"),
        usual: "default",
        about: "Whose log is written and read.",
        is_fit: |_, value| TenantId::new(value).is_some(),
        wants: "a name of small letters, digits and `-`",
        in_project: false,
    },
    Setting {
        name: "preset",
        variable: None,
        option: None,
        usual: "development",
        about: "How much is kept and for how long.",
        is_fit: |_, value| Preset::parse(value).is_some(),
        wants: "one of development, production, compliance, minimal",
        in_project: false,
    },
    Setting {
        name: "capture",
        variable: None,
        option: None,
        usual: "what the preset captures",
        about: "How much of an event is captured. A project may ask for more than you do.",
        is_fit: |_, value| Level::parse(value).is_some_and(|level| level > Level::None),
        wants: "one of metadata, redacted, full",
        in_project: true,
    },
    Setting {
        name: "maintain.session_end",
        variable: None,
        option: None,
        usual: upkeep::DAILY,
        about: "Whether the end of an agent's session starts `tacho maintain` when it is due.",
        is_fit: |_, value| [upkeep::DAILY, upkeep::NEVER].contains(&value),
        wants: "daily or never",
        in_project: false,
    },
    anchoring(
        "anchor.witnesses",
        "A C2SP `tlog-policy`: the witnesses of the logs, and how many are enough.",
        is_path,
        "an absolute path, or one below `~/`",
    ),
    anchoring(
        "anchor.witness.exec",
        "The command that shows a checkpoint to a witness; `{name}` and `{url}` are replaced.",
        is_command,
        "a program and its arguments, divided by blanks",
    ),
    anchoring(
        "anchor.tsa.exec",
        "The command that gets a time stamp (RFC 3161) for the request on its input.",
        is_command,
        "a program and its arguments, divided by blanks",
    ),
    anchoring(
        "anchor.tsa.certificates",
        "The certificates by which `verify` has the signatures of time stamps checked.",
        is_path,
        "an absolute path, or one below `~/`",
    ),
    anchoring(
        "anchor.exec",
        "The command that takes a checkpoint away.",
        is_command,
        "a program and its arguments, divided by blanks",
    ),
    anchoring(
        "anchor.every",
        "Seconds between two times that witnesses and commands are asked; else 60.",
        is_seconds,
        "a number of seconds",
    ),
    anchoring(
        "anchor.tsa.every",
        "Seconds between two time stamps; else 3600.",
        is_seconds,
        "a number of seconds",
    ),
];

/// A setting of the file alone, that nobody has unless he says so.
const fn anchoring(
    name: &'static str,
    about: &'static str,
    is_fit: fn(&str, &str) -> bool,
    wants: &'static str,
) -> Setting {
    Setting {
        name,
        variable: None,
        option: None,
        usual: "none",
        about,
        is_fit,
        wants,
        in_project: false,
    }
}

/// A setting of retention, as the trunk lists it; a project says none of them.
fn retention(row: &retain::Row) -> Setting {
    Setting {
        name: row.name,
        variable: None,
        option: None,
        usual: row.usual,
        about: row.about,
        is_fit: |name, value| Written::default().set(name, value) == Some(true),
        wants: row.wants,
        in_project: false,
    }
}

/// Every setting.
pub(crate) fn settings() -> impl Iterator<Item = Setting> {
    OWN.iter().copied().chain(ROWS.iter().map(retention))
}

fn is_command(_: &str, value: &str) -> bool {
    value.split_whitespace().next().is_some()
}

fn is_seconds(_: &str, value: &str) -> bool {
    value.parse::<u32>().is_ok_and(|seconds| seconds > 0)
}

fn is_path(_: &str, value: &str) -> bool {
    value.starts_with('/') || value.starts_with("~/")
}

impl Setting {
    pub(crate) fn named(name: &str) -> Option<Self> {
        settings().find(|setting| setting.name == name)
    }

    /// What holds now.
    pub(crate) fn value(&self, place: &Place) -> String {
        match self.name {
            "store" => place.store_dir.display().to_string(),
            "keys" => place
                .named_keys()
                .unwrap_or_else(|| place.keys_home.join("<installation>"))
                .display()
                .to_string(),
            "tenant" => place.tenant.as_str().to_owned(),
            "preset" => place.preset.terms().name.to_owned(),
            "capture" => place.level().as_str().to_owned(),
            name => said(place, name).unwrap_or_else(|| self.usual.to_owned()),
        }
    }
}

/// What the user's file says of a setting that the file alone says; the last line holds.
pub(crate) fn said(place: &Place, name: &str) -> Option<String> {
    let bytes = given::read(&place.config_file(), FILE_BYTES_MAX).ok()?;
    said_in(&String::from_utf8(bytes).ok()?, name)
}

/// The same of a text that may become the file.
pub(crate) fn said_in(text: &str, name: &str) -> Option<String> {
    let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with('['));
    let said = lines.filter_map(text_setting).filter(|(said, _)| *said == name);
    said.last().map(|(_, value)| value.to_owned())
}

/// A file of a few lines.
const FILE_BYTES_MAX: u64 = 256 * 1024;

/// The setting that is nearest to what somebody typed.
pub(crate) fn near(name: &str) -> Option<&'static str> {
    nearest(name, settings().map(|setting| setting.name))
}

/// A line of the file that nobody heeds, and why.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unheeded {
    pub(crate) line: usize,
    pub(crate) why: String,
}

/// What a user's file says that is not understood: a mistyped name is not left unsaid.
pub(crate) fn check(text: &str) -> Vec<Unheeded> {
    unheeded(text, &|_, _| None)
}

/// What a project's file says in vain: what is not understood, and what would loosen the user's
/// own terms. `own` is the level that holds without the project, `most` what the preset allows.
pub(crate) fn check_project(text: &str, own: Level, most: Level) -> Vec<Unheeded> {
    unheeded(text, &|setting, value| {
        let name = setting.name;
        if !setting.in_project {
            return Some(format!("a project may not say `{name}`: only your own file does"));
        }
        let level = Level::parse(value)?;
        let own = own.as_str();
        if level < Level::parse(own)? {
            return Some(format!("a project may only raise `{name}`, and yours is {own}"));
        }
        (level > most).then(|| format!("your preset keeps no content, so `{name}` is not raised"))
    })
}

/// Says what more is wrong with a setting and its value.
type Objects<'o> = &'o dyn Fn(&Setting, &str) -> Option<String>;

fn unheeded(text: &str, objects: Objects<'_>) -> Vec<Unheeded> {
    let mut unheeded = Vec::new();
    let mut said: Vec<String> = Vec::new();
    let mut is_in_table = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        is_in_table |= line.starts_with('[');
        let why = if is_in_table {
            Some("there are no tables: settings stand before the first one".to_owned())
        } else {
            problem(line, &said, objects)
        };
        said.extend(text_setting(line).map(|(name, _)| name.to_owned()));
        unheeded.extend(why.map(|why| Unheeded { line: number, why }));
    }
    unheeded
}

fn problem(line: &str, said: &[String], objects: Objects<'_>) -> Option<String> {
    let Some((name, value)) = text_setting(line) else {
        return Some("is no setting: `name = \"value\"`".to_owned());
    };
    let Some(setting) = Setting::named(name) else {
        let hint = near(name).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        return Some(format!("no setting is called `{name}`{hint}"));
    };
    if said.iter().any(|one| one == name) {
        return Some(format!("`{name}` is said twice; the last one holds"));
    }
    let value = match expand(value, &variable) {
        Ok(value) => value,
        Err(unset) => return Some(format!("`{name}` names ${{{unset}}}, which is not set")),
    };
    if !(setting.is_fit)(name, &value) {
        return Some(format!("`{name}` wants {}, not `{value}`", setting.wants));
    }
    objects(&setting, &value)
}

/// The text with the setting: its line is replaced, or a new one comes before the first table.
pub(crate) fn set(text: &str, name: &str, value: &str) -> String {
    let wanted = format!("{name} = \"{value}\"");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let tables = lines.iter().position(|line| line.trim_start().starts_with('['));
    let before = tables.unwrap_or(lines.len());
    let is_it = |line: &String| text_setting(line.trim()).is_some_and(|(said, _)| said == name);
    let last = lines.iter().take(before).rposition(is_it);
    match last.and_then(|at| lines.get_mut(at)) {
        Some(line) => *line = wanted,
        None => lines.insert(before, wanted),
    }
    lines.join("\n") + "\n"
}

/// The reference, as Markdown.
#[cfg(test)]
fn reference() -> String {
    let mut text =
        "# Settings\n\nGenerated from the table that the program reads; do not edit.\n\n\
        The user's file is `$XDG_CONFIG_HOME/tachograph/tacho.toml`, else\n\
        `~/.config/tachograph/tacho.toml`: lines of `name = \"value\"`. An option wins over a\n\
        variable, a variable over the file. `${NAME}` in a value stands for that variable. A\n\
        `tacho.toml` in a project, which an agent can write, may only tighten: ask for more\n\
        to be captured. Hooks heed it, too. `tacho config check` names what is in vain.\n"
            .to_owned();
    for setting in settings() {
        let (variable, option) = (setting.variable.unwrap_or("-"), setting.option.unwrap_or("-"));
        text += &format!(
            "\n## `{}`\n\n{}\n\n- variable: `{variable}`\n- option: `{option}`\n- wants: {}\n\
             - in a project: {}\n- else: `{}`\n",
            setting.name,
            setting.about,
            setting.wants,
            if setting.in_project { "only tightens" } else { "no" },
            setting.usual
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_is_named_with_its_line() {
        let text = "# mine\nstore = \"/a\"\nstroe = \"/b\"\npreset = \"all\"\ntenant = 7\n\n\
                    store = \"/c\"\n[rules]\nx = \"y\"\n";
        let lines: Vec<usize> = check(text).iter().map(|one| one.line).collect();
        assert_eq!(lines, [3, 4, 5, 7, 8, 9]);
        assert_eq!(
            check("stroe = \"/b\"")[0].why,
            "no setting is called `stroe`; did you mean `store`?"
        );
        assert_eq!(check("store = \"/a\" # mine\nkeys = '~/k'\n"), []);
    }

    #[test]
    fn a_project_says_in_vain_what_does_not_raise_the_capture() {
        let own = Level::Redacted;
        let vain = |line: &str, own, most| check_project(line, own, most).len();
        assert_eq!(vain("capture = \"full\"", own, Level::Full), 0);
        assert_eq!(vain("capture = \"metadata\"", own, Level::Full), 1);
        assert_eq!(vain("capture = \"none\"", own, Level::Full), 1);
        // A preset that keeps no content has no days for it.
        assert_eq!(vain("capture = \"full\"", Level::Metadata, Level::Metadata), 1);
        for name in ["store", "keys", "tenant", "preset", "retention.cold", "pii_retention"] {
            let line = format!("{name} = \"/x\"");
            assert_eq!(check_project(&line, own, Level::Full).len(), 1, "{name}");
        }
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let why = &check("store = \"${NO_SUCH_VARIABLE_HERE}/x\"")[0].why;
        assert_eq!(why, "`store` names ${NO_SUCH_VARIABLE_HERE}, which is not set");
    }

    #[test]
    fn a_setting_is_set_where_it_stands_and_nothing_else_changes() {
        let text = "# mine\nstore = \"/a\" # here\n\n[other]\nstore = \"/x\"\n";
        assert_eq!(set(text, "store", "/b"), "# mine\nstore = \"/b\"\n\n[other]\nstore = \"/x\"\n");
        let added = set(text, "tenant", "acme");
        assert!(added.contains("\n\ntenant = \"acme\"\n[other]\n"), "{added}");
        assert_eq!(set("", "tenant", "acme"), "tenant = \"acme\"\n");
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "UPDATE is how a person asks for a new page")]
    fn the_reference_is_what_the_table_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/config.md");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, reference()).unwrap();
        }
        let page = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(page, reference(), "`UPDATE=1 cargo test -p tacho-cli` writes it anew");
    }
}

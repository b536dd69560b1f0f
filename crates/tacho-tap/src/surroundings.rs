//! The one table of the environment: every variable the tap reads, and the places that follow.

use std::path::{Path, PathBuf};

use crate::disk;

/// What the tap was started in, and where things lie.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The store: `--store`, else `TACHO_STORE`, else the user's `tacho.toml`, else
    /// `$XDG_DATA_HOME/tachograph`.
    pub store: PathBuf,
    /// The keys: `TACHO_KEYS`, else the user's `tacho.toml`; none for
    /// `$XDG_CONFIG_HOME/tachograph/keys/<installation>`.
    pub keys: Option<PathBuf>,
    /// Where keys lie when nobody says.
    pub keys_home: PathBuf,
    /// The tap's own state: `TACHO_STATE`, else `$XDG_STATE_HOME/tachograph`.
    pub state: PathBuf,
    /// The user's home.
    pub home: PathBuf,
    /// The preset of the user's `tacho.toml`.
    pub preset: Option<String>,
    /// The capture level of the user's `tacho.toml`, instead of the preset's.
    pub capture: Option<String>,
    /// The tenant of the user's `tacho.toml`.
    pub tenant: Option<String>,
    /// `maintain.session_end` of the user's `tacho.toml`.
    pub maintain: Option<String>,
    /// `AGENT_ID`, for seed 002's hook.
    pub agent_id: Option<String>,
    /// `SESSION_ID`, for seed 002's hook.
    pub session_id: Option<String>,
}

impl Surroundings {
    /// The surroundings of this process. `store` is what the command line says.
    pub fn of_process(store: Option<PathBuf>) -> Self {
        Self::read(store, &variable)
    }

    /// The surroundings that `variable` tells.
    fn read(store: Option<PathBuf>, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let path = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = path("HOME").unwrap_or_else(|| PathBuf::from("/"));
        let below = |name: &str, usual: &str| {
            path(name).unwrap_or_else(|| home.join(usual)).join("tachograph")
        };
        let config = below("XDG_CONFIG_HOME", ".config");
        let written = Written::read(&config.join("tacho.toml"), &home, variable);
        let store = store
            .or_else(|| variable("TACHO_STORE").map(PathBuf::from))
            .or(written.store)
            .unwrap_or_else(|| below("XDG_DATA_HOME", ".local/share"));
        Self {
            store,
            keys: variable("TACHO_KEYS").map(PathBuf::from).or(written.keys),
            keys_home: config.join("keys"),
            state: path("TACHO_STATE").unwrap_or_else(|| below("XDG_STATE_HOME", ".local/state")),
            home,
            preset: written.preset,
            capture: written.capture,
            tenant: written.tenant,
            maintain: written.maintain,
            agent_id: variable("AGENT_ID"),
            session_id: variable("SESSION_ID"),
        }
    }
}

/// What the user's file says of the few things a hook must know.
#[derive(Debug, Default)]
struct Written {
    store: Option<PathBuf>,
    keys: Option<PathBuf>,
    preset: Option<String>,
    capture: Option<String>,
    tenant: Option<String>,
    maintain: Option<String>,
}

impl Written {
    /// Reads plain `name = "text"` lines before the first table. Whatever else the file says is
    /// for programs that have the time to read it.
    fn read(path: &Path, home: &Path, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut written = Self::default();
        let Ok(Some((bytes, _))) = disk::read(path, CONFIG_BYTES_MAX) else { return written };
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with('['));
        for (name, value) in lines.filter_map(text_setting) {
            // A variable that is not set stays as it is written: what it names is not found, and
            // nothing is recorded where nobody looks.
            let value = expand(value, variable).unwrap_or_else(|_| value.to_owned());
            let place = || match value.strip_prefix("~/") {
                Some(below) => home.join(below),
                None => PathBuf::from(&value),
            };
            match name {
                "store" => written.store = Some(place()),
                "keys" => written.keys = Some(place()),
                "preset" => written.preset = Some(value),
                "capture" => written.capture = Some(value),
                "tenant" => written.tenant = Some(value),
                "maintain.session_end" => written.maintain = Some(value),
                _ => {}
            }
        }
        written
    }
}

/// `store = "/var/lib/tachograph"  # where` -> (`store`, `/var/lib/tachograph`)
///
/// An escape, or anything behind the text but a comment, makes it no setting.
pub fn text_setting(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let value = value.trim();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (text, rest) = value.get(1..)?.split_once(quote)?;
    let rest = rest.trim();
    // An escape would mean something else than it says.
    let plain = quote == '\'' || !text.contains('\\');
    (plain && (rest.is_empty() || rest.starts_with('#'))).then_some((name.trim(), text))
}

/// `${HOME}/audit` -> `/home/a/audit`; `$` before anything else stands for itself.
///
/// # Errors
/// The name that is not set, or that does not end.
pub fn expand(value: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut expanded = String::new();
    let mut rest = value;
    while let Some((before, behind)) = rest.split_once("${") {
        let (name, after) = behind.split_once('}').ok_or_else(|| behind.to_owned())?;
        expanded += before;
        expanded += &variable(name).ok_or_else(|| name.to_owned())?;
        rest = after;
    }
    Ok(expanded + rest)
}

const CONFIG_BYTES_MAX: u64 = 256 * 1024;

/// What the environment says, if it says anything.
#[expect(clippy::disallowed_methods, reason = "the one room of the tap that reads the environment")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The working directory of this process.
#[expect(clippy::disallowed_methods, reason = "the one room of the tap that reads the environment")]
pub fn here() -> Option<PathBuf> {
    std::env::current_dir().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_settings_are_read_and_others_left() {
        assert_eq!(text_setting(r#"store = "/a b" # here"#), Some(("store", "/a b")));
        assert_eq!(text_setting("keys='/k\\x'"), Some(("keys", "/k\\x")));
        for line in ["store = 1", r#"store = "a\nb""#, "# store", r#"store = "a" "b""#, "store"] {
            assert_eq!(text_setting(line), None, "{line}");
        }
    }

    #[test]
    fn variables_stand_in_values_and_one_that_is_not_set_is_named() {
        let set = |name: &str| (name == "A").then(|| "/a".to_owned());
        assert_eq!(expand("${A}/b/${A}", &set), Ok("/a/b//a".to_owned()));
        assert_eq!(expand("$A {A} $", &set), Ok("$A {A} $".to_owned()));
        assert_eq!(expand("/x/${B}", &set), Err("B".to_owned()));
        assert_eq!(expand("/x/${A", &set), Err("A".to_owned()));
    }

    #[test]
    fn the_command_line_wins_over_the_environment_and_that_over_the_usual_place() {
        let none = |_: &str| None;
        let here = |name: &str| match name {
            "HOME" => Some("/home/a".to_owned()),
            "TACHO_STORE" => Some("/env".to_owned()),
            _ => None,
        };
        assert_eq!(Surroundings::read(Some("/flag".into()), &here).store, Path::new("/flag"));
        assert_eq!(Surroundings::read(None, &here).store, Path::new("/env"));
        let usual = Surroundings::read(None, &none);
        assert_eq!(usual.store, Path::new("/.local/share/tachograph"));
        assert_eq!(usual.state, Path::new("/.local/state/tachograph"));
    }
}

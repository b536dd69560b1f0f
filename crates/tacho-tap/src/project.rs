//! Given where an agent works, gives the nearest `tacho.toml` around it, and what of it is heeded.
//!
//! An agent can write that file, so it only tightens: it may ask for more of an event to be
//! captured than its user does, and for nothing else. `tacho config check` names the rest.

use std::path::{Path, PathBuf};

use tacho_event::privacy::{Level, Preset};

use crate::disk;
use crate::surroundings::{expand, text_setting, variable};

/// A project's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Where it lies.
    pub file: PathBuf,
    /// What it says; nothing where it cannot be read as text.
    pub text: String,
}

/// Directories around the working one that are looked at.
const DEPTH_MAX: usize = 64;
/// More of a file is not read.
const FILE_BYTES_MAX: u64 = 256 * 1024;

impl Project {
    /// The nearest one from `here` up, below the `home` or to the root. The file that is the
    /// `user`'s own is no project's.
    ///
    /// Where there is none this costs an `open` for each directory on the way up, and nothing else:
    /// a hook asks it for every call of an agent.
    pub fn around(here: &Path, home: &Path, user: &Path) -> Option<Self> {
        if !here.is_absolute() {
            return None;
        }
        let dirs = here.ancestors().take(DEPTH_MAX);
        let around = dirs.take_while(|dir| *dir != home && dir.parent().is_some());
        let files = around.map(|dir| dir.join("tacho.toml")).filter(|file| file != user);
        let read = |file: PathBuf| {
            match disk::read(&file, FILE_BYTES_MAX) {
                Ok(None) => None,
                Ok(Some((bytes, _))) => String::from_utf8(bytes).ok().or(Some(String::new())),
                Err(_) => Some(String::new()),
            }
            .map(|text| Self { file, text })
        };
        files.into_iter().find_map(read)
    }

    /// The level of capture that it asks for, if that is heeded: not below `own`, which holds
    /// without it, and not above `most`, which the preset has days for.
    ///
    /// ```
    /// use tacho_event::privacy::Level;
    /// let text = "capture = \"full\"\nstore = \"/elsewhere\"\n".to_owned();
    /// let project = tacho_tap::project::Project { file: "/w/tacho.toml".into(), text };
    /// assert_eq!(project.raised(Level::Redacted, Level::Full), Some(Level::Full));
    /// assert_eq!(project.raised(Level::Metadata, Level::Metadata), None);
    /// ```
    pub fn raised(&self, own: Level, most: Level) -> Option<Level> {
        let lines = self.text.lines().map(str::trim).take_while(|line| !line.starts_with('['));
        let said = lines.filter_map(text_setting).filter(|(name, _)| *name == "capture");
        let level = |value: &str| Level::parse(&expand(value, &variable).ok()?);
        let levels = said.filter_map(|(_, value)| level(value));
        levels.filter(|level| *level > own && *level <= most).last()
    }
}

/// The most that a preset has days for, of a user who captures at `own`.
pub fn most_level(preset: Preset, own: Level) -> Level {
    let keeps_content = preset.terms().content_days.is_some();
    if keeps_content { Level::Full } else { own }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str) -> Project {
        Project { file: PathBuf::from("/w/tacho.toml"), text: text.to_owned() }
    }

    #[test]
    fn a_project_raises_and_never_lowers() {
        let raised = |text: &str| says(text).raised(Level::Redacted, Level::Full);
        assert_eq!(raised("# ours\ncapture = \"full\" # all\n"), Some(Level::Full));
        for text in [
            "capture = \"metadata\"",
            "capture = \"none\"",
            "capture = \"redacted\"",
            "capture = full",
            "[x]\ncapture = \"full\"",
            "capture = \"${NO_SUCH_VARIABLE_HERE}\"",
            "",
        ] {
            assert_eq!(raised(text), None, "{text}");
        }
        assert_eq!(says("capture = \"full\"").raised(Level::Metadata, Level::Metadata), None);
    }

    #[test]
    fn the_nearest_file_counts_and_the_users_own_does_not() {
        let home = tempfile::tempdir().unwrap();
        let (home, user) = (home.path(), home.path().join("config/tacho.toml"));
        let deep = home.join("work/app/src");
        for dir in [&deep, &home.join("config")] {
            disk::make_dir(dir).unwrap();
        }
        let around = |here: &Path| Project::around(here, home, &user).map(|one| one.file);
        disk::replace(&user, b"capture = \"full\"").unwrap();
        disk::replace(&home.join("tacho.toml"), b"capture = \"full\"").unwrap();
        assert_eq!(around(&deep), None);
        assert_eq!(around(&home.join("config")), None);
        disk::replace(&home.join("work/tacho.toml"), b"").unwrap();
        assert_eq!(around(&deep), Some(home.join("work/tacho.toml")));
        disk::replace(&home.join("work/app/tacho.toml"), b"").unwrap();
        assert_eq!(around(&deep), Some(home.join("work/app/tacho.toml")));
        assert_eq!(around(Path::new("work/app")), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_the_place_of_a_file_holds_nobody_up() {
        let home = tempfile::tempdir().unwrap();
        let work = home.path().join("work");
        disk::make_dir(&work).unwrap();
        let pipe = work.join("tacho.toml");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        // Opened to be read, it would wait for somebody who writes.
        assert_eq!(Project::around(&work, home.path(), Path::new("/u/tacho.toml")), None);
    }
}

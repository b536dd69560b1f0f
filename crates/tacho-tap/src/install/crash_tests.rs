//! Installers stopped at each of their steps, and others who write the same file meanwhile.

use std::cell::{Cell, RefCell};
use std::io::{Error as IoError, ErrorKind, Result as IoResult};

use super::file::Step;
use super::*;

const SETTINGS: &str = "{\n  // mine\n  \"hooks\": {\"Stop\": [], \"stop\": []}\n}\n";

/// A home with a program in it and, for one host, settings that somebody wrote.
struct Home {
    dir: tempfile::TempDir,
    target: (Host, Scope),
}

impl Home {
    fn new(host: Host, settings: Option<&str>) -> Self {
        let scope = if host == Host::OpenHands { Scope::Project } else { Scope::User };
        let home = Self { dir: tempfile::tempdir().unwrap(), target: (host, scope) };
        std::fs::write(home.program(), "").unwrap();
        #[cfg(unix)]
        {
            let rights = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(home.program(), rights).unwrap();
        }
        if let Some(settings) = settings {
            std::fs::create_dir_all(home.file().parent().unwrap()).unwrap();
            std::fs::write(home.file(), settings).unwrap();
            // Who has hooks in a plugin has told Goose of the plugin.
            if let Some((manifest, _)) = hosts::manifest(host, &home.file()) {
                std::fs::write(manifest, "{}").unwrap();
            }
        }
        home
    }

    fn program(&self) -> PathBuf {
        self.dir.path().join("tacho-tap")
    }

    fn file(&self) -> PathBuf {
        hosts::file(self.target.0, self.target.1, &self.places()).unwrap()
    }

    fn says(&self) -> Option<String> {
        file::read(&self.file()).unwrap()
    }

    fn places(&self) -> Places {
        let path = self.dir.path().to_owned();
        Places {
            home: path.clone(),
            project: path.clone(),
            machine: path,
            claude_config_dir: None,
            codex_home: None,
            copilot_home: None,
        }
    }

    fn install(&self, hand: Hand<'_>) -> Result<Change, Error> {
        install_by(hand, self.target, &self.program(), Mode::Observe, &self.places())
    }

    fn uninstall(&self, hand: Hand<'_>) -> Result<Option<Change>, Error> {
        uninstall_by(hand, self.target, &self.places())
    }

    /// Every path below but the program.
    fn paths(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut dirs = vec![self.dir.path().to_owned()];
        while let Some(dir) = dirs.pop() {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    dirs.push(path.clone());
                }
                found.push(path);
            }
        }
        found.retain(|path| *path != self.program());
        found.sort();
        found
    }
}

/// Lets `order` die before each of its steps in turn, in a home of its own each time.
fn at_every_step(order: impl Fn(Hand<'_>) -> bool) -> usize {
    for lives in 0_usize.. {
        let left = Cell::new(lives);
        let gate = |_: Step| -> IoResult<()> {
            // Who is dead does nothing more: no cleaning up either.
            let Some(less) = left.get().checked_sub(1) else {
                return Err(IoError::new(ErrorKind::Interrupted, "killed"));
            };
            left.set(less);
            Ok(())
        };
        if order(Hand(&gate)) {
            return lives;
        }
        assert!(lives < 100, "it never ends");
    }
    0
}

#[test]
fn stopped_at_any_step_an_install_leaves_the_old_settings_or_the_new_and_can_be_finished() {
    for host in Host::ALL {
        for settings in [None, Some(SETTINGS)] {
            let whole = Home::new(host, settings);
            let paths = whole.paths();
            let fresh = whole.install(Hand::FREE).unwrap().after;
            let steps = at_every_step(|hand| {
                let home = Home::new(host, settings);
                let own = |text: String| text.replace(path(&whole), path(&home));
                let new = fresh.clone().map(own);
                let done = home.install(hand).is_ok();
                let said = home.says();
                assert!(said.as_deref() == settings || said == new, "{host:?}: {said:?}");
                home.install(Hand::FREE).unwrap();
                assert_eq!(home.says(), new);
                home.uninstall(Hand::FREE).unwrap();
                assert_eq!((home.says().as_deref(), home.paths().len()), (settings, paths.len()));
                done
            });
            // A backup too where there was something; a manifest too for Goose.
            assert!(steps >= if settings.is_some() { 14 } else { 7 }, "{host:?}: {steps}");
        }
    }
}

#[test]
fn stopped_at_any_step_an_uninstall_leaves_the_new_settings_or_the_old_and_can_be_finished() {
    for host in Host::ALL {
        for settings in [None, Some(SETTINGS)] {
            let steps = at_every_step(|hand| {
                let home = Home::new(host, settings);
                let paths = home.paths();
                let new = home.install(Hand::FREE).unwrap().after;
                let done = home.uninstall(hand).is_ok();
                let said = home.says();
                assert!(said == new || said.as_deref() == settings, "{host:?}: {said:?}");
                home.uninstall(Hand::FREE).unwrap();
                assert_eq!((home.says().as_deref(), home.paths()), (settings, paths));
                done
            });
            assert!(steps >= 3, "{host:?}: {steps}");
        }
    }
}

#[test]
fn an_uninstall_clears_what_a_stopped_install_left() {
    for host in Host::ALL {
        let steps = at_every_step(|hand| {
            let home = Home::new(host, None);
            let done = home.install(hand).is_ok();
            home.uninstall(Hand::FREE).unwrap();
            assert_eq!(home.paths(), [""; 0].map(PathBuf::from));
            done
        });
        assert!(steps >= 7);
    }
}

#[test]
fn what_another_process_writes_meanwhile_is_kept_and_planned_for_anew() {
    for step in [Step::MakeDirs, Step::FillDraft, Step::Compare] {
        let home = Home::new(Host::ClaudeCode, Some(SETTINGS));
        let theirs = SETTINGS.replace("mine", "theirs");
        let quick = Cell::new(true);
        let gate = |at: Step| {
            if at == step && quick.take() {
                std::fs::write(home.file(), &theirs)?;
            }
            Ok(())
        };
        let refused = home.install(Hand(&gate)).unwrap_err().to_string();
        assert!(refused.ends_with("it changed meanwhile; try again"), "{refused}");
        assert_eq!(home.says().as_deref(), Some(theirs.as_str()));
        quick.set(true);
        std::fs::write(home.file(), SETTINGS).unwrap();
        again(|| home.install(Hand(&gate))).unwrap();
        assert!(home.says().unwrap().contains("theirs"));
        home.uninstall(Hand::FREE).unwrap();
        assert_eq!(home.says(), Some(theirs));
    }
}

#[test]
fn a_file_that_never_rests_is_refused_after_some_tries() {
    let home = Home::new(Host::ClaudeCode, Some(SETTINGS));
    let writes = RefCell::new(0_usize);
    let gate = |at: Step| {
        if at == Step::Compare {
            *writes.borrow_mut() += 1;
            std::fs::write(home.file(), format!("{SETTINGS}// {}\n", writes.borrow()))?;
        }
        Ok(())
    };
    assert!(again(|| home.install(Hand(&gate))).is_err());
    assert!(home.says().unwrap().starts_with(SETTINGS));
    assert!(!home.says().unwrap().contains("tacho-tap"));
}

fn path(home: &Home) -> &str {
    home.dir.path().to_str().unwrap()
}

//! Given the preset, gives how a hook keeps what it hides: sealed with public keys, or plain; and
//! where there is nothing to seal with, nothing that would need a seal.

use std::path::PathBuf;

use tacho_event::Draft;
use tacho_event::privacy::{Level, Policy, Preset};
use tachograph::Store;
use tachograph::vault::{Custody, Writer};

use super::context::cwd;
use super::{Desk, Told};
use crate::disk;
use crate::project::{Project, most_level};
use crate::surroundings::here;

/// How the events of one hook are kept.
pub(super) struct Keeping {
    pub(super) policy: Policy,
    pub(super) writer: Writer,
    /// Why their content is not kept, if it is not.
    pub(super) unsealed: Option<String>,
}

impl Desk {
    pub(super) fn preset(&self) -> Preset {
        self.around.preset.as_deref().and_then(Preset::parse).unwrap_or_default()
    }

    /// The capture level of the user: his file's, else the preset's.
    pub(super) fn own_level(&self) -> Level {
        let named = self.around.capture.as_deref().and_then(Level::parse);
        named.unwrap_or(self.preset().terms().level)
    }

    /// The level that the project asks for, where that is more.
    pub(super) fn raised(&self, told: &Told) -> Option<Level> {
        let here = cwd(told).map(PathBuf::from).or_else(here)?;
        let user = self.around.keys_home.with_file_name("tacho.toml");
        let project = Project::around(&here, &self.around.home, &user)?;
        let own = self.own_level();
        project.raised(own, most_level(self.preset(), own))
    }

    /// Where the keys of a store lie; without a store, those of the only one there is.
    pub(super) fn keys_dir(&self, store: Option<&Store>) -> Option<PathBuf> {
        if let Some(dir) = &self.around.keys {
            return Some(dir.clone());
        }
        let home = &self.around.keys_home;
        if let Some(store) = store {
            let name = store.installation().iter().map(|byte| format!("{byte:02x}"));
            return Some(home.join(name.collect::<String>()));
        }
        match disk::names(home).as_slice() {
            [only] => Some(home.join(only)),
            _ => None,
        }
    }

    /// How events are captured at `level` and kept in `store`, with the keys in `dir`. A hook makes
    /// no keys: without one to seal with, it records what the preset `minimal` does.
    pub(super) fn keeping(&self, store: &Store, dir: Option<PathBuf>, level: Level) -> Keeping {
        let preset = self.preset();
        let policy = || Policy::preset(preset).with_level(level);
        let custody = dir.map(|dir| Custody::new(store, self.world.clone(), &dir));
        let tenant = self.tenant();
        let why = match custody {
            None if Custody::seals(preset) => "where the keys lie is not known".to_owned(),
            None => return Keeping::plain(policy(), None),
            Some(custody) => match custody.writer(preset, tenant.as_str()) {
                Ok(writer) => {
                    return Keeping { policy: policy(), writer, unsealed: None };
                }
                // A store whose generation cannot be read tells so when it is written.
                Err(_) if !Custody::seals(preset) => return Keeping::plain(policy(), None),
                Err(error) => error.to_string(),
            },
        };
        Keeping::plain(Policy::preset(Preset::Minimal), Some(why))
    }
}

impl Keeping {
    fn plain(policy: Policy, unsealed: Option<String>) -> Self {
        Self { policy, writer: Writer::default(), unsealed }
    }

    /// The gap that stands for content which nothing could seal.
    pub(super) fn gap(why: &str) -> Draft {
        Draft::gap("content_not_sealed", "content and names of people").because(why)
    }
}

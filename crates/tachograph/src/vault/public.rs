//! The file `vault.pub`: what a writer needs to seal, and nothing with which it could open.
//!
//! ```text
//! tachograph-vault 1
//! origin tacho.example.com/acme
//! generation 3
//! master <base64url of the X25519 public key>
//! log tacho.example.com/acme+e99b1a4a+ASBYulQ/..      one line for each key that signs rows
//! ```

use std::io::ErrorKind;
use std::path::Path;

use tacho_event::privacy::{base64url, from_base64url};
use tacho_tree::VerifierKey;

use super::error::VaultError;
use crate::error::Doing;
use crate::files::replace::{Steps, replace};
use crate::files::{Files, Point, read_small};
use crate::limits::VAULT_PUB_BYTES_MAX;

/// What a writer knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Public {
    pub(crate) origin: String,
    pub(crate) generation: u32,
    pub(crate) master: [u8; 32],
    pub(crate) log: Vec<VerifierKey>,
}

const FIRST: &str = "tachograph-vault 1";

impl Public {
    pub(crate) fn read(files: &dyn Files, path: &Path) -> Result<Option<Self>, VaultError> {
        let bytes = match read_small(files, path, VAULT_PUB_BYTES_MAX) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            outcome => outcome.doing("read", path)?,
        };
        let public = str::from_utf8(&bytes).ok().and_then(Self::parse);
        let damaged = || VaultError::Damaged { path: path.to_owned(), what: "it is no vault.pub" };
        public.map(Some).ok_or_else(damaged)
    }

    pub(crate) fn write(&self, files: &dyn Files, path: &Path) -> Result<(), VaultError> {
        let steps = Steps {
            sync: Point::VaultPubSync,
            rename: Point::VaultPubRename,
            dir: Some(Point::VaultPubDirSync),
        };
        Ok(replace(files, path, self.text().as_bytes(), steps)?)
    }

    fn text(&self) -> String {
        let mut text = format!(
            "{FIRST}\norigin {}\ngeneration {}\nmaster {}\n",
            self.origin,
            self.generation,
            base64url(&self.master)
        );
        self.log.iter().for_each(|key| text.push_str(&format!("log {key}\n")));
        text
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut said = |word: &str| lines.next()?.strip_prefix(word)?.strip_prefix(' ');
        (said("tachograph-vault")? == "1").then_some(())?;
        let origin = said("origin")?.to_owned();
        let generation = said("generation")?.parse().ok()?;
        let master = from_base64url(said("master")?)?.try_into().ok()?;
        let log: Option<Vec<_>> =
            lines.map(|line| VerifierKey::parse(line.strip_prefix("log ")?).ok()).collect();
        let public = Self { origin, generation, master, log: log? };
        // Accept only what we would write.
        (public.text() == text).then_some(public)
    }
}

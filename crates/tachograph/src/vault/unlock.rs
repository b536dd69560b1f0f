//! Given a command that tells a secret, locks the master secret with it: a copy of the key
//! directory alone opens nothing.
//!
//! ```text
//! <keys>/unlock   {"command":["secret-tool","lookup","tachograph","master"],"v":1}; 0600
//! lock = HMAC-SHA256("tacho/v1/unlock" and zeros to 32 bytes, what the command says)
//! ```
//!
//! The command is run as those of anchors are: words, no shell, seconds. What it says, but for one
//! newline at its end, is a secret of 16 bytes or more; whoever has the key directory can try short
//! ones.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tacho_event::json::{self, Object, Value};
use zeroize::Zeroizing;

use super::cipher::{Key, mac};
use super::error::VaultError;
use super::ring::{KeyRing, lock as lock_keys};
use super::slots::{Slots, Unread};
use crate::anchor::{Carrier, Command, Speaks};
use crate::error::{Doing, Error};
use crate::files::replace::{Steps, replace};
use crate::files::{Files, Point, read_small};
use crate::limits::{SIGNER_BYTES_MAX, UNLOCK_WAIT_SECONDS};

/// A shorter secret is guessed.
const SECRET_BYTES_MIN: usize = 16;
const SALT: &[u8; 15] = b"tacho/v1/unlock";

impl KeyRing {
    /// Reads the master secret again: another process may have rotated it.
    pub(crate) fn reload_master(&mut self) -> Result<(), VaultError> {
        let path = self.master_path();
        let files = self.store.files().as_ref();
        if self.unlock.is_none() {
            self.unlock = unlock(files, self.keys.dir())?;
        }
        let slots = match Slots::read_with(files, &path, self.unlock.as_ref()) {
            Err(Unread::Store(error)) => return Err(error.into()),
            // Asked again next time: somebody may have put the right one there.
            Err(Unread::Shut) if self.unlock.take().is_some() => {
                return Err(VaultError::WrongSecret(path));
            }
            Err(Unread::Shut) => {
                let why = "there is no file `unlock` that names it".to_owned();
                return Err(VaultError::Locked(why));
            }
            Ok(slots) => slots,
        };
        let slots = slots.ok_or_else(|| VaultError::NoMaster(path.clone()))?;
        if !files.is_private(&path).doing("stat", &path)? {
            return Err(VaultError::Exposed(path));
        }
        if slots.newest().is_none() {
            return Err(VaultError::Damaged { path, what: "it holds no master secret" });
        }
        self.master = slots;
        Ok(())
    }

    /// Locks the master secret with what a command says, from now on: who opens the keys asks it.
    ///
    /// # Errors
    /// What the command did instead, that keys are being replaced, or what the disk said.
    pub fn lock_master(&mut self, command: &[String]) -> Result<(), VaultError> {
        let new = ask(command)?;
        let held = lock_keys(self.files(), self.dir())?;
        let outcome = self.reload_master().and_then(|()| self.lock_master_locked(command, &new));
        held.give_back();
        outcome
    }

    fn lock_master_locked(&mut self, command: &[String], new: &Key) -> Result<(), VaultError> {
        let (files, path) = (self.store.files().clone(), self.master_path());
        let files = files.as_ref();
        if !self.master.is_bare() {
            let what = "it is locked already";
            return Err(VaultError::Damaged { path, what });
        }
        if self.master.is_of_two() {
            return Err(VaultError::Busy(path));
        }
        // Who finds the command and a bare secret reads it: the lock may come later.
        write(files, self.dir(), command)?;
        self.unlock = Some(new.clone());
        Ok(self.master.lock(files, &path, new)?)
    }
}

/// The lock of the keys in a directory; none if there is none.
fn unlock(files: &dyn Files, dir: &Path) -> Result<Option<Key>, VaultError> {
    let path = unlock_path(dir);
    let bytes = match read_small(files, &path, SIGNER_BYTES_MAX) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        outcome => outcome.doing("read", &path)?,
    };
    if !files.is_private(&path).doing("stat", &path)? {
        return Err(VaultError::Exposed(path));
    }
    let command = decode(&bytes);
    let damaged = || Error::Damaged { path, what: "it names no command" };
    ask(&command.ok_or_else(damaged)?).map(Some)
}

fn ask(command: &[String]) -> Result<Key, VaultError> {
    let locked = |why: String| VaultError::Locked(why);
    let asked = Command::new(command, Speaks::ExitCode, "master", None);
    let asked = asked.map_err(|error| locked(error.to_string()))?;
    let answer = asked.carry(b"", Duration::from_secs(UNLOCK_WAIT_SECONDS));
    let said = Zeroizing::new(answer.map_err(|error| locked(error.to_string()))?.body);
    let secret = said.strip_suffix(b"\n").unwrap_or(&said);
    if secret.len() < SECRET_BYTES_MIN {
        return Err(locked(format!("it said {} bytes, and 16 are the least", secret.len())));
    }
    let mut salt = Zeroizing::new([0; 32]);
    salt.iter_mut().zip(SALT).for_each(|(to, from)| *to = *from);
    Ok(Zeroizing::new(mac(&salt, secret)))
}

fn write(files: &dyn Files, dir: &Path, command: &[String]) -> Result<(), Error> {
    let steps = Steps {
        sync: Point::SecretSync,
        rename: Point::SecretRename,
        dir: Some(Point::SecretDirSync),
    };
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    let text = Object::from([("v", Value::from(1)), ("command", Value::from(words))]);
    replace(files, &unlock_path(dir), Value::Object(text).to_json().as_bytes(), steps)
}

fn decode(bytes: &[u8]) -> Option<Vec<String>> {
    let object = json::read(bytes).ok()?;
    let words = object.as_object()?.get("command")?.as_list()?.iter();
    words.map(|word| word.as_str().map(str::to_owned)).collect()
}

fn unlock_path(dir: &Path) -> PathBuf {
    dir.join("unlock")
}

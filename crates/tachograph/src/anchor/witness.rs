//! Given a directory of its own, a witness: cosigns the checkpoints of the logs it knows, and none
//! that contradicts what it cosigned before.
//!
//! ```text
//! <dir>/witness.key    PRIVATE+KEY+.. of kind 04, 0600
//!      /logs.vkey      the keys of the logs it cosigns for, one a line
//!      /seen/<32 hex>  for each log, by SHA-256 of its origin: the note it cosigned last
//!      /lock           held from the look at `seen` until the cosignature
//! ```
//! It belongs on another machine, or at least to another user than the log's: then whoever holds
//! the log's key cannot reach it. The directory is all there is: whoever puts an old copy of it
//! back has a witness that can be shown another history.

use std::cell::RefCell;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tacho_tree::limits::NOTE_BYTES_MAX;
use tacho_tree::witness::{Reply, consider};
use tacho_tree::{Checkpoint, Head, KeyError, KeyName, Kind, Note, VerifierKey, WitnessKey};
use zeroize::Zeroizing;

use crate::error::{Doing, Error};
use crate::files::exclusive::{Exclusive, Taken};
use crate::files::replace::{Steps, replace};
use crate::files::{Files, Point, read_small};
use crate::limits::{STATE_FILE_BYTES_MAX, WITNESS_LOGS_BYTES_MAX, WITNESS_WAIT_MICROS};
use crate::world::World;

/// A witness and the directory it remembers in.
#[derive(Debug)]
pub struct Witness {
    dir: PathBuf,
    key: WitnessKey,
}

impl Witness {
    /// Makes a witness of this name in the directory `dir`, which is made if need be.
    ///
    /// # Errors
    /// That there is one already, or what the disk said.
    pub fn create(
        files: &dyn Files,
        world: &dyn World,
        dir: &Path,
        name: KeyName,
    ) -> Result<Self, WitnessError> {
        let path = dir.join("witness.key");
        for made in [dir, &dir.join("seen")] {
            files.create_dir(made).doing("create", made)?;
        }
        match files.stat(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Ok(_) => return Err(WitnessError::Exists(path)),
            Err(source) => return Err(Error::Io { doing: "stat", path, source }.into()),
        }
        let mut seed = Zeroizing::new([0; 32]);
        world.fill(seed.as_mut_slice());
        let key = WitnessKey::from_seed(name, &seed);
        let steps = Steps {
            sync: Point::WitnessKeySync,
            rename: Point::WitnessKeyRename,
            dir: Some(Point::WitnessKeyDirSync),
        };
        replace(files, &path, key.to_private_text().as_bytes(), steps)?;
        if let Some(around) = dir.parent().filter(|around| !around.as_os_str().is_empty()) {
            files.sync_dir(around, Point::WitnessKeyDirSync).doing("sync", around)?;
        }
        Ok(Self { dir: dir.to_owned(), key })
    }

    /// Opens the witness in `dir`; one whose key others can read is refused.
    ///
    /// # Errors
    /// That there is none, that its key is not this user's alone, or what the disk said.
    pub fn open(files: &dyn Files, dir: &Path) -> Result<Self, WitnessError> {
        let path = dir.join("witness.key");
        let bytes = match read_small(files, &path, STATE_FILE_BYTES_MAX) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(WitnessError::NoKey(path));
            }
            outcome => Zeroizing::new(outcome.doing("read", &path)?),
        };
        if !files.is_private(&path).doing("stat", &path)? {
            return Err(WitnessError::Exposed(path));
        }
        let key = WitnessKey::parse(str::from_utf8(&bytes).unwrap_or_default());
        let key = key.map_err(|error| WitnessError::Key { path, error })?;
        Ok(Self { dir: dir.to_owned(), key })
    }

    /// Its public key: what a log's owner and its auditors are given.
    pub fn verifier(&self) -> &VerifierKey {
        self.key.verifier()
    }

    /// The keys of the logs it cosigns for.
    ///
    /// # Errors
    /// What the disk said, or that a line is no key of a log.
    pub fn logs(&self, files: &dyn Files) -> Result<Vec<VerifierKey>, WitnessError> {
        let path = self.logs_path();
        let bytes = match read_small(files, &path, WITNESS_LOGS_BYTES_MAX) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            outcome => outcome.doing("read", &path)?,
        };
        let text = str::from_utf8(&bytes).unwrap_or("?");
        let parse = |line| VerifierKey::parse(line).ok().filter(|key| key.kind() == Kind::Log);
        let keys = text.lines().map(parse).collect::<Option<Vec<_>>>();
        Ok(keys.ok_or(Error::Damaged { path, what: "it holds what is no key of a log" })?)
    }

    /// Cosigns for the log with this key from now on. A log may have several keys.
    ///
    /// # Errors
    /// That it is no key of a log, that there are too many, or what the disk said.
    pub fn trust(&self, files: &dyn Files, log: &VerifierKey) -> Result<(), WitnessError> {
        if log.kind() != Kind::Log {
            return Err(WitnessError::NoLog);
        }
        let lock = self.lock(files)?;
        let outcome = self.logs(files).and_then(|mut keys| {
            if keys.contains(log) {
                return Ok(());
            }
            keys.push(log.clone());
            let lines: String = keys.iter().map(|key| format!("{key}\n")).collect();
            if lines.len() > WITNESS_LOGS_BYTES_MAX {
                return Err(WitnessError::Full);
            }
            let steps = Steps {
                sync: Point::WitnessLogsSync,
                rename: Point::WitnessLogsRename,
                dir: Some(Point::WitnessLogsDirSync),
            };
            Ok(replace(files, &self.logs_path(), lines.as_bytes(), steps)?)
        });
        lock.give_back();
        outcome
    }

    /// Answers the body of an `add-checkpoint` request. What is cosigned is durable before.
    ///
    /// # Errors
    /// What the disk said: then nothing is answered, and nothing was cosigned.
    pub fn answer(
        &self,
        files: &dyn Files,
        request: &[u8],
        world: &dyn World,
    ) -> Result<Reply, WitnessError> {
        let keys = self.logs(files)?;
        let lock = self.lock(files)?;
        let outcome = self.answer_locked(files, request, &keys, world);
        lock.give_back();
        outcome
    }

    fn answer_locked(
        &self,
        files: &dyn Files,
        request: &[u8],
        keys: &[VerifierKey],
        world: &dyn World,
    ) -> Result<Reply, WitnessError> {
        // Who cannot read what he saw must not take it for nothing.
        let failed = RefCell::new(None);
        let last = |checkpoint: &Checkpoint| match self.last(files, &checkpoint.origin) {
            Ok(last) => last,
            Err(error) => {
                failed.replace(Some(error));
                None
            }
        };
        let considered = consider(request, keys, last);
        if let Some(error) = failed.into_inner() {
            return Err(error.into());
        }
        let promise = match considered {
            Ok(promise) => promise,
            Err(reply) => return Ok(reply),
        };
        let seconds = world.now().micros().max(0).unsigned_abs() / 1_000_000;
        let write = |promise: &tacho_tree::witness::Promise| {
            let path = self.seen_path(&promise.checkpoint().origin);
            let steps = Steps {
                sync: Point::WitnessSeenSync,
                rename: Point::WitnessSeenRename,
                dir: Some(Point::WitnessSeenDirSync),
            };
            replace(files, &path, promise.note().to_string().as_bytes(), steps)
        };
        Ok(promise.keep(write, &self.key, seconds)?)
    }

    /// The head it cosigned last of a log.
    fn last(&self, files: &dyn Files, origin: &KeyName) -> Result<Option<Head>, Error> {
        let path = self.seen_path(origin);
        let bytes = match read_small(files, &path, NOTE_BYTES_MAX) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            outcome => outcome.doing("read", &path)?,
        };
        let seen = Note::parse(&bytes).and_then(|note| Checkpoint::parse(note.text()));
        match seen {
            Ok(seen) if seen.origin == *origin => Ok(Some(seen.head)),
            _ => {
                Err(Error::Damaged { path, what: "it is no checkpoint of the log it is named for" })
            }
        }
    }

    fn lock(&self, files: &dyn Files) -> Result<Exclusive, WitnessError> {
        let path = self.dir.join("lock");
        let mut lock = Exclusive::new(path.clone(), Point::WitnessLock);
        match lock.take(files, WITNESS_WAIT_MICROS)? {
            Taken::No => Err(WitnessError::Busy(path)),
            Taken::Again | Taken::Anew => Ok(lock),
        }
    }

    fn logs_path(&self) -> PathBuf {
        self.dir.join("logs.vkey")
    }

    fn seen_path(&self, origin: &KeyName) -> PathBuf {
        let hash = Sha256::digest(origin.as_str());
        let name: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        self.dir.join("seen").join(name)
    }
}

/// Why a witness did not answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum WitnessError {
    /// There is a witness already.
    Exists(PathBuf),
    /// There is none.
    NoKey(PathBuf),
    /// Others may read its key.
    Exposed(PathBuf),
    /// Its key is none.
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: KeyError,
    },
    /// The key is not one that signs a log.
    NoLog,
    /// It knows as many logs as it can.
    Full,
    /// Somebody else has it answer, and does not finish.
    Busy(PathBuf),
    /// The disk refused, or a file is damaged.
    Store(Error),
}

impl fmt::Display for WitnessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists(path) => write!(f, "{} exists already", path.display()),
            Self::NoKey(path) => write!(f, "no witness: {} is missing", path.display()),
            Self::Exposed(path) => {
                write!(f, "{} can be read by others: make it 0600", path.display())
            }
            Self::Key { path, error } => write!(f, "{} is no key: {error}", path.display()),
            Self::NoLog => f.write_str("the key is not one that signs a log"),
            Self::Full => f.write_str("the witness knows as many logs as it can"),
            Self::Busy(path) => write!(f, "somebody else holds {}", path.display()),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for WitnessError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Key { error, .. } => Some(error),
            Self::Store(error) => error.source(),
            _ => None,
        }
    }
}

impl From<Error> for WitnessError {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

//! Given the key directory, gives the keys of every log; made once, for one user alone.
//!
//! ```text
//! <keys>/master.seed   32 random bytes, 0600; every log's key is derived from it and the origin
//! <keys>/signer        keys that other programs hold (`outside`)
//! <keys>/highwater     what was signed (`highwater`)
//! <keys>/lock          held by whoever signs
//! ```

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tacho_tree::{LogKey, Origin, VerifierKey};
use zeroize::Zeroizing;

use super::error::SignError;
use super::highwater::{FILE_BYTES_MAX, Highwater};
use super::outside::{Hand, Outside, OutsideKey};
use crate::error::{Doing, Error};
use crate::files::above::create_dir_below;
use crate::files::exclusive::{Exclusive, Taken};
use crate::files::replace::{Steps, replace};
use crate::files::{Access, Files, Point, read_full_at, read_small};
use crate::limits::SIGN_WAIT_MICROS;
use crate::store::Store;
use crate::world::World;

const SEED_BYTES: usize = 32;

/// The keys of a store's logs.
pub struct Keys {
    dir: PathBuf,
    seed: Zeroizing<[u8; SEED_BYTES]>,
    outside: Outside,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.dir.display())
    }
}

impl Keys {
    /// Makes a key in the directory `dir`, which may exist; outside the store, or it guards
    /// nothing.
    ///
    /// # Errors
    /// That there is a key already, or what the disk said.
    pub fn create(store: &Store, world: &dyn World, dir: &Path) -> Result<Self, SignError> {
        if dir.starts_with(store.places().store()) {
            return Err(SignError::InsideStore(dir.to_owned()));
        }
        let files = store.files().as_ref();
        let path = seed_path(dir);
        create_dir_below(files, dir, Point::KeyParentSync)?;
        match files.stat(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Ok(_) => return Err(SignError::KeyExists(path)),
            Err(source) => return Err(Error::Io { doing: "stat", path, source }.into()),
        }
        let mut seed = Zeroizing::new([0; SEED_BYTES]);
        world.fill(seed.as_mut_slice());
        let outside = Outside::read(files, dir)?;
        let keys = Self { dir: dir.to_owned(), seed, outside };
        // First the mark, then the key: a key without a mark has lost it.
        if keys.highwater(files)?.is_none() {
            keys.write_highwater(files, &Highwater::default())?;
        }
        let steps = Steps { sync: Point::KeySync, rename: Point::KeyRename, dir: None };
        replace(files, &path, keys.seed.as_slice(), steps)?;
        keys.make_durable(files)?;
        Ok(keys)
    }

    /// Opens the key in `dir`; one that others can read is refused.
    ///
    /// # Errors
    /// That there is none, that it is not this user's alone, or what the disk said.
    pub fn open(files: &dyn Files, dir: &Path) -> Result<Self, SignError> {
        let path = seed_path(dir);
        let file = match files.open(&path, Access::Read) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(SignError::NoKey(path));
            }
            outcome => outcome.doing("open", &path)?,
        };
        if !files.is_private(&path).doing("stat", &path)? {
            return Err(SignError::Exposed(path));
        }
        let mut bytes = Zeroizing::new([0; SEED_BYTES + 1]);
        let read = read_full_at(file.as_ref(), bytes.as_mut_slice(), 0).doing("read", &path)?;
        let seed = bytes.first_chunk().filter(|_| read == SEED_BYTES);
        let Some(seed) = seed else {
            return Err(Error::Damaged { path, what: "it is no master seed" }.into());
        };
        let outside = Outside::read(files, dir)?;
        let keys = Self { dir: dir.to_owned(), seed: Zeroizing::new(*seed), outside };
        keys.make_durable(files)?;
        Ok(keys)
    }

    /// Whoever made the key may have died before its name was durable: what is signed with it must
    /// not outlive it.
    fn make_durable(&self, files: &dyn Files) -> Result<(), SignError> {
        files.sync_dir(&self.dir, Point::KeyDirSync).doing("sync", &self.dir)?;
        if let Some(around) = self.dir.parent().filter(|around| !around.as_os_str().is_empty()) {
            files.sync_dir(around, Point::KeyParentSync).doing("sync", around)?;
        }
        Ok(())
    }

    /// The directory they lie in.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The keys that other programs hold.
    pub fn outside(&self) -> &[OutsideKey] {
        self.outside.keys()
    }

    /// Has another program hold the next key of a log, once it has shown that it can sign: the
    /// first key of a log that nothing was signed of, else the one to which
    /// [`super::Signer::rotate`] leads.
    ///
    /// # Errors
    /// What the program did instead, or what the disk said.
    pub fn enrol(
        &mut self,
        files: &dyn Files,
        origin: &Origin,
        public: &[u8; 32],
        command: Vec<String>,
    ) -> Result<OutsideKey, SignError> {
        let lock = self.lock(files)?;
        let outcome = self.enrol_locked(files, origin, public, command);
        lock.give_back();
        outcome
    }

    fn enrol_locked(
        &mut self,
        files: &dyn Files,
        origin: &Origin,
        public: &[u8; 32],
        command: Vec<String>,
    ) -> Result<OutsideKey, SignError> {
        let mark = self.highwater(files)?.and_then(|highwater| highwater.get(origin));
        let is_used = mark.is_some_and(|mark| mark.head.size > 0);
        let epoch = mark.map_or(0, |mark| mark.epoch) + u32::from(is_used);
        let key = OutsideKey::new(origin, epoch, public, command)?;
        key.probe()?;
        self.outside = Outside::read(files, &self.dir)?;
        self.outside.put(key.clone());
        self.outside.write(files, &self.dir)?;
        Ok(key)
    }

    /// Who signs for a log in an epoch.
    pub(super) fn hand(&self, origin: &Origin, epoch: u32) -> Hand {
        match self.outside.key(origin, epoch) {
            Some(key) => Hand::Outside(key.clone()),
            None => Hand::Own(self.log_key(origin, epoch)),
        }
    }

    /// The public key of a log and epoch: of its notes.
    pub fn verifier(&self, origin: &Origin, epoch: u32) -> VerifierKey {
        self.hand(origin, epoch).verifier().clone()
    }

    /// Our own key of a log and epoch: it signs the vault's rows, and the log's notes unless
    /// another program does.
    pub fn log_key(&self, origin: &Origin, epoch: u32) -> LogKey {
        LogKey::derive(&self.seed, origin, epoch)
    }

    /// What was signed with these keys; none if the record of it is gone.
    ///
    /// # Errors
    /// What reading said, or that the file is not as it was written.
    pub fn highwater(&self, files: &dyn Files) -> Result<Option<Highwater>, SignError> {
        let path = self.highwater_path();
        let len = match files.stat(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            outcome => outcome.doing("stat", &path)?.len,
        };
        let max = usize::try_from(len).unwrap_or(usize::MAX).min(FILE_BYTES_MAX);
        let bytes = read_small(files, &path, max).doing("read", &path)?;
        let highwater = Highwater::decode(&bytes);
        let damaged = || Error::Damaged { path, what: "it is no highwater mark" };
        Ok(Some(highwater.ok_or_else(damaged)?))
    }

    pub(super) fn write_highwater(
        &self,
        files: &dyn Files,
        highwater: &Highwater,
    ) -> Result<(), Error> {
        let steps = Steps {
            sync: Point::HighwaterSync,
            rename: Point::HighwaterRename,
            dir: Some(Point::HighwaterDirSync),
        };
        replace(files, &self.highwater_path(), &highwater.encode(), steps)
    }

    /// Takes the lock under which marks are read and raised.
    pub(super) fn lock(&self, files: &dyn Files) -> Result<Exclusive, SignError> {
        let path = self.dir.join("lock");
        let mut lock = Exclusive::new(path.clone(), Point::SignLock);
        match lock.take(files, SIGN_WAIT_MICROS)? {
            Taken::No => Err(SignError::Busy(path)),
            Taken::Again | Taken::Anew => Ok(lock),
        }
    }

    fn highwater_path(&self) -> PathBuf {
        self.dir.join("highwater")
    }
}

fn seed_path(dir: &Path) -> PathBuf {
    dir.join("master.seed")
}

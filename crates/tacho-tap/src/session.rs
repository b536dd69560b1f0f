//! What the hooks of one session must know of each other: a few small files outside the store.
//!
//! ```text
//! <state>/sessions/<16 hex>/memory          one line of JSON: what the last hooks saw
//! <state>/sessions/<16 hex>/open.<16 hex of the call>.<16 hex time>.<call id>
//! ```
//!
//! The second kind stands for a call of a host that numbers none: made at the intent, claimed by
//! the result. Names are salted per session, and gone when it ends; losing all of this loses no
//! event, only what joins them.

use std::path::{Path, PathBuf};

use tacho_event::json::{self, Object, Value};
use tacho_event::{World, is_public, random};
use tacho_hash::sha256;

use crate::disk;
use crate::host::Host;

/// The memory of one session.
#[derive(Debug)]
pub(crate) struct Session {
    dir: PathBuf,
    /// The id under which it is recorded.
    pub(crate) id: String,
    /// What the hooks before saw.
    pub(crate) memory: Object,
    changed: bool,
}

impl Session {
    /// The session that a host calls `raw`. An id that cannot stand in a leaf gets a random one,
    /// the same for all hooks of the session.
    pub(crate) fn open(state: &Path, host: Host, raw: &str, world: &dyn World) -> Self {
        let name = hex(&digest(&[host.in_data(), raw]));
        let dir = state.join("sessions").join(name);
        let mut memory = match disk::read(&dir.join(MEMORY), MEMORY_BYTES_MAX) {
            Ok(Some((bytes, false))) => match json::read(&bytes) {
                Ok(Value::Object(memory)) => memory,
                _ => Object::new(),
            },
            _ => Object::new(),
        };
        let mut changed = false;
        let id = if is_public(raw) {
            raw.to_owned()
        } else if let Some(id) = memory.str("stand_in").filter(|id| is_public(id)) {
            id.to_owned()
        } else {
            let id = format!("s-{}", hex(&random::<8>(world)));
            memory.insert("stand_in", id.as_str());
            changed = true;
            id
        };
        let mut session = Self { dir, id, memory, changed };
        if changed {
            // The next hook must find it, however this one ends.
            session.keep();
        }
        session
    }

    /// Notes what this hook saw; gives what the hooks before saw, where that was something else.
    pub(crate) fn note(&mut self, name: &'static str, value: &Value) -> Option<Value> {
        let before = self.memory.get(name).cloned();
        if before.as_ref() == Some(value) {
            return None;
        }
        self.memory.insert(name, value.clone());
        self.changed = true;
        before
    }

    /// Writes down what was noted.
    pub(crate) fn keep(&mut self) {
        if std::mem::take(&mut self.changed) && disk::make_dir(&self.dir).is_ok() {
            let bytes = Value::from(self.memory.clone()).to_json();
            let _ = disk::replace(&self.dir.join(MEMORY), bytes.as_bytes());
        }
    }

    /// The id of a call that begins, where the host gives none.
    pub(crate) fn begin_call(&mut self, what: &[&str], world: &dyn World) -> String {
        let id = format!("c-{}", hex(&random::<8>(world)));
        let time = u64::try_from(world.now().micros()).unwrap_or(0);
        let key = self.key(what, world);
        if disk::make_dir(&self.dir).is_ok() {
            let _ = disk::mark(&self.dir.join(format!("open.{key}.{time:016x}.{id}")));
        }
        id
    }

    /// The id of the oldest open call like this; none if there is none.
    pub(crate) fn end_call(&mut self, what: &[&str], world: &dyn World) -> Option<String> {
        let start = format!("open.{}.", self.key(what, world));
        let names = disk::names(&self.dir);
        let mine = names.iter().filter_map(|name| {
            let rest = name.strip_prefix(&start)?;
            Some((name, rest.split_once('.')?.1))
        });
        // Claimed by whoever removes it: two results never get one intent.
        mine.filter(|(name, _)| disk::claim(&self.dir.join(name)))
            .map(|(_, id)| id.to_owned())
            .next()
    }

    /// Forgets the session.
    pub(crate) fn forget(self) {
        disk::forget_dir(&self.dir);
    }

    fn key(&mut self, what: &[&str], world: &dyn World) -> String {
        let salt = match self.memory.str("salt") {
            Some(salt) => salt.to_owned(),
            None => {
                let salt = hex(&random::<8>(world));
                self.memory.insert("salt", salt.as_str());
                self.changed = true;
                self.keep();
                salt
            }
        };
        let all: Vec<&str> = std::iter::once(salt.as_str()).chain(what.iter().copied()).collect();
        hex(&digest(&all))
    }
}

const MEMORY: &str = "memory";
const MEMORY_BYTES_MAX: u64 = 256 * 1024;

/// The first half of SHA-256 over the JSON list of these texts.
pub(crate) fn digest(texts: &[&str]) -> [u8; 16] {
    let list: Vec<Value> = texts.iter().map(|text| Value::from(*text)).collect();
    let hash = sha256([Value::List(list).to_json().as_bytes()]);
    let mut half = [0; 16];
    half.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    half
}

/// The first eight bytes, in hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tachograph::world::OsWorld;

    #[test]
    fn a_foreign_session_id_gets_one_stand_in_and_never_a_path() {
        let state = tempfile::tempdir().unwrap();
        let open = || Session::open(state.path(), Host::Codex, "../../my etc", &OsWorld);
        let (first, second) = (open().id, open().id);
        assert_eq!(first, second);
        assert!(is_public(&first) && !first.contains(".."), "{first}");
        assert_eq!(disk::names(&state.path().join("sessions")).len(), 1);
        open().forget();
        assert_ne!(open().id, first);
    }

    #[test]
    fn equal_calls_are_joined_in_their_order_and_each_once() {
        let state = tempfile::tempdir().unwrap();
        let mut session = Session::open(state.path(), Host::Gemini, "s", &OsWorld);
        let ls = ["run", r#"{"command":"ls"}"#];
        let first = session.begin_call(&ls, &OsWorld);
        let other = session.begin_call(&["run", "{}"], &OsWorld);
        assert_eq!(session.end_call(&ls, &OsWorld), Some(first));
        assert_eq!(session.end_call(&ls, &OsWorld), None);
        assert_eq!(session.end_call(&["run", "{}"], &OsWorld), Some(other));
    }

    #[test]
    fn what_changes_is_told_once_with_what_it_was() {
        let state = tempfile::tempdir().unwrap();
        let mut session = Session::open(state.path(), Host::Codex, "s", &OsWorld);
        assert_eq!(session.note("model", &"a".into()), None);
        session.keep();
        let mut session = Session::open(state.path(), Host::Codex, "s", &OsWorld);
        assert_eq!(session.note("model", &"b".into()), Some("a".into()));
        assert_eq!(session.note("model", &"b".into()), None);
    }
}

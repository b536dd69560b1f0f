//! Given a leaf, gives its id, session and time without building a document.
//!
//! A leaf is canonical JSON: no spaces, members sorted, and these three hold no escapes. On
//! anything else this gives none, and the leaf is in no index.

use tacho_event::Timestamp;
use tacho_event::privacy::Glance;

use super::Kind;

/// What the index keeps of a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Skimmed<'a> {
    /// The event's id.
    pub(crate) id: &'a str,
    /// The session it belongs to.
    pub(crate) session: Option<&'a str>,
    /// When it happened.
    pub(crate) timestamp: Timestamp,
}

/// The keys and the time of a leaf: what the index keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The key of its id.
    pub(crate) id: u64,
    /// The key of its session.
    pub(crate) session: Option<u64>,
    /// When it happened.
    pub(crate) time: Timestamp,
}

impl Facts {
    /// What the index keeps of a leaf that was looked at.
    pub(crate) fn of(leaf: &Glance<'_>) -> Self {
        let session = leaf.session.map(|name| Kind::Session.key(name));
        Self { id: Kind::Id.key(leaf.id), session, time: leaf.timestamp }
    }
}

/// What the index keeps of a leaf; none if the id or the time is not there.
pub(crate) fn facts(leaf: &[u8]) -> Option<Facts> {
    let Skimmed { id, session, timestamp } = skim(leaf)?;
    let session = session.map(|name| Kind::Session.key(name));
    Some(Facts { id: Kind::Id.key(id), session, time: timestamp })
}

/// Reads the three members; none if the id or the time is not there.
pub(crate) fn skim(leaf: &[u8]) -> Option<Skimmed<'_>> {
    let (mut id, mut session, mut timestamp) = (None, None, None);
    members(leaf, |name, value| match name {
        b"id" => id = text(value),
        b"timestamp" => timestamp = text(value).and_then(Timestamp::parse),
        b"agent" => {
            // An agent without members of this kind has no session.
            let _ = members(value, |name, value| {
                if name == b"session_id" {
                    session = text(value);
                }
            });
        }
        _ => {}
    })?;
    Some(Skimmed { id: id?, session, timestamp: timestamp? })
}

/// Tells each member of an object, and its value's bytes.
fn members<'a>(object: &'a [u8], mut tell: impl FnMut(&'a [u8], &'a [u8])) -> Option<()> {
    let mut rest = object.strip_prefix(b"{")?;
    if rest == b"}" {
        return Some(());
    }
    loop {
        let name_bytes = value_bytes(rest)?;
        let (name, behind) = rest.split_at_checked(name_bytes)?;
        let value = behind.strip_prefix(b":")?;
        let (value, behind) = value.split_at_checked(value_bytes(value)?)?;
        tell(name.strip_prefix(b"\"")?.strip_suffix(b"\"")?, value);
        match behind.split_first()? {
            (b',', more) => rest = more,
            (b'}', _) => return Some(()),
            _ => return None,
        }
    }
}

/// How many bytes the value takes that begins here.
fn value_bytes(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0u32, 0);
    loop {
        match *bytes.get(at)? {
            b'"' => at += string_bytes(bytes.get(at..)?)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                // The end of what holds a bare value.
                let Some(less) = depth.checked_sub(1) else { return Some(at) };
                depth = less;
                at += 1;
            }
            b',' if depth == 0 => return Some(at),
            b':' if depth == 0 => return Some(at),
            _ => at += 1,
        }
        let ended = matches!(bytes.get(at.checked_sub(1)?), Some(b'"' | b'}' | b']'));
        if depth == 0 && ended {
            return Some(at);
        }
    }
}

/// How many bytes a string takes, with its quotes.
fn string_bytes(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

fn text(value: &[u8]) -> Option<&str> {
    let inner = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if inner.contains(&b'\\') { None } else { str::from_utf8(inner).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_gives_its_id_session_and_time() {
        let leaf = br#"{"action":{"name":"a\"},{","type":"tool"},"agent":{"id":"x","session_id":"s-1"},"content":{"_sd":["q"],"day":1},"id":"e-1","outcome":{"n":[1,{"id":"no"}]},"timestamp":"2026-11-20T10:00:00.000000Z","v":1}"#;
        let found = skim(leaf).unwrap();
        assert_eq!((found.id, found.session), ("e-1", Some("s-1")));
        assert_eq!(found.timestamp.to_string(), "2026-11-20T10:00:00.000000Z");
    }

    #[test]
    fn what_is_no_leaf_gives_nothing_and_does_not_panic() {
        let leaf = br#"{"agent":{},"id":"e-1","n":-1.5,"timestamp":"2026-11-20T10:00:00.000000Z"}"#;
        assert_eq!(skim(leaf).map(|found| found.session), Some(None));
        for end in 0..leaf.len() {
            assert_eq!(skim(&leaf[..end]), None, "cut at {end}");
        }
        for other in ["", "{", "{}", "[1]", "\"a", "{\"a\\", "{\"a\":}", "}}", "{\"id\":1}"] {
            assert_eq!(skim(other.as_bytes()), None, "{other}");
        }
    }
}

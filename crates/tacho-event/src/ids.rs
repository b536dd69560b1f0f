//! Names of things, each of its own type, each with its alphabet.

use crate::time::Timestamp;
use crate::world::{World, random};
use crate::{json::Text, limits};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $valid:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Text);

        impl $name {
            /// The name, if `text` keeps to the alphabet.
            pub fn new(text: &str) -> Option<Self> {
                $valid(text).then(|| Self(text.into()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for crate::json::Value {
            fn from(id: $name) -> Self {
                id.0.into()
            }
        }
    };
}

id! {
    /// The id of an event: `[A-Za-z0-9._:-]{1,128}`, the client's own or a UUIDv7 of ours.
    EventId, is_event_id
}
id! {
    /// A tenant: `[a-z0-9][a-z0-9-]{0,62}`; a lower-case UUID fits, a path does not.
    TenantId, is_tenant
}
id! {
    /// An agent: a public string such as `ops/release-manager`.
    AgentId, is_public
}
id! {
    /// A session: a public string.
    SessionId, is_public
}
id! {
    /// One logical call within a session: a public string.
    CallId, is_public
}

impl EventId {
    /// A fresh UUIDv7 of the world's time.
    pub fn mint(world: &dyn World) -> Self {
        Self::of_uuid(uuid_v7(world.now(), random(world)))
    }

    /// The same id for the same `digest` (16 bytes of a hash): a UUIDv8.
    pub fn from_digest(digest: [u8; 16]) -> Self {
        Self::of_uuid(stamp(digest, 8))
    }

    fn of_uuid(bytes: [u8; 16]) -> Self {
        Self(str::from_utf8(&uuid_letters(bytes)).unwrap_or_default().into())
    }
}

impl TenantId {
    /// The tenant of those who never named one.
    pub fn default_tenant() -> Self {
        Self("default".into())
    }
}

pub(crate) fn is_event_id(text: &str) -> bool {
    (1..=limits::ID_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|b| alphabet(b) & IN_EVENT_ID != 0)
}

fn is_tenant(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && !text.starts_with('-')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// True for a string that may stand in a leaf for ever: `[A-Za-z0-9._:/@+-]{1,128}` without the
/// shape of an e-mail address.
pub fn is_public(text: &str) -> bool {
    is_public_with(text, IN_NAME)
}

/// True for a model's name: a public string that may hold `[` and `]`.
pub fn is_public_model(text: &str) -> bool {
    is_public_with(text, IN_MODEL)
}

fn is_public_with(text: &str, set: u8) -> bool {
    if !(1..=limits::PUBLIC_CHARS_MAX).contains(&text.len()) {
        return false;
    }
    // One pass over every name of every leaf: no branch for a byte.
    let (mut all, mut any) = (set, 0);
    for byte in text.bytes() {
        let sets = alphabet(byte);
        all &= sets;
        any |= sets;
    }
    all != 0 && (any & AT == 0 || !has_email(text))
}

const IN_EVENT_ID: u8 = 1;
const IN_NAME: u8 = 2;
const IN_MODEL: u8 = 4;
const AT: u8 = 8;

/// The sets that a byte belongs to.
fn alphabet(byte: u8) -> u8 {
    static SETS: [u8; 256] = {
        let mut sets = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let b = byte as u8;
            #[expect(clippy::indexing_slicing, reason = "0 to 255 of 256, at compile time")]
            {
                sets[byte] = match b {
                    b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'.' | b'_' | b':' | b'-' => {
                        IN_EVENT_ID | IN_NAME | IN_MODEL
                    }
                    b'/' | b'+' => IN_NAME | IN_MODEL,
                    b'@' => IN_NAME | IN_MODEL | AT,
                    b'[' | b']' => IN_MODEL,
                    _ => 0,
                };
            }
            byte += 1;
        }
        sets
    };
    SETS.get(usize::from(byte)).copied().unwrap_or(0)
}

/// True where something before an `@` is followed by a domain with a top level of letters;
/// `sonnet@20240620` and `@scope/package` are no addresses.
fn has_email(text: &str) -> bool {
    text.match_indices('@').any(|(at, _)| {
        let before = text.get(..at).unwrap_or("");
        let local = before.ends_with(|c: char| c.is_ascii_alphanumeric() || "._+-".contains(c));
        let after = text.get(at + 1..).unwrap_or("");
        let domain = after.split(|c: char| !(c.is_ascii_alphanumeric() || ".-".contains(c)));
        let domain = domain.into_iter().next().unwrap_or("").trim_end_matches('.');
        let top = domain.rsplit_once('.').map_or("", |(_, top)| top);
        local && top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic())
    })
}

/// A UUIDv7 (RFC 9562): 48 bits of milliseconds, then 74 random bits.
pub fn uuid_v7(now: Timestamp, random: [u8; 16]) -> [u8; 16] {
    let mut bytes = random;
    let [_, _, time @ ..] = now.millis().to_be_bytes();
    for (slot, byte) in bytes.iter_mut().zip(time) {
        *slot = byte;
    }
    stamp(bytes, 7)
}

/// Sets the version and variant bits of RFC 9562.
fn stamp(mut bytes: [u8; 16], version: u8) -> [u8; 16] {
    let [_, _, _, _, _, _, v, _, variant, ..] = &mut bytes;
    *v = (*v & 0x0f) | (version << 4);
    *variant = (*variant & 0x3f) | 0x80;
    bytes
}

/// `0199a000-0000-70ed-804b-c452969c3d73`
pub fn uuid_text(bytes: [u8; 16]) -> String {
    str::from_utf8(&uuid_letters(bytes)).unwrap_or_default().to_owned()
}

fn uuid_letters(bytes: [u8; 16]) -> [u8; 36] {
    let digit = |nibble: u8| nibble + if nibble < 10 { b'0' } else { b'a' - 10 };
    let digits = bytes.map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    let mut letters = [b'-'; 36];
    let (mut slots, mut digits) = (letters.as_mut_slice(), digits.as_flattened());
    for length in [8, 4, 4, 4, 12] {
        let (group, rest) = digits.split_at(length);
        let (place, more) = slots.split_at_mut(length);
        place.copy_from_slice(group);
        digits = rest;
        slots = more.get_mut(1..).unwrap_or_default();
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minted_id_is_a_uuid_v7_of_its_time() {
        let now = Timestamp::parse("2025-10-01T12:29:31.776Z").unwrap();
        let text = uuid_text(uuid_v7(now, [0xff; 16]));
        assert_eq!(text, "01999fbf-cf00-7fff-bfff-ffffffffffff");
        assert!(EventId::new(&text).is_some());
    }

    #[test]
    fn tenants_are_never_paths() {
        for good in ["default", "a", "0", "550e8400-e29b-41d4-a716-446655440000"] {
            assert!(TenantId::new(good).is_some(), "{good}");
        }
        for bad in ["", "-a", "A", "a/b", "..", "a.b", "a#b", "a\0", "caf\u{e9}", &"a".repeat(64)] {
            assert!(TenantId::new(bad).is_none(), "{bad}");
        }
        assert!(TenantId::new(&"a".repeat(63)).is_some());
    }

    #[test]
    fn public_strings_have_an_alphabet_a_length_and_no_address() {
        for good in ["ops/release-manager", "@scope/pkg", "sonnet@20240620", "a:b+c", "v1.2@b"] {
            assert!(is_public(good), "{good}");
        }
        let long = "a".repeat(129);
        for bad in ["", "two words", "alice@example.com", "x/a@b.co/y", "caf\u{e9}", "a=b", &long] {
            assert!(!is_public(bad), "{bad}");
        }
        assert!(is_public(&"a".repeat(128)));
        assert!(is_public_model("claude-opus[1m]") && !is_public("claude-opus[1m]"));
    }

    #[test]
    fn event_ids_have_their_own_alphabet() {
        for good in ["evt_abc123", "550e8400-e29b-41d4-a716-446655440000", "a:b.c"] {
            assert!(EventId::new(good).is_some(), "{good}");
        }
        for bad in ["", "a b", "a/b", "../x", "a@b", &"a".repeat(129)] {
            assert!(EventId::new(bad).is_none(), "{bad}");
        }
    }
}

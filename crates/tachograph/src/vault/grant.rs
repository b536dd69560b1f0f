//! Given a grant's name, class and day, wraps its key: to the master, to a day, to a subject.
//!
//! ```text
//! H = grant id 16 || class u8 || day u32
//! type 0  HPKE(pk_master, "tacho/v1/grant/master\0" || H || origin, K)
//! type 1  HPKE(pk_day, "tacho/v1/grant/day\0" || H || origin, K)
//! type 2  HPKE(pk_day, same info,
//!              ref 16 || HPKE(pk_subject, "tacho/v1/grant/subject\0" || H || origin, K))
//! ```

use zeroize::Zeroizing;

use super::cipher::{HPKE_BYTES, Key, Sealed, hpke_open, hpke_seal};
use super::codec::{Grant, GrantKind};
use tacho_event::World;

const MASTER: &[u8] = b"tacho/v1/grant/master\0";
const DAY: &[u8] = b"tacho/v1/grant/day\0";
const SUBJECT: &[u8] = b"tacho/v1/grant/subject\0";
/// Bytes of a subject's random name.
const REF_BYTES: usize = 16;

/// Whom a key is wrapped to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum To<'a> {
    /// The master, by who has no other key.
    Master(&'a [u8; 32]),
    /// A day.
    Day(&'a [u8; 32]),
    /// A day, and inside a subject with this name.
    DaySubject(&'a [u8; 32], &'a [u8; 16], &'a [u8; 32]),
}

impl To<'_> {
    pub(crate) fn kind(&self) -> GrantKind {
        match self {
            To::Master(_) => GrantKind::Master,
            To::Day(_) => GrantKind::Day,
            To::DaySubject(..) => GrantKind::DaySubject,
        }
    }
}

/// Wraps `key` for the grant with this header; none if a public key is none.
pub(crate) fn wrap(
    header: &[u8; 21],
    origin: &str,
    key: &Key,
    to: To<'_>,
    world: &dyn World,
) -> Option<Vec<u8>> {
    match to {
        To::Master(master) => hpke_seal(master, &info(MASTER, header, origin), &**key, world),
        To::Day(day) => hpke_seal(day, &info(DAY, header, origin), &**key, world),
        To::DaySubject(day, name, subject) => {
            let inner = hpke_seal(subject, &info(SUBJECT, header, origin), &**key, world)?;
            wrap_day_again(header, origin, &Inner { name: *name, wrap: inner }, day, world)
        }
    }
}

/// Wraps what stands inside a day wrap of type 2 to a day key.
pub(crate) fn wrap_day_again(
    header: &[u8; 21],
    origin: &str,
    inner: &Inner,
    day: &[u8; 32],
    world: &dyn World,
) -> Option<Vec<u8>> {
    let mut plaintext = inner.name.to_vec();
    plaintext.extend_from_slice(&inner.wrap);
    hpke_seal(day, &info(DAY, header, origin), &plaintext, world)
}

/// What stands inside the day wrap of a grant of type 2.
#[derive(Debug, Clone)]
pub(crate) struct Inner {
    /// The subject's random name.
    pub(crate) name: [u8; 16],
    /// The key, wrapped to the subject.
    pub(crate) wrap: Vec<u8>,
}

/// Opens a grant of type 0.
pub(crate) fn open_master(grant: &Grant<'_>, origin: &str, master: &Key) -> Result<Key, Sealed> {
    let info = info(MASTER, &grant.header(), origin);
    key_of(&hpke_open(master, &info, grant.wrap)?)
}

/// Opens a grant of type 1.
pub(crate) fn open_day(grant: &Grant<'_>, origin: &str, day: &Key) -> Result<Key, Sealed> {
    key_of(&hpke_open(day, &info(DAY, &grant.header(), origin), grant.wrap)?)
}

/// Opens the outer wrap of a grant of type 2.
pub(crate) fn open_outer(grant: &Grant<'_>, origin: &str, day: &Key) -> Result<Inner, Sealed> {
    let plain = hpke_open(day, &info(DAY, &grant.header(), origin), grant.wrap)?;
    let (name, wrap) = plain.split_first_chunk::<REF_BYTES>().ok_or(Sealed)?;
    if wrap.len() != HPKE_BYTES + 32 {
        return Err(Sealed);
    }
    Ok(Inner { name: *name, wrap: wrap.to_vec() })
}

/// Opens the inner wrap of a grant of type 2.
pub(crate) fn open_inner(
    grant: &Grant<'_>,
    origin: &str,
    inner: &Inner,
    subject: &Key,
) -> Result<Key, Sealed> {
    key_of(&hpke_open(subject, &info(SUBJECT, &grant.header(), origin), &inner.wrap)?)
}

fn info(label: &[u8], header: &[u8; 21], origin: &str) -> Vec<u8> {
    [label, header, origin.as_bytes()].concat()
}

fn key_of(plaintext: &[u8]) -> Result<Key, Sealed> {
    plaintext.try_into().map(Zeroizing::new).map_err(|_| Sealed)
}

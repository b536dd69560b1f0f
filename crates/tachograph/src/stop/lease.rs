//! One stop lease, and the file of them.
//!
//! ```text
//! stops/leases   0 "TSL1" | 4 u16 n | n x lease | u32 crc32c(all before)
//! lease          0 id 16 | 16 u8 scope (0 all, 1 tenant, 2 agent, 3 session) | 17 u8 told |
//!                18 u64 engaged | 26 u64 expires, 0 for never | 34 tenant | target | who | reason
//! text           u16 length | bytes
//! ```
//!
//! Times are microseconds since 1970 UTC. `tenant` is empty for scope 0, `target` for 0 and 1.
//! `told` is 1 once the log holds the event that says so.

use std::fmt;

use tacho_event::{Timestamp, uuid_text};

use super::Asker;
use crate::checksum;
use crate::limits::{STOP_LEASES_MAX, STOP_TEXT_BYTES_MAX};
use crate::wal::field::{array_at, u16_at, u32_at, u64_at};

const MAGIC: &[u8; 4] = b"TSL1";
const HEADER_BYTES: usize = 6;
const FIXED_BYTES: usize = 34;

/// The name of a lease: a `UUIDv7`.
pub type LeaseId = [u8; 16];

/// Whom a stop stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everybody.
    All,
    /// A tenant.
    Tenant(String),
    /// An agent of a tenant, and those who work for it.
    Agent {
        /// The tenant.
        tenant: String,
        /// The agent's id.
        agent: String,
    },
    /// A session of a tenant.
    Session {
        /// The tenant.
        tenant: String,
        /// The session's id.
        session: String,
    },
}

impl Scope {
    /// The word for the kind of scope.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Tenant(_) => "tenant",
            Self::Agent { .. } => "agent",
            Self::Session { .. } => "session",
        }
    }

    /// The tenant it is about; none for all of them.
    pub fn tenant(&self) -> Option<&str> {
        match self {
            Self::All => None,
            Self::Tenant(tenant) | Self::Agent { tenant, .. } | Self::Session { tenant, .. } => {
                Some(tenant)
            }
        }
    }

    /// The agent or session, else the tenant; none for all.
    pub fn target(&self) -> Option<&str> {
        match self {
            Self::Agent { agent, .. } => Some(agent),
            Self::Session { session, .. } => Some(session),
            Self::All | Self::Tenant(_) => self.tenant(),
        }
    }

    fn holds(&self, asker: &Asker<'_>) -> bool {
        match self {
            Self::All => true,
            Self::Tenant(tenant) => tenant == asker.tenant,
            Self::Agent { tenant, agent } => {
                let is_agent = |name: Option<&str>| name == Some(agent);
                tenant == asker.tenant && (is_agent(asker.agent) || is_agent(asker.parent))
            }
            Self::Session { tenant, session } => {
                tenant == asker.tenant && asker.session == Some(session)
            }
        }
    }
}

/// A stop that somebody engaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Its name.
    pub id: LeaseId,
    /// Whom it stops.
    pub scope: Scope,
    /// Who engaged it.
    pub who: String,
    /// Why.
    pub reason: String,
    /// When it was engaged.
    pub engaged: Timestamp,
    /// When it ends by itself; none if only somebody lifts it.
    pub expires: Option<Timestamp>,
    /// Whether the log holds the event that it was engaged.
    pub told: bool,
}

impl Lease {
    /// Whether it is not past its expiry.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }

    /// Whether it stops this asker, as long as it is in force.
    pub fn stops(&self, asker: &Asker<'_>) -> bool {
        self.scope.holds(asker)
    }
}

impl fmt::Display for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stop {} of ", uuid_text(self.id))?;
        match self.scope.target() {
            None => write!(f, "everybody")?,
            Some(target) => write!(f, "{} {target}", self.scope.as_str())?,
        }
        write!(f, ", engaged by {} at {}: {}", self.who, self.engaged, self.reason)
    }
}

/// The file of these leases; none if one of their texts is too long for it.
pub(super) fn encode(leases: &[Lease]) -> Option<Vec<u8>> {
    let count = u16::try_from(leases.len()).ok()?;
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&count.to_be_bytes());
    for lease in leases {
        bytes.extend_from_slice(&lease.id);
        bytes.push(match lease.scope {
            Scope::All => 0,
            Scope::Tenant(_) => 1,
            Scope::Agent { .. } => 2,
            Scope::Session { .. } => 3,
        });
        bytes.push(u8::from(lease.told));
        let expires = lease.expires.map_or(0, Timestamp::micros);
        for micros in [lease.engaged.micros(), expires] {
            bytes.extend_from_slice(&micros.cast_unsigned().to_be_bytes());
        }
        let target = match &lease.scope {
            Scope::All | Scope::Tenant(_) => "",
            Scope::Agent { agent, .. } => agent,
            Scope::Session { session, .. } => session,
        };
        let tenant = lease.scope.tenant().unwrap_or_default();
        for text in [tenant, target, &lease.who, &lease.reason] {
            if text.len() > STOP_TEXT_BYTES_MAX {
                return None;
            }
            bytes.extend_from_slice(&u16::try_from(text.len()).ok()?.to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
    }
    bytes.extend_from_slice(&checksum::of(&bytes).to_be_bytes());
    Some(bytes)
}

/// The leases in a file; none unless every byte is as [`encode`] writes it.
pub(super) fn decode(bytes: &[u8]) -> Option<Vec<Lease>> {
    let checked = bytes.len().checked_sub(4)?;
    let whole = u32_at(bytes, checked)? == checksum::of(bytes.get(..checked)?);
    if !whole || !bytes.starts_with(MAGIC) {
        return None;
    }
    let count = usize::from(u16_at(bytes, 4)?);
    if count > STOP_LEASES_MAX {
        return None;
    }
    let (mut at, mut leases) = (HEADER_BYTES, Vec::with_capacity(count));
    for _ in 0..count {
        leases.push(lease(bytes, &mut at)?);
    }
    (at == checked).then_some(leases)
}

fn lease(bytes: &[u8], at: &mut usize) -> Option<Lease> {
    let begin = *at;
    let time = |at: usize| Some(Timestamp::from_micros(u64_at(bytes, at)?.cast_signed()));
    let (id, scope) = (array_at(bytes, begin)?, *bytes.get(begin + 16)?);
    let told = match bytes.get(begin + 17)? {
        0 => false,
        1 => true,
        _ => return None,
    };
    let (engaged, expires) = (time(begin + 18)?, time(begin + 26)?);
    *at = begin + FIXED_BYTES;
    let mut text = || -> Option<String> {
        let len = usize::from(u16_at(bytes, *at)?);
        let text = bytes.get(*at + 2..*at + 2 + len)?;
        *at += 2 + len;
        str::from_utf8(text).ok().map(str::to_owned)
    };
    let (tenant, target, who, reason) = (text()?, text()?, text()?, text()?);
    let scope = match (scope, tenant.is_empty(), target.is_empty()) {
        (0, true, true) => Scope::All,
        (1, false, true) => Scope::Tenant(tenant),
        (2, false, false) => Scope::Agent { tenant, agent: target },
        (3, false, false) => Scope::Session { tenant, session: target },
        _ => return None,
    };
    let expires = Some(expires).filter(|expires| expires.micros() != 0);
    Some(Lease { id, scope, who, reason, engaged, expires, told })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leases() -> Vec<Lease> {
        let (tenant, at) = ("acme".to_owned(), Timestamp::from_micros);
        let scopes = [
            Scope::All,
            Scope::Tenant(tenant.clone()),
            Scope::Agent { tenant: tenant.clone(), agent: "ops/a".to_owned() },
            Scope::Session { tenant, session: "s-1".to_owned() },
        ];
        let lease = |(number, scope)| Lease {
            id: [number; 16],
            scope,
            who: "alice".to_owned(),
            reason: "runaway".to_owned(),
            engaged: at(1_763_632_800_000_000),
            expires: (number % 2 == 1).then(|| at(1_763_632_900_000_000)),
            told: number > 1,
        };
        (0..).zip(scopes).map(lease).collect()
    }

    #[test]
    fn leases_are_read_back_and_every_other_byte_is_refused() {
        let bytes = encode(&leases()).unwrap();
        assert_eq!(decode(&bytes).unwrap(), leases());
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut bad = bytes.clone();
                bad[at] ^= 1 << bit;
                assert_eq!(decode(&bad), None, "byte {at}, bit {bit}");
            }
            assert_eq!(decode(&bytes[..at]), None);
        }
        assert_eq!(decode(&[bytes.as_slice(), &[0]].concat()), None);
    }

    #[test]
    fn a_scope_holds_its_own_and_nobody_else() {
        let me = Asker {
            tenant: "acme",
            agent: Some("ops/b"),
            parent: Some("ops/a"),
            session: Some("s-1"),
        };
        assert!(leases().iter().all(|lease| lease.stops(&me)));
        let other = Asker { tenant: "other", ..me };
        assert_eq!(leases().iter().filter(|lease| lease.stops(&other)).count(), 1);
        let nobody = Asker { agent: None, parent: None, session: None, ..me };
        assert_eq!(leases().iter().filter(|lease| lease.stops(&nobody)).count(), 2);
    }

    #[test]
    fn a_lease_ends_at_its_expiry() {
        let lease = &leases()[1];
        let expires = lease.expires.unwrap();
        assert!(lease.is_in_force(Timestamp::from_micros(expires.micros() - 1)));
        assert!(!lease.is_in_force(expires));
        assert!(leases()[0].is_in_force(Timestamp::from_micros(i64::MAX)));
    }
}

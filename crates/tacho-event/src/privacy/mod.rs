//! Given an event, gives what may be kept of it.
//!
//! An entry is a *leaf* (public JSON, hashed, kept) and *parts* (salted disclosures, erasable).
//! [`Policy::apply`] is the only way to make one.

mod capture;
mod check_leaf;
mod content;
mod disclose;
mod entry;
mod evidence;
mod explain;
mod glance;
mod home;
mod lint;
mod malformed;
mod minimise;
mod policy;
mod prepare;
mod preset;
mod protect;
mod redact;
mod redacted;
mod reveal;
mod seal;
mod split;
mod stand_ins;

pub mod scan;

pub use capture::{CaptureRule, Level};
pub use check_leaf::check_leaf;
pub use disclose::{Class, Pair, Salter, Salting, base64url, digest, from_base64url};
pub use entry::{Entry, Part};
pub use explain::{Explanation, Fate, MemberFate};
pub use glance::{Commitment, Glance, glance};
pub use malformed::malformed;
pub use minimise::ContentLogging;
pub use policy::{Granularity, Policy};
pub use preset::{Preset, Terms};
pub use protect::Protected;
pub use redact::Secret;
pub use redacted::Redacted;
pub use reveal::{Disclosure, digests, reveal};
pub use stand_ins::StandIns;

/// What is made when it is first needed: most processes record one event and need hardly any of it.
#[expect(clippy::disallowed_types, reason = "a field of a struct, not a global")]
type Lazy<T> = std::sync::OnceLock<T>;

#[cfg(test)]
mod tests;

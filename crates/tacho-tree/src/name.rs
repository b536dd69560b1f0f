//! Given a spelling, gives a name that may stand in a note, a path or a key: tenant, origin, key
//! name.
//!
//! ```text
//! tenant    acme                      [a-z0-9][a-z0-9-]{0,62}, so a lower-case UUID fits
//! base      tacho.example.com         a domain you own, perhaps with a path; else
//!           tacho.local/5f0c93aa      with the first 8 hex digits of a random installation id
//! origin    tacho.example.com/acme    base / tenant: the log's identity, and the name of its key
//! key name  witness.example.com/w1    anybody's: C2SP `signed-note` rules, wider than ours
//! ```

use std::fmt;

use crate::limits::NAME_BYTES_MAX;

/// Whose log it is. Also the name of a directory, so it can be nothing but `[a-z0-9-]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tenant(String);

impl Tenant {
    /// Characters of a tenant's name.
    pub const LEN_MAX: usize = 63;

    /// Accepts `[a-z0-9][a-z0-9-]{0,62}`.
    pub fn new(name: &str) -> Result<Tenant, NameError> {
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let Some((first, rest)) = name.as_bytes().split_first() else {
            return Err(NameError::Empty);
        };
        if name.len() > Tenant::LEN_MAX {
            return Err(NameError::TooLong { len_max: Tenant::LEN_MAX });
        }
        if !letter(*first) || !rest.iter().all(|byte| letter(*byte) || *byte == b'-') {
            return Err(NameError::NotATenant);
        }
        Ok(Tenant(name.to_owned()))
    }

    /// The tenant under which a log that could not go on starts anew: `acme` becomes `acme-2`.
    /// Refused if the name becomes too long.
    pub fn successor(&self, number: u32) -> Result<Tenant, NameError> {
        Tenant::new(&format!("{}-{number}", self.0))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The identity of one tenant's log: `<base>/<tenant>`, also the name of the key that signs it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin(String);

impl Origin {
    /// Joins a base and a tenant.
    ///
    /// A base is a host name with at least one dot, and path segments of `[a-z0-9._-]` if any, all
    /// in lower case: `tacho.example.com`, `example.com/logs/eu`, `tacho.local/5f0c93aa`.
    pub fn new(base: &str, tenant: &Tenant) -> Result<Origin, NameError> {
        let (host, path) = base.split_once('/').map_or((base, None), |(h, p)| (h, Some(p)));
        let path_fits = path.is_none_or(|path| path.split('/').all(is_segment));
        if !is_host(host) || !path_fits {
            return Err(NameError::NotABase);
        }
        if base.len() + 1 + tenant.0.len() > NAME_BYTES_MAX {
            return Err(NameError::TooLong { len_max: NAME_BYTES_MAX });
        }
        Ok(Origin(format!("{base}/{tenant}")))
    }

    /// Reads `<base>/<tenant>`; the tenant is what stands after the last slash.
    pub fn parse(origin: &str) -> Result<Origin, NameError> {
        let (base, tenant) = origin.rsplit_once('/').ok_or(NameError::NoTenant)?;
        Origin::new(base, &Tenant::new(tenant)?)
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands after the last slash.
    pub fn tenant(&self) -> Tenant {
        let (_, tenant) = self.0.rsplit_once('/').unwrap_or_default();
        Tenant(tenant.to_owned())
    }

    /// What stands before the last slash.
    pub fn base(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(base, _)| base)
    }

    /// The same name in the wider type of anybody's key names.
    pub fn key_name(&self) -> KeyName {
        KeyName(self.0.clone())
    }
}

/// The name of anybody's signing key or log: not empty, no Unicode space, no `+`, no control
/// character (C2SP `signed-note`), and at most 255 bytes (C2SP `tlog-cosignature`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyName(String);

impl KeyName {
    /// Accepts what may stand in a signature line.
    pub fn new(name: &str) -> Result<KeyName, NameError> {
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        if name.len() > NAME_BYTES_MAX {
            return Err(NameError::TooLong { len_max: NAME_BYTES_MAX });
        }
        if name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+') {
            return Err(NameError::NotAKeyName);
        }
        Ok(KeyName(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A label-wise host name with at least one dot, in lower case.
fn is_host(host: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    host.contains('.') && host.split('.').all(label)
}

/// A path segment that no file system or URL library rewrites.
fn is_segment(segment: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    !segment.is_empty() && segment != "." && segment != ".." && segment.bytes().all(plain)
}

/// Why a spelling is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing there.
    Empty,
    /// Longer than names of this kind are.
    TooLong {
        /// Bytes a name of this kind may have.
        len_max: usize,
    },
    /// An origin without `/<tenant>`.
    NoTenant,
    /// Not `[a-z0-9][a-z0-9-]{0,62}`.
    NotATenant,
    /// Not a lower-case domain with path segments.
    NotABase,
    /// A space, a control character or a plus sign in a key name.
    NotAKeyName,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NameError::Empty => f.write_str("name is empty"),
            NameError::TooLong { len_max } => write!(f, "name is longer than {len_max} bytes"),
            NameError::NoTenant => f.write_str("origin lacks `/<tenant>`"),
            NameError::NotATenant => f.write_str("tenant is not [a-z0-9][a-z0-9-]{0,62}"),
            NameError::NotABase => {
                f.write_str("origin base is not a lower-case domain, such as tacho.example.com")
            }
            NameError::NotAKeyName => {
                f.write_str("key name has a space, a control character or a plus sign")
            }
        }
    }
}

impl std::error::Error for NameError {}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

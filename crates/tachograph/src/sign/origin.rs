//! Given a store and a tenant, gives the name of the log.

use tacho_tree::{NameError, Origin, Tenant};

use crate::store::Store;

/// The base of those who own no domain: `tacho.local/` and 8 hex digits of the installation.
pub fn default_base(store: &Store) -> String {
    let mut base = "tacho.local/".to_owned();
    for byte in store.installation().iter().take(4) {
        base.push_str(&format!("{byte:02x}"));
    }
    base
}

/// The origin of a tenant's log, also the name of its key.
///
/// # Errors
/// Why base and tenant make no name.
pub fn origin(store: &Store, base: Option<&str>, tenant: &str) -> Result<Origin, NameError> {
    let own = default_base(store);
    Origin::new(base.unwrap_or(&own), &Tenant::new(tenant)?)
}

//! The books of many tenants in one store.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tacho_event::TenantId;
use tacho_event::privacy::Policy;
use tachograph::record::{QueueSettings, Settings};
use tachograph::store::Store;
use tachograph::world::World;

use crate::book::Book;
use crate::error::Error;

/// Tenants whose books are open at once; the one that was asked for longest ago is closed first.
pub const TENANTS_MAX: usize = 64;

/// Opens the book of a tenant when it is first asked for.
#[derive(Debug)]
pub struct Tenants {
    store: Store,
    world: Arc<dyn World>,
    policy: Policy,
    keys: Option<PathBuf>,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    books: HashMap<TenantId, (Book, u64)>,
    asked: u64,
}

impl Tenants {
    /// The tenants of a store, all under one policy.
    pub fn new(store: &Store, world: Arc<dyn World>, policy: Policy) -> Self {
        Self { store: store.clone(), world, policy, keys: None, open: Mutex::default() }
    }

    /// The same tenants, sealed with the keys in the directory `keys` where the policy seals,
    /// instead of those that [`crate::paper::default_keys`] names.
    #[must_use]
    pub fn with_keys(mut self, keys: &Path) -> Self {
        self.keys = Some(keys.to_owned());
        self
    }

    /// The book of a tenant: a UUID in any case, or any name of letters, digits and dashes.
    ///
    /// # Errors
    /// That this is no tenant's name, or why the book could not be opened.
    pub fn book(&self, tenant_id: &str) -> Result<Book, Error> {
        let tenant = TenantId::new(&tenant_id.to_ascii_lowercase());
        let missing =
            || Error::Missing { what: "tenant", name: tenant_id.chars().take(64).collect() };
        let tenant = tenant.ok_or_else(missing)?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.asked += 1;
        let asked = open.asked;
        if let Some((book, last)) = open.books.get_mut(&tenant) {
            *last = asked;
            return Ok(book.clone());
        }
        if open.books.len() >= TENANTS_MAX {
            let oldest = open.books.iter().min_by_key(|(_, (_, last))| *last);
            if let Some(oldest) = oldest.map(|(tenant, _)| tenant.clone()) {
                open.books.remove(&oldest);
            }
        }
        let settings =
            Settings { tenant: tenant.clone(), keys: self.keys.clone(), ..Settings::default() };
        let queue = QueueSettings { threads: 1, ..QueueSettings::default() };
        let book = Book::of(&self.store, self.world.clone(), self.policy.clone(), settings, queue)?;
        open.books.insert(tenant, (book.clone(), asked));
        Ok(book)
    }
}

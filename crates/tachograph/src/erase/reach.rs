//! Where else what is erased may stand: rooms that other crates build, and the corners of this one.

use std::fmt::Debug;

use tacho_event::privacy::Class;

use crate::error::Doing;
use crate::files::Point;
use crate::files::grow::list_if_there;
use crate::files::shred::{DOOMED, blank, shred_in_place};
use crate::idempotency::{self, Window};
use crate::pack::settle;
use crate::store::Store;
use crate::tenant::TenantPlaces;
use crate::vault::VaultError;
use crate::wal::Position;
use crate::world::World;

/// A room with derived copies of what parts say: columns, sidecars, caches.
///
/// It is called after the day files were written over and before the erasure is called done; what
/// fails here is done again until it does not. Purging twice is purging once.
pub trait Reach: Debug + Send + Sync {
    /// The room's name, for the plan: `columns`.
    fn name(&self) -> &'static str;

    /// Lets go of everything that came from these parts.
    ///
    /// # Errors
    /// Why something of it may still stand there.
    fn purge(&self, gone: &Gone<'_>) -> Result<(), VaultError>;
}

/// What is gone from one tenant.
#[derive(Debug, Clone, Copy)]
pub struct Gone<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// Leaves of which parts are gone, and the class; sorted.
    pub parts: &'a [(u64, Class)],
    /// Days that are gone whole.
    pub days: &'a [(Class, u32)],
}

/// Empties the corners of the store: copies of bad ranges, unfinished files of the spool and
/// of packing, the marks of what clients submitted, the segments that were integrated. Findings
/// keep their names.
pub(super) fn sweep(
    store: &Store,
    world: &std::sync::Arc<dyn World>,
    integrated: Position,
) -> Result<(), VaultError> {
    let files = store.files().as_ref();
    let dir = store.places().quarantine();
    for name in list_if_there(files, &dir)? {
        // Leaves hold nothing that can be erased.
        if !name.contains("leaves-surplus") {
            let path = dir.join(&name);
            blank(files, &path)?;
        }
    }
    let spool = store.places().spool();
    for name in list_if_there(files, &spool)?.iter().filter(|name| name.ends_with(".tmp")) {
        // Whoever was writing it under the old keys is refused, and writes it again.
        shred_in_place(files, &spool.join(name))?;
    }
    let tenants = store.places().tenants();
    for tenant in list_if_there(files, &tenants)? {
        let places = TenantPlaces::new(store.places(), &tenant);
        for dir in Class::ALL.map(|class| places.class(class)) {
            let names = list_if_there(files, &dir)?;
            // A day file in the making, whose packing died, and one that was to be written over.
            for name in &names {
                if name.ends_with(".tmp") {
                    shred_in_place(files, &dir.join(name))?;
                } else if let Some(day) = name.strip_suffix(DOOMED) {
                    settle(files, &dir.join(day))?;
                }
            }
        }
    }
    files.sync_dir(&spool, Point::SpoolDrainDirSync).doing("sync", &spool)?;
    if idempotency::covered(files, store.places())?.is_some() {
        let mut window = Window::open(store, world.clone())?;
        window.forget()?;
        window.note_end(integrated);
        window.flush()?;
    }
    Ok(())
}

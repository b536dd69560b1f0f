//! Given days that are over, packs their parts: blocks of one grant each, compressed.
//!
//! 1. Under `integrate.lock`: read the day file; open what opens; give each person, and what names
//!    nobody, one grant for the day; make blocks of at most 64 KiB before compression.
//! 2. Let the tenant's state forget the file's length. 3. Write the new file, sync it, and let it
//!    take the name of the old one. 4. Write the derived lists anew.
//!
//! What does not open, is too long, or waits for the master's holder stays as it is, and so do
//! tombstones. A crash leaves the old file or the new one, and the same again packs what is left.
//! Who holds no keys packs what is plain. A file that held something plain has a second name until
//! zeros are written over it: whoever comes after a crash finds it there.

mod build;

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use tacho_event::privacy::Class;

use crate::error::{Doing, Error};
use crate::files::grow::remove_if_there;
use crate::files::replace::{create_afresh, unfinished};
use crate::files::shred::{doomed, shred_in_place};
use crate::files::{Files, Point, write_all_at};
use crate::integrate::Integrator;
use crate::limits::PACK_DAY_BYTES_MAX;
use crate::parts::{PartFiles, Spans};
use crate::state::{Found, State};
use crate::store::Store;
use crate::tenant::TenantPlaces;
use crate::vault::{Item, SharedRing, VaultError};
use crate::world::World;

use build::Built;
pub(crate) use build::Custom;

/// A day file that has not been packed, or got parts since.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// The tenant.
    pub tenant: String,
    /// The class.
    pub class: Class,
    /// The day, days since 1970-01-01.
    pub day: u32,
    /// Bytes of the file.
    pub bytes: u64,
}

/// What packing a day file gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// The day file.
    pub due: Due,
    /// Parts that stand in blocks now.
    pub parts: u64,
    /// Parts that stay as they were.
    pub left: u64,
    /// Bytes of the file now.
    pub bytes: u64,
}

/// The files of a tenant whose days are over and that hold what is not packed.
///
/// # Errors
/// What the disk said.
pub fn plan(store: &Store, world: &dyn World, tenant: &str) -> Result<Vec<Due>, Error> {
    let today = u32::try_from(world.now().day()).unwrap_or(0);
    let places = TenantPlaces::new(store.places(), tenant);
    let parts = PartFiles::new(store.files().clone(), places.clone());
    let mut due = Vec::new();
    for class in Class::ALL {
        for day in parts.days(class)?.into_iter().filter(|day| *day < today) {
            let path = places.day_file(class, day);
            let bytes = store.files().stat(&path).doing("stat", &path)?.len;
            let is_settled = !is_unsettled(store.files().as_ref(), &path)?;
            let is_packed = is_settled
                && match parts.spans(class, day)? {
                    Some(spans) => spans.end >= bytes,
                    None => is_packed(&parts, class, day)?,
                };
            if !is_packed && bytes > 0 && bytes <= PACK_DAY_BYTES_MAX {
                due.push(Due { tenant: tenant.to_owned(), class, day, bytes });
            }
        }
    }
    Ok(due)
}

/// Whether a file without its list holds no part that stands alone.
fn is_packed(parts: &PartFiles, class: Class, day: u32) -> Result<bool, Error> {
    let Some(mut records) = parts.day(class, day)? else { return Ok(true) };
    while let Some(record) = records.next_record()? {
        if matches!(record.item, Item::Part(_)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Packs these files; who holds the keys gives them. When this returns, they are packed.
///
/// # Errors
/// Why one is not; those before it are.
pub fn apply(
    store: &Store,
    world: &Arc<dyn World>,
    ring: Option<&SharedRing>,
    due: &[Due],
) -> Result<Vec<Packed>, VaultError> {
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let mut integrator = Integrator::new(store, world.clone());
    integrator.exclusively(|_| {
        due.iter().map(|due| rewrite(store, world, ring, due, Custom::Kept)).collect()
    })
}

/// Rewrites one day file; the caller holds `integrate.lock`.
pub(crate) fn rewrite(
    store: &Store,
    world: &Arc<dyn World>,
    ring: Option<&SharedRing>,
    due: &Due,
    custom: Custom,
) -> Result<Packed, VaultError> {
    let places = TenantPlaces::new(store.places(), &due.tenant);
    let files = store.files().as_ref();
    let path = places.day_file(due.class, due.day);
    let new = unfinished(&path);
    settle(files, &path)?;
    // What an interrupted run began may be plain.
    shred_in_place(files, &new)?;
    let Built { bytes, spans, grants, parts, left, was_plain, has_master } =
        build::build(store, world.as_ref(), ring, due, custom)?;
    let packed = Packed { due: due.clone(), parts, left, bytes: bytes.len() as u64 };
    note_rewrite(files, &places, due, has_master)?;
    let file = create_afresh(files, &new)?;
    write_all_at(file.as_ref(), &bytes, 0).doing("write", &new)?;
    file.sync_data(Point::PackSync).doing("sync", &new)?;
    let dir = places.class(due.class);
    if was_plain {
        // Without a name, nobody could reach these bytes any more to erase them.
        let old = doomed(&path);
        files.link(&path, &old, Point::PackLink).doing("link", &old)?;
        files.sync_dir(&dir, Point::PackLinkDirSync).doing("sync", &dir)?;
    }
    files.rename(&new, &path, Point::PackRename).doing("rename", &new)?;
    files.sync_dir(&dir, Point::PackDirSync).doing("sync", &dir)?;
    settle(files, &path)?;
    derive(files, &places, due, &bytes, &spans, &grants)?;
    Ok(packed)
}

/// Makes durable what a killed process renamed and removed among a tenant's day files: to everybody
/// else it looks done, and a power cut would undo it.
pub(crate) fn sync_names(store: &Store, tenant: &str) -> Result<(), Error> {
    let places = TenantPlaces::new(store.places(), tenant);
    for dir in Class::ALL.map(|class| places.class(class)) {
        match store.files().sync_dir(&dir, Point::PackDirSync) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            outcome => outcome.doing("sync", &dir)?,
        }
    }
    Ok(())
}

/// Writes zeros over what stood in the place of a day file before it was rewritten, if that is
/// still there; only its second name goes where the new file did not come.
pub(crate) fn settle(files: &dyn Files, path: &Path) -> Result<(), Error> {
    if !is_unsettled(files, path)? {
        return Ok(());
    }
    let old = doomed(path);
    let dir = path.parent().unwrap_or(Path::new("."));
    // A power cut must not give the name back to what is written over.
    files.sync_dir(dir, Point::PackDirSync).doing("sync", dir)?;
    let identity = |path: &Path| match files.stat(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        outcome => outcome.doing("stat", path).map(|stat| Some(stat.identity)),
    };
    if identity(path)? == identity(&old)? {
        files.remove(&old).doing("remove", &old)?;
    } else {
        shred_in_place(files, &old)?;
    }
    files.sync_dir(dir, Point::PackDirSync).doing("sync", dir)
}

/// Whether a rewrite of a day file was interrupted before zeros were written over the old one.
pub(crate) fn is_unsettled(files: &dyn Files, path: &Path) -> Result<bool, Error> {
    let old = doomed(path);
    match files.stat(&old) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        outcome => outcome.doing("stat", &old).map(|_| true),
    }
}

/// The state knows how long the old file is, and would cut the new one by that; and whoever
/// replaces the master looks for its grants where the state says.
fn note_rewrite(
    files: &dyn Files,
    places: &TenantPlaces,
    due: &Due,
    has_master: bool,
) -> Result<(), Error> {
    let Found::State(mut state) = State::read(files, places)? else { return Ok(()) };
    let (before, day) = (state.days.len(), (due.class, due.day));
    state.days.retain(|file| (file.class, file.day) != day);
    let masters = state.masters.as_mut().filter(|_| has_master);
    let is_new = masters.is_some_and(|masters| masters.insert(day));
    if is_new || state.days.len() < before { state.write(files, places) } else { Ok(()) }
}

/// Writes the lists of a file anew; they are derived, and tell which file they are of.
fn derive(
    files: &dyn Files,
    places: &TenantPlaces,
    due: &Due,
    bytes: &[u8],
    spans: &Spans,
    grants: &[u8],
) -> Result<(), Error> {
    remove_if_there(files, &places.part_marks(due.class, due.day))?;
    let dir = places.part_marks_dir();
    files.create_dir(&dir).doing("create", &dir)?;
    let beginning = bytes.get(..crate::parts::BEGINNING_BYTES.min(bytes.len()));
    let lists = [
        (places.part_blocks(due.class, due.day), spans.encode(beginning.unwrap_or_default())),
        (places.part_grants(due.class, due.day), grants.to_vec()),
    ];
    for (path, list) in lists {
        let file = create_afresh(files, &path)?;
        write_all_at(file.as_ref(), &list, 0).doing("write", &path)?;
    }
    Ok(())
}

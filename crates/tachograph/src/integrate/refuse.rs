//! Given a refused frame, or parts that no key opens, keeps a finding where recovery keeps what it
//! finds: a `gap` event tells of it.
//!
//! ```text
//! wal/quarantine/00000001_0000004096_frame-refused.bad     the frame, bound to no place
//! wal/quarantine/00000001_0000004096_part-unopened.bad     nothing: the parts are in the log
//! ```

use crate::error::{Doing, Error};
use crate::files::grow::open_if_there;
use crate::files::replace::create_afresh;
use crate::files::{Point, write_all_at};
use crate::store::Store;
use crate::wal::{Position, Record, UNOPENED, frame};

/// Keeps the frame; when this returns, the copy survives a power cut. The caller holds
/// `integrate.lock`. A frame refused again is the same file, so a replay adds nothing.
pub(super) fn keep(store: &Store, at: Position, record: &Record<'_>) -> Result<(), Error> {
    let mut bytes = Vec::new();
    // It was a frame, so it is one.
    let _ = frame::encode(record, &mut bytes);
    put(store, at, "frame-refused", &bytes)
}

/// Keeps that parts of a frame came after their keys were destroyed; as [`keep`] does.
pub(super) fn note_unopened(store: &Store, at: Position) -> Result<(), Error> {
    put(store, at, UNOPENED, &[])
}

fn put(store: &Store, at: Position, code: &str, bytes: &[u8]) -> Result<(), Error> {
    let (files, dir) = (store.files().as_ref(), store.places().quarantine());
    let name = format!("{:08}_{:010}_{code}", at.segment, at.offset);
    let path = dir.join(format!("{name}.bad"));
    let told = dir.join(format!("{name}.kept"));
    if open_if_there(files, &path)?.is_some() || open_if_there(files, &told)?.is_some() {
        return files.sync_dir(&dir, Point::RefusedDirSync).doing("sync", &dir);
    }
    let draft = dir.join("refused.tmp");
    let file = create_afresh(files, &draft)?;
    write_all_at(file.as_ref(), bytes, 0).doing("write", &draft)?;
    file.sync_data(Point::RefusedSync).doing("sync", &draft)?;
    files.rename(&draft, &path, Point::RefusedRename).doing("rename", &draft)?;
    files.sync_dir(&dir, Point::RefusedDirSync).doing("sync", &dir)
}

//! Given a refused frame, keeps it where recovery keeps what it finds: a `gap` event tells of it.
//!
//! ```text
//! wal/quarantine/00000001_0000004096_frame-refused.bad     the frame, bound to no place
//! ```

use crate::error::{Doing, Error};
use crate::files::grow::open_if_there;
use crate::files::replace::create_afresh;
use crate::files::{Point, write_all_at};
use crate::store::Store;
use crate::wal::{Position, Record, frame};

/// Keeps the frame; when this returns, the copy survives a power cut. The caller holds
/// `integrate.lock`. A frame refused again is the same file, so a replay adds nothing.
pub(super) fn keep(store: &Store, at: Position, record: &Record<'_>) -> Result<(), Error> {
    let (files, dir) = (store.files().as_ref(), store.places().quarantine());
    let name = format!("{:08}_{:010}_frame-refused", at.segment, at.offset);
    let path = dir.join(format!("{name}.bad"));
    let told = dir.join(format!("{name}.kept"));
    if open_if_there(files, &path)?.is_some() || open_if_there(files, &told)?.is_some() {
        return files.sync_dir(&dir, Point::RefusedDirSync).doing("sync", &dir);
    }
    let mut bytes = Vec::new();
    // It was a frame, so it is one.
    let _ = frame::encode(record, &mut bytes);
    let draft = dir.join("refused.tmp");
    let file = create_afresh(files, &draft)?;
    write_all_at(file.as_ref(), &bytes, 0).doing("write", &draft)?;
    file.sync_data(Point::RefusedSync).doing("sync", &draft)?;
    files.rename(&draft, &path, Point::RefusedRename).doing("rename", &draft)?;
    files.sync_dir(&dir, Point::RefusedDirSync).doing("sync", &dir)
}

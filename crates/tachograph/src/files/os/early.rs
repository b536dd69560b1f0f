//! Given bytes that will be synced soon, has the kernel begin to bring them to the disk.
//!
//! Linux does so when it is told that nobody will need a range any more. What it has begun with
//! stays in memory: it lets go only of pages that it is done with already.

use std::fs;
use std::num::NonZeroU64;

use rustix::fs::{Advice, fadvise};

const PAGE_BYTES: u64 = 4096;

pub(super) fn begin_sync(file: &fs::File, from: u64, to: u64) {
    // The page that `to` is in will be written to again: on disks with checksums, that would wait
    // until it is there.
    let whole = (to - to % PAGE_BYTES).saturating_sub(from);
    if let Some(len) = NonZeroU64::new(whole) {
        // Where it cannot be done, the sync does all.
        let _ = fadvise(file, from, Some(len), Advice::DontNeed);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Result;
    use std::path::Path;

    use crate::files::os::OsFile;
    use crate::files::{File, Point, read_full_at, write_all_at};

    /// On a disk, and in memory, where there is nothing to begin with.
    #[test]
    fn what_was_begun_stands_as_it_was_written() -> Result<()> {
        let bytes: Vec<u8> = (0..700_000_u32).map(|i| (i >> 3) as u8).collect();
        let rooms = [Path::new(env!("CARGO_MANIFEST_DIR")), Path::new("/dev/shm")];
        for room in rooms.into_iter().filter(|room| room.exists()) {
            let file = OsFile(tempfile::tempfile_in(room)?);
            let mut at = 5_000;
            for piece in bytes.chunks(100_000) {
                write_all_at(&file, piece, at)?;
                file.begin_sync(at, at + 100_000);
                at += 100_000;
            }
            file.sync_data(Point::CommitSync)?;
            let mut read = vec![1; bytes.len() + 5_000];
            assert_eq!(read_full_at(&file, &mut read, 0)?, read.len());
            assert_eq!(read, [vec![0; 5_000], bytes.clone()].concat(), "{room:?}");
        }
        Ok(())
    }

    /// A range of no whole page, an empty one and one that ends before it begins.
    #[test]
    fn less_than_a_page_is_left_as_it_is() -> Result<()> {
        let file = OsFile(tempfile::tempfile()?);
        write_all_at(&file, &[7; 9_000], 0)?;
        for (from, to) in [(4_200, 4_300), (8_192, 8_192), (9_000, 10)] {
            file.begin_sync(from, to);
        }
        let mut read = [0; 9_000];
        assert_eq!(read_full_at(&file, &mut read, 0)?, 9_000);
        assert_eq!(read, [7; 9_000]);
        Ok(())
    }
}

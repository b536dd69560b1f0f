//! Given a grant's id, gives its bytes from the day file it stands in.
//!
//! ```text
//! index/parts/content-2026-11-20.grants   grant id 16 | u64 offset, in the order of the file
//! ```
//!
//! Derived: what the list does not name is looked for in the file itself.

use std::collections::HashMap;

use tacho_event::privacy::Class;

use super::{PartFiles, Records};
use crate::error::{Doing, Error};
use crate::files::grow::open_if_there;
use crate::files::read_full_at;
use crate::limits::GRANT_LIST_BYTES_MAX;
use crate::vault::Item;
use crate::wal::field::{array_at, u64_at};

/// Bytes of one line of the list.
pub(crate) const LISTED_BYTES: usize = 24;

impl PartFiles {
    /// The bytes of a grant; none if it does not stand in that file.
    ///
    /// # Errors
    /// What reading said, or that the file is damaged before that place.
    pub fn grant(&self, class: Class, day: u32, id: &[u8; 16]) -> Result<Option<Vec<u8>>, Error> {
        let Some(mut records) = self.day(class, day)? else { return Ok(None) };
        if let Some(offset) = self.listed(class, day)?.get(id) {
            records.seek(*offset);
            // The list counts only where the grant stands.
            if let Ok(Some(bytes)) = next_grant(&mut records, id) {
                return Ok(Some(bytes));
            }
            records.seek(0);
        }
        loop {
            match records.next_record()? {
                None => return Ok(None),
                Some(record) => match record.item {
                    Item::Grant(grant) if grant.id == *id => {
                        return Ok(Some(record.bytes.to_vec()));
                    }
                    _ => {}
                },
            }
        }
    }

    fn listed(&self, class: Class, day: u32) -> Result<HashMap<[u8; 16], u64>, Error> {
        let path = self.places.part_grants(class, day);
        let Some(file) = open_if_there(self.files.as_ref(), &path)? else {
            return Ok(HashMap::new());
        };
        let len = usize::try_from(file.stat().doing("stat", &path)?.len).unwrap_or(usize::MAX);
        let mut bytes = vec![0; len.min(GRANT_LIST_BYTES_MAX)];
        read_full_at(file.as_ref(), &mut bytes, 0).doing("read", &path)?;
        let lines = bytes.chunks_exact(LISTED_BYTES);
        Ok(lines.filter_map(|line| Some((array_at(line, 0)?, u64_at(line, 16)?))).collect())
    }
}

fn next_grant(records: &mut Records, id: &[u8; 16]) -> Result<Option<Vec<u8>>, Error> {
    let Some(record) = records.next_record()? else { return Ok(None) };
    Ok(match record.item {
        Item::Grant(grant) if grant.id == *id => Some(record.bytes.to_vec()),
        _ => None,
    })
}

//! Given a leaf, tells where in the packed part of a day file its parts may stand.
//!
//! ```text
//! index/parts/content-2026-11-20.blocks
//!   "TVS2" | u64 bytes of the packed part | first 24 bytes of the file
//!   | u32 crc32c of all but this
//!   | spans, in the order of the file: u64 first leaf | u64 last leaf | u64 offset
//! ```
//!
//! Derived: a list that is of another file, or gone, is not believed, and the file is walked.

use tacho_event::privacy::Class;

use super::PartFiles;
use crate::checksum;
use crate::error::{Doing, Error};
use crate::files::grow::open_if_there;
use crate::files::read_full_at;
use crate::limits::GRANT_LIST_BYTES_MAX;
use crate::wal::field::{u32_at, u64_at};

const MAGIC: &[u8; 4] = b"TVS2";
const HEAD_BYTES: usize = 40;
const SPAN_BYTES: usize = 24;
/// Bytes at the beginning of a day file that tell it from the one before it was packed.
pub(crate) const BEGINNING_BYTES: usize = 24;

/// The leaves of one record of a packed file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) offset: u64,
}

/// The records of the packed part of a file.
#[derive(Debug, Default)]
pub(crate) struct Spans {
    /// Where what came after packing begins.
    pub(crate) end: u64,
    pub(crate) spans: Vec<Span>,
}

impl Spans {
    /// The bytes of the list for a file that begins with `beginning`.
    pub(crate) fn encode(&self, beginning: &[u8]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&self.end.to_be_bytes());
        bytes.extend_from_slice(beginning);
        bytes.resize(HEAD_BYTES - 4, 0);
        let mut spans = Vec::with_capacity(self.spans.len() * SPAN_BYTES);
        for span in &self.spans {
            for number in [span.first, span.last, span.offset] {
                spans.extend_from_slice(&number.to_be_bytes());
            }
        }
        let crc = checksum::append(checksum::of(&bytes), &spans);
        bytes.extend_from_slice(&crc.to_be_bytes());
        bytes.extend_from_slice(&spans);
        bytes
    }

    fn decode(bytes: &[u8], beginning: &[u8]) -> Option<Self> {
        let (head, spans) = bytes.split_at_checked(HEAD_BYTES)?;
        let checked = head.get(..HEAD_BYTES - 4)?;
        let crc = checksum::append(checksum::of(checked), spans);
        let is_ours = head.starts_with(MAGIC) && u32_at(head, HEAD_BYTES - 4)? == crc;
        if !is_ours || head.get(12..12 + BEGINNING_BYTES)? != beginning {
            return None;
        }
        let span = |bytes: &[u8; SPAN_BYTES]| {
            let (first, last) = (u64_at(bytes, 0)?, u64_at(bytes, 8)?);
            Some(Span { first, last, offset: u64_at(bytes, 16)? })
        };
        let spans = spans.as_chunks::<SPAN_BYTES>().0.iter().map(span);
        Some(Self { end: u64_at(head, 4)?, spans: spans.collect::<Option<_>>()? })
    }
}

impl PartFiles {
    /// The list of a day file that was packed; none if it was not, or has no list.
    pub(crate) fn spans(&self, class: Class, day: u32) -> Result<Option<Spans>, Error> {
        let path = self.places.part_blocks(class, day);
        let Some(list) = open_if_there(self.files.as_ref(), &path)? else { return Ok(None) };
        let day_path = self.places.day_file(class, day);
        let Some(file) = open_if_there(self.files.as_ref(), &day_path)? else { return Ok(None) };
        let mut beginning = [0; BEGINNING_BYTES];
        read_full_at(file.as_ref(), &mut beginning, 0).doing("read", &day_path)?;
        let len = usize::try_from(list.stat().doing("stat", &path)?.len).unwrap_or(usize::MAX);
        let mut bytes = vec![0; len.min(GRANT_LIST_BYTES_MAX)];
        read_full_at(list.as_ref(), &mut bytes, 0).doing("read", &path)?;
        let there = file.stat().doing("stat", &day_path)?.len;
        Ok(Spans::decode(&bytes, &beginning).filter(|spans| spans.end <= there))
    }
}

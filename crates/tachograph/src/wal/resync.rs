//! Given a bad range, gives the next place where a whole frame or an end mark stands.
//!
//! Content is chosen by others, so a torn frame may hold any number of false beginnings, each of
//! which promises a long frame. Running checksums, kept every few kilobytes, make each candidate
//! cost the same small amount however long it claims to be.

use super::frame::{self, TRAILER_BYTES};
use super::segment::{ALIGNMENT, checksum_seed, is_end_mark};

/// Bytes between two kept checksums.
const STRIDE: usize = 4096;

/// Searches `bytes`, which stand at `base` of the segment with `salt`, for the first whole frame or
/// end mark after their beginning; gives its place in `bytes`.
pub(super) fn next_whole(bytes: &[u8], salt: &[u8; 16], base: u64) -> Option<usize> {
    let sums = Sums::new(bytes);
    (ALIGNMENT..bytes.len()).step_by(ALIGNMENT).find(|at| {
        let here = bytes.get(*at..).unwrap_or_default();
        let offset = base + *at as u64;
        if is_end_mark(here, salt, offset) {
            return true;
        }
        let Ok((frame, found)) = frame::unchecked(here) else { return false };
        let checked = frame.len() - TRAILER_BYTES;
        let crc = sums.between(*at, *at + checked);
        crc32c::crc32c_combine(checksum_seed(salt, offset), crc, checked) == found
            && frame::fields(frame).is_ok()
    })
}

/// Checksums of every stride's beginning, from which that of any range follows.
struct Sums<'a> {
    bytes: &'a [u8],
    kept: Vec<u32>,
}

impl<'a> Sums<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let mut crc = 0;
        let mut kept = vec![crc];
        for stride in bytes.chunks(STRIDE) {
            crc = crc32c::crc32c_append(crc, stride);
            kept.push(crc);
        }
        Self { bytes, kept }
    }

    /// crc(A | B) = shift(crc(A)) ^ crc(B), so crc(B) = crc(A | B) ^ shift(crc(A)).
    fn between(&self, from: usize, to: usize) -> u32 {
        self.until(to) ^ crc32c::crc32c_combine(self.until(from), 0, to - from)
    }

    fn until(&self, to: usize) -> u32 {
        let stride = to / STRIDE;
        let kept = self.kept.get(stride).copied().unwrap_or_default();
        crc32c::crc32c_append(kept, self.bytes.get(stride * STRIDE..to).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wal::frame::{Record, bind, encode};
    use crate::wal::segment::end_mark;

    const SALT: [u8; 16] = [5; 16];

    fn frame_at(offset: u64, parts: &[u8]) -> Vec<u8> {
        let record = Record {
            tenant: "acme",
            record_id: [1; 16],
            idem: [0; 16],
            leaf: b"{}",
            parts,
            parts_count: 1,
            system: false,
            generation: 0,
        };
        let mut bytes = Vec::new();
        encode(&record, &mut bytes).unwrap();
        bind(&mut bytes, &SALT, offset);
        bytes
    }

    #[test]
    fn any_range_has_the_checksum_of_its_bytes() {
        let bytes: Vec<u8> = (0..3 * STRIDE + 17).map(|at| (at * 31 % 251) as u8).collect();
        let sums = Sums::new(&bytes);
        for (from, to) in [(0, 0), (0, 1), (5, STRIDE), (8, bytes.len()), (STRIDE, 2 * STRIDE + 3)]
        {
            assert_eq!(sums.between(from, to), crc32c::crc32c(&bytes[from..to]), "{from}..{to}");
        }
    }

    #[test]
    fn the_next_frame_is_found_wherever_it_stands() {
        for garbage in [8, 64, STRIDE - 8, STRIDE, 3 * STRIDE + 8] {
            let mut bytes = vec![0xee; garbage];
            bytes.extend(frame_at(32 + garbage as u64, b"parts"));
            assert_eq!(next_whole(&bytes, &SALT, 32), Some(garbage));
            bytes.truncate(bytes.len() - 1);
            assert_eq!(next_whole(&bytes, &SALT, 32), None);
        }
    }

    #[test]
    fn an_end_mark_ends_a_bad_range() {
        let mut bytes = vec![0xee; 24];
        bytes.extend(end_mark(&SALT, 32 + 24));
        assert_eq!(next_whole(&bytes, &SALT, 32), Some(24));
    }

    #[test]
    fn a_frame_carried_in_a_torn_frame_is_not_found() {
        let inner = frame_at(32, b"inner");
        let mut outer = frame_at(32, &inner);
        outer.truncate(outer.len() - 8);
        assert_eq!(next_whole(&outer, &SALT, 32), None);
    }

    #[test]
    fn content_full_of_false_beginnings_does_not_stall_the_search() {
        // Each of these promises a frame of 4 MiB whose two lengths agree: naively 16,384 x 4 MiB.
        let mut unit = frame_at(0, b"x");
        unit.resize(256, 0);
        let total = 4_u32 << 20;
        let parts = total - 56 - "acme{}".len() as u32 - 8;
        unit[4..8].copy_from_slice(&total.to_be_bytes());
        unit[44..48].copy_from_slice(&parts.to_be_bytes());
        unit[252..].copy_from_slice(&total.to_be_bytes());
        let bytes = unit.repeat((8 << 20) / unit.len());
        assert!(frame::unchecked(&bytes[256..]).is_ok(), "the bait is well made");
        assert_eq!(next_whole(&bytes, &SALT, 32), None);
    }
}

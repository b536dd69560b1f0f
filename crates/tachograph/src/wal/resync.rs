//! Given a bad range, gives the next place where a whole frame or an end mark stands.
//!
//! Content is chosen by others, so a torn frame may hold any number of false beginnings, each of
//! which promises a long frame. Running checksums, kept every few kilobytes, make each candidate
//! cost the same small amount however long it claims to be.

use crate::checksum;
use std::ops::Range;

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
        let checked = *at..*at + frame.len() - TRAILER_BYTES;
        sums.over(checksum_seed(salt, offset), checked) == found && frame::fields(frame).is_ok()
    })
}

/// The checksum up to the beginning of every stride, from which that of any range follows.
struct Sums<'a> {
    bytes: &'a [u8],
    kept: Vec<u32>,
    zeros: Zeros,
}

impl<'a> Sums<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let mut crc = 0;
        let mut kept = vec![crc];
        for stride in bytes.chunks(STRIDE) {
            crc = checksum::append(crc, stride);
            kept.push(crc);
        }
        Self { bytes, kept, zeros: Zeros::new() }
    }

    /// The checksum `seed` carried on over a range.
    ///
    /// With z(c, n) for what n zero bytes make of the checksum c: crc(A | B) = z(crc(A), |B|) ^
    /// crc(B). So crc(B) follows from the sums before and behind B, and z is linear.
    fn over(&self, seed: u32, range: Range<usize>) -> u32 {
        let before = self.until(range.start);
        self.until(range.end) ^ self.zeros.after(before ^ seed, range.len())
    }

    fn until(&self, to: usize) -> u32 {
        let stride = to / STRIDE;
        let kept = self.kept.get(stride).copied().unwrap_or_default();
        checksum::append(kept, self.bytes.get(stride * STRIDE..to).unwrap_or_default())
    }
}

/// What runs of zero bytes make of a checksum: for each power of two, the image of every bit.
struct Zeros(Vec<[u32; 32]>);

impl Zeros {
    fn new() -> Self {
        let base = checksum::append(0, &[0]);
        let mut power = [0; 32];
        for (bit, image) in power.iter_mut().enumerate() {
            *image = checksum::append(1 << bit, &[0]) ^ base;
        }
        let mut powers = Vec::new();
        while powers.len() < usize::BITS as usize {
            powers.push(power);
            power = power.map(|image| apply(&power, image));
        }
        Self(powers)
    }

    fn after(&self, crc: u32, zeros: usize) -> u32 {
        let powers = self.0.iter().enumerate().filter(|(bit, _)| zeros >> bit & 1 == 1);
        powers.fold(crc, |crc, (_, power)| apply(power, crc))
    }
}

fn apply(power: &[u32; 32], crc: u32) -> u32 {
    let images = power.iter().enumerate().filter(|(bit, _)| crc >> bit & 1 == 1);
    images.fold(0, |sum, (_, image)| sum ^ image)
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
            let expected = checksum::append(77, &bytes[from..to]);
            assert_eq!(sums.over(77, from..to), expected, "{from}..{to}");
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

//! The two small things of a segment that are no frames: its header and its end mark.
//!
//! ```text
//! header    0 "TWS1" | 4 u64 number | 12 salt 16 | 28 u32 crc32c(bytes 0..28)
//! end mark  0 "TWE1" | 4 u32 crc32c(salt | u64 offset | "TWE1")
//! ```
//!
//! A segment is a header, frames, then an end mark if a later segment exists, then zeros. Without
//! the mark a closed segment whose tail was lost would look like one that was never full.

use super::field::{array_at, u32_at, u64_at};
use crate::checksum;

/// Bytes of a header; the first frame stands here.
pub const HEADER_BYTES: usize = 32;
/// Where the first frame stands.
pub const FIRST_FRAME: u64 = HEADER_BYTES as u64;
/// Bytes of an end mark.
pub const END_MARK_BYTES: usize = 8;
/// Everything in a segment begins at a multiple of this.
pub const ALIGNMENT: usize = 8;

const END_MAGIC: &[u8; 4] = b"TWE1";
const MAGIC: &[u8; 4] = b"TWS1";
const CHECKED: usize = 28;

/// What makes a segment this one: its number, and the salt that binds its frames to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The segment's number, as in its name.
    pub number: u64,
    /// Random bytes that enter every checksum in the segment.
    pub salt: [u8; 16],
}

impl Header {
    /// The header as it stands at the beginning of the file.
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let fields = [MAGIC.as_slice(), &self.number.to_be_bytes(), &self.salt];
        for (to, from) in bytes.iter_mut().zip(fields.into_iter().flatten()) {
            *to = *from;
        }
        let crc = checksum::of(bytes.get(..CHECKED).unwrap_or_default());
        for (to, from) in bytes.iter_mut().skip(CHECKED).zip(crc.to_be_bytes()) {
            *to = from;
        }
        bytes
    }

    /// Reads a header; none when the bytes are not one.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let checked = bytes.get(..CHECKED)?;
        if array_at::<4>(bytes, 0)? != *MAGIC || u32_at(bytes, CHECKED)? != checksum::of(checked) {
            return None;
        }
        Some(Self { number: u64_at(bytes, 4)?, salt: array_at(bytes, 12)? })
    }

    /// Reads a header with one flipped bit: without the salt no frame of the segment would hold.
    pub fn mend(bytes: &[u8; HEADER_BYTES]) -> Option<Self> {
        (0..HEADER_BYTES * 8).find_map(|bit| {
            let mut mended = *bytes;
            *mended.get_mut(bit / 8)? ^= 1 << (bit % 8);
            Self::decode(&mended)
        })
    }
}

/// The mark that closes a segment at `offset`.
pub fn end_mark(salt: &[u8; 16], offset: u64) -> [u8; END_MARK_BYTES] {
    let crc = checksum::append(checksum_seed(salt, offset), END_MAGIC);
    let mut bytes = [0; END_MARK_BYTES];
    for (to, from) in bytes.iter_mut().zip(END_MAGIC.iter().copied().chain(crc.to_be_bytes())) {
        *to = from;
    }
    bytes
}

/// Whether `bytes` begin with the mark that closes the segment with `salt` at `offset`.
pub(super) fn is_end_mark(bytes: &[u8], salt: &[u8; 16], offset: u64) -> bool {
    bytes.starts_with(END_MAGIC) && bytes.starts_with(&end_mark(salt, offset))
}

/// The running checksum over what binds bytes to their place: the segment's salt and the offset.
pub(super) fn checksum_seed(salt: &[u8; 16], offset: u64) -> u32 {
    checksum::append(checksum::of(salt), &offset.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header = Header { number: 7, salt: [9; 16] };

    #[test]
    fn a_header_is_read_back() {
        let bytes = HEADER.encode();
        assert_eq!(&bytes[..12], b"TWS1\0\0\0\0\0\0\0\x07");
        assert_eq!(Header::decode(&bytes), Some(HEADER));
    }

    #[test]
    fn a_flipped_bit_of_a_header_is_noticed_and_mended_and_two_are_not() {
        for bit in 0..HEADER_BYTES * 8 {
            let mut bytes = HEADER.encode();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::decode(&bytes), None, "bit {bit}");
            assert_eq!(Header::mend(&bytes), Some(HEADER), "bit {bit}");
            bytes[(bit / 8 + 5) % HEADER_BYTES] ^= 1;
            assert_eq!(Header::mend(&bytes), None, "bit {bit} and another");
        }
        assert_eq!(Header::decode(&HEADER.encode()[..31]), None);
    }

    #[test]
    fn an_end_mark_holds_only_in_its_place() {
        assert_ne!(end_mark(&[9; 16], 64), end_mark(&[9; 16], 72));
        assert_ne!(end_mark(&[9; 16], 64), end_mark(&[8; 16], 64));
    }
}

//! Given bytes, gives them in the letters of base64url (RFC 4648, 5, without padding).
//!
//! ```text
//! bytes      01001101 01100001 01101110
//! sextets    010011 010110 000101 101110       19 22 5 46
//! letters    T      W      F      u
//! ```
//! The hash of a disclosure is that of its letters (RFC 9901): all that an event hides is written
//! in them first. So many at once, without a branch or a table, that the compiler makes vectors of
//! them.

#[cfg(target_arch = "x86_64")]
use crate::is_worth_asking;
#[cfg(target_arch = "x86_64")]
use pulp::{NullaryFnOnce, cast, x86::V3};
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::__m256i;

/// Appends the base64url of `bytes`.
pub fn base64url(bytes: &[u8], letters: &mut Vec<u8>) {
    let start = letters.len();
    letters.resize(start + (bytes.len() * 4).div_ceil(3), 0);
    let place = letters.get_mut(start..).unwrap_or_default();
    #[cfg(target_arch = "x86_64")]
    if is_worth_asking(bytes.len())
        && let Some(simd) = V3::try_new()
    {
        return simd.vectorize(Write { simd, bytes, place });
    }
    write(bytes, place, bits);
}

/// What is done with the vector unit's instructions switched on.
#[cfg(target_arch = "x86_64")]
struct Write<'b> {
    simd: V3,
    bytes: &'b [u8],
    place: &'b mut [u8],
}

#[cfg(target_arch = "x86_64")]
impl NullaryFnOnce for Write<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        write(self.bytes, self.place, |loaded| shuffled_bits(self.simd, loaded));
    }
}

#[inline(always)]
fn write(bytes: &[u8], place: &mut [u8], bits: impl Fn(&[u8; LOAD]) -> Bits) {
    let (lines, _) = place.as_chunks_mut::<LETTERS>();
    let mut rest = bytes;
    let mut written = 0;
    for line in lines {
        let Some(loaded) = rest.first_chunk() else { break };
        *line = letters(bits(loaded));
        rest = rest.get(BYTES..).unwrap_or_default();
        written += LETTERS;
    }
    for line in place.get_mut(written..).unwrap_or_default().chunks_mut(LETTERS) {
        let mut loaded = [0; LOAD];
        let bytes = rest.get(..LOAD).unwrap_or(rest);
        if let Some(start) = loaded.get_mut(..bytes.len()) {
            start.copy_from_slice(bytes);
        }
        let letters = letters(bits(&loaded));
        line.copy_from_slice(letters.get(..line.len()).unwrap_or_default());
        rest = rest.get(BYTES..).unwrap_or_default();
    }
}

/// Letters made at once, and the bytes that they say.
const LETTERS: usize = 32;
const BYTES: usize = 24;
/// Bytes loaded at once: twice 16, of which twelve are wanted.
const LOAD: usize = BYTES / 2 + 16;

/// Four times six bytes, each as a number of 48 bits.
type Bits = [u64; 4];

#[inline(always)]
fn bits(loaded: &[u8; LOAD]) -> Bits {
    [0, 6, 12, 18].map(|at| {
        let eight = loaded.get(at..).and_then(<[u8]>::first_chunk).copied();
        u64::from_be_bytes(eight.unwrap_or_default()) >> 16
    })
}

/// The same by a shuffle. Without it the compiler gathers the four, at many times the price.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn shuffled_bits(simd: V3, loaded: &[u8; LOAD]) -> Bits {
    const ORDER: [u8; 16] = [5, 4, 3, 2, 1, 0, NONE, NONE, 11, 10, 9, 8, 7, 6, NONE, NONE];
    const NONE: u8 = 0x80;
    let sixteen = |at: usize| -> [u8; 16] {
        loaded.get(at..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default()
    };
    let halves: __m256i = cast([sixteen(0), sixteen(BYTES / 2)]);
    cast(simd.avx2._mm256_shuffle_epi8(halves, cast([ORDER, ORDER])))
}

#[inline(always)]
fn letters(bits: Bits) -> [u8; LETTERS] {
    let sextets = bits.map(|bits| sextets(bits).to_be_bytes());
    let mut letters = [0; LETTERS];
    letters.iter_mut().zip(sextets.as_flattened()).for_each(|(slot, one)| *slot = letter(*one));
    letters
}

/// Spreads 48 bits, six into each byte: halves are moved apart, then quarters, then eighths.
#[inline(always)]
const fn sextets(bits: u64) -> u64 {
    let halves = (bits << 8) & 0x00ff_ffff_0000_0000 | bits & 0x00ff_ffff;
    let quarters = (halves << 4) & 0x0fff_0000_0fff_0000 | halves & 0x0000_0fff_0000_0fff;
    (quarters << 2) & 0x3f00_3f00_3f00_3f00 | quarters & 0x003f_003f_003f_003f
}

/// `A-Z a-z 0-9 - _`: each kind lies at a distance of its own from its sextets.
#[inline(always)]
const fn letter(sextet: u8) -> u8 {
    let distance: i8 = match sextet {
        0..26 => 65,
        26..52 => 71,
        52..62 => -4,
        62 => -17,
        _ => 32,
    };
    sextet.wrapping_add_signed(distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648, 10, in the alphabet of 5.
    #[test]
    fn letters_are_the_published_vectors() {
        let vectors = [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg")];
        for (text, expected) in vectors {
            let mut letters = b"> ".to_vec();
            base64url(text.as_bytes(), &mut letters);
            assert_eq!(letters, [b"> ", expected.as_bytes()].concat());
        }
    }

    #[test]
    fn every_machine_writes_the_same_letters() {
        let bytes: Vec<u8> = (0..300_u32).map(|i| ((i * i) >> 3) as u8).collect();
        for len in 0..bytes.len() {
            let mut letters = Vec::new();
            base64url(&bytes[..len], &mut letters);
            let mut plain = vec![0; letters.len()];
            write(&bytes[..len], &mut plain, bits);
            assert_eq!(letters, plain, "{len}");
        }
    }

    #[test]
    fn every_sextet_has_its_letter_at_every_place() {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        for shift in 0..64 {
            let sextets = (0..200).map(|place| (place + shift) % 64);
            let groups: Vec<usize> = sextets.clone().collect();
            let three = |group: &[usize]| {
                let bits = group.iter().fold(0, |bits, sextet| bits << 6 | *sextet as u32);
                let [_, three @ ..] = bits.to_be_bytes();
                three
            };
            let bytes: Vec<u8> = groups.chunks(4).flat_map(three).collect();
            let mut letters = Vec::new();
            base64url(&bytes, &mut letters);
            assert_eq!(letters, sextets.map(|sextet| alphabet[sextet]).collect::<Vec<u8>>());
        }
    }
}

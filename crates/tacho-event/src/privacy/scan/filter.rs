//! Given anchors, gives the places of a text where one stands, several times faster than any
//! pattern can look.
//!
//! Each anchor is known by a window of its four rarest bytes. Wherever the window lies, one of its
//! two groups of three bytes begins at an even place: so only every second place is looked at, and
//! each look is one bit of a small table. Only where that bit is set is the anchor compared.
//!
//! ```text
//! anchor   t o k e n =          window   k e n =          groups   k e n    e n =
//! text     . . t o k e n = 1    places   0 2 4 6 8        place 4: k e n, the bit is set
//! ```
//! Two thirds of the time of a text without anchors goes into loads, so three looks share one.

use std::ops::ControlFlow;

use super::anchor::{ANCHOR_BYTES_MIN, window};

/// The anchors of many owners, ready to be looked for.
pub(super) struct Filter<O> {
    /// Bit `slot(group)` is set when some anchor has that group.
    bits: Box<[u64; BITS / 64]>,
    /// Sorted by group.
    groups: Vec<Group>,
    anchors: Vec<Anchor<O>>,
}

struct Anchor<O> {
    /// In lower case.
    text: Vec<u8>,
    owner: O,
}

struct Group {
    bytes: u32,
    /// Where the group begins in the anchor.
    offset: usize,
    anchor: usize,
}

/// 8 KiB: a quarter of the smallest first-level cache, and nearly empty with a thousand groups.
const BITS: usize = 1 << 16;

/// Bytes loaded at once, and how far to go on: the three looks are at places 0, 2 and 4.
const LOAD: usize = 8;
const STRIDE: usize = 6;

/// ORed to every byte, this makes upper case lower. It makes other bytes collide too (`_` and
/// delete, carriage return and `-`), which costs a comparison and nothing else.
const FOLD: u64 = 0x2020_2020_2020_2020;

impl<O: Copy> Filter<O> {
    /// Anchors shorter than [`ANCHOR_BYTES_MIN`] are a bug of the caller.
    pub(super) fn new(anchors: impl Iterator<Item = (Vec<u8>, O)>) -> Filter<O> {
        let anchors: Vec<_> = anchors.map(|(text, owner)| Anchor { text, owner }).collect();
        let mut bits = Box::new([0_u64; BITS / 64]);
        let mut groups = Vec::with_capacity(2 * anchors.len());
        for (index, anchor) in anchors.iter().enumerate() {
            assert!(anchor.text.len() >= ANCHOR_BYTES_MIN, "an anchor the filter would not see");
            let (start, _) = window(&anchor.text);
            for offset in [start, start + 1] {
                let mut load = [0; LOAD];
                for (to, from) in load.iter_mut().zip(anchor.text.iter().skip(offset).take(3)) {
                    *to = *from;
                }
                let bytes = group(u64::from_le_bytes(load) | FOLD);
                set(&mut bits, slot(bytes));
                groups.push(Group { bytes, offset, anchor: index });
            }
        }
        groups.sort_by_key(|group| group.bytes);
        Filter { bits, groups, anchors }
    }

    /// Visits the owner and the byte range of every anchor that stands in `text`, until told to
    /// stop. An anchor may be visited twice.
    pub(super) fn visit<B>(
        &self,
        text: &[u8],
        mut visit: impl FnMut(O, std::ops::Range<usize>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let mut place = 0;
        while let Some(load) = text.get(place..).and_then(<[u8]>::first_chunk::<LOAD>) {
            let load = u64::from_le_bytes(*load) | FOLD;
            if self.sees(load) {
                self.compare(text, place, load, &mut visit)?;
            }
            place += STRIDE;
        }
        // The last bytes, filled up with zeros, which stand in no anchor.
        let mut load = [0; LOAD];
        for (to, from) in load.iter_mut().zip(text.iter().skip(place)) {
            *to = *from;
        }
        let load = u64::from_le_bytes(load) | FOLD;
        if self.sees(load) {
            self.compare(text, place, load, &mut visit)?;
        }
        ControlFlow::Continue(())
    }

    /// Is there a known group at places 0, 2 or 4 of these eight bytes?
    #[inline]
    fn sees(&self, load: u64) -> bool {
        let bit = |slot: usize| match self.bits.get(slot / 64) {
            Some(word) => word >> (slot % 64),
            None => 0,
        };
        let looks = [group(load), group(load >> 16), group(load >> 32)];
        let [first, second, third] = looks.map(|bytes| bit(slot(bytes)));
        (first | second | third) & 1 != 0
    }

    #[cold]
    #[inline(never)]
    fn compare<B>(
        &self,
        text: &[u8],
        place: usize,
        load: u64,
        visit: &mut impl FnMut(O, std::ops::Range<usize>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        for look in [0, 2, 4] {
            let bytes = group(load >> (8 * look));
            let first = self.groups.partition_point(|group| group.bytes < bytes);
            let known = self.groups.iter().skip(first).take_while(|group| group.bytes == bytes);
            for group in known {
                let Some(anchor) = self.anchors.get(group.anchor) else { continue };
                let Some(start) = (place + look).checked_sub(group.offset) else { continue };
                let range = start..start + anchor.text.len();
                let here = text.get(range.clone());
                if here.is_some_and(|here| here.eq_ignore_ascii_case(&anchor.text)) {
                    visit(anchor.owner, range)?;
                }
            }
        }
        ControlFlow::Continue(())
    }
}

/// The lowest three bytes.
#[inline]
fn group(load: u64) -> u32 {
    (load & 0x00ff_ffff) as u32
}

#[inline]
fn slot(group: u32) -> usize {
    (group.wrapping_mul(0x9e37_79b1) >> 16) as usize
}

fn set(bits: &mut [u64; BITS / 64], slot: usize) {
    if let Some(word) = bits.get_mut(slot / 64) {
        *word |= 1 << (slot % 64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(anchors: &[&str], text: &str) -> Vec<(usize, std::ops::Range<usize>)> {
        let anchors = anchors.iter().map(|text| text.as_bytes().to_vec()).enumerate();
        let filter = Filter::new(anchors.map(|(owner, text)| (text, owner)));
        let mut found = Vec::new();
        let done: ControlFlow<()> = filter.visit(text.as_bytes(), |owner, range| {
            found.push((owner, range));
            ControlFlow::Continue(())
        });
        assert!(done.is_continue());
        found.dedup();
        found
    }

    #[test]
    fn an_anchor_is_found_at_every_place_of_every_length() {
        for before in 0..40 {
            for after in 0..20 {
                let text = format!("{}ToKEN={}", "x".repeat(before), "y".repeat(after));
                let found = found(&["token=", "none"], &text);
                assert_eq!(found, [(0, before..before + 6)], "{text}");
            }
        }
    }

    #[test]
    fn overlapping_anchors_are_all_found() {
        let mut all: Vec<usize> =
            found(&["abcd", "bcde", "abcdefgh", "cdef"], "zabcdefgh").iter().map(|f| f.0).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all, [0, 1, 2, 3]);
    }

    #[test]
    fn bytes_that_only_fold_alike_are_not_found() {
        assert_eq!(found(&["ghp_"], "ghp\u{7f}"), []);
        assert_eq!(found(&["ghp_"], "gh"), []);
        assert_eq!(found(&["ghp_"], ""), []);
    }
}

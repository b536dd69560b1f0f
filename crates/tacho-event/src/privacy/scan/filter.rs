//! Given anchors, gives the places of a text where one stands, several times faster than any
//! pattern can look.
//!
//! Each anchor is known by a window of its four rarest bytes. Wherever the window lies, one of its
//! two groups of three bytes begins at an even place: so only every second place is looked at, and
//! each look is one bit of a small table. Where that bit is set, the bit of the window is looked
//! up, and only where that is set, too, are anchors compared.
//!
//! ```text
//! anchor   t o k e n =          window   k e n =          groups   k e n    e n =
//! text     . . t o k e n = 1    places   0 2 4 6 8        place 4: k e n, its bit is set
//! ```

use std::ops::{ControlFlow, Range};

use super::anchor::{ANCHOR_BYTES_MIN, Anchor};

/// The anchors of many owners, ready to be looked for.
pub(super) struct Filter<O> {
    groups: Bits,
    windows: Bits,
    /// Sorted by the slot of their window.
    anchors: Vec<Owned<O>>,
    /// Where the anchors of each shelf of slots begin; one more at the end.
    shelves: Vec<u32>,
}

struct Owned<O> {
    anchor: Anchor,
    /// The four bytes of its window, upper case as lower.
    window: u32,
    owner: O,
}

/// Slots share a shelf, so that the list of shelves stays small.
const SLOTS_PER_SHELF: usize = 32;

/// Bytes loaded at once, and how far to go on: the three looks are at places 0, 2 and 4.
const LOAD: usize = 8;
const STRIDE: usize = 6;

/// ORed to every byte, this makes upper case lower. It makes other bytes collide too (`_` and
/// delete, carriage return and `-`), which costs a comparison and nothing else.
const FOLD: u64 = 0x2020_2020_2020_2020;

impl<O: Copy> Filter<O> {
    /// Anchors shorter than [`ANCHOR_BYTES_MIN`] are a bug of the caller.
    pub(super) fn new(anchors: impl Iterator<Item = (Anchor, O)>) -> Filter<O> {
        let mut anchors: Vec<_> =
            anchors.map(|(anchor, owner)| Owned::new(anchor, owner)).collect();
        anchors.sort_unstable_by_key(|anchor| Bits::slot(anchor.window));
        let (mut groups, mut windows) = (Bits::new(), Bits::new());
        let mut shelves = vec![0; Bits::COUNT / SLOTS_PER_SHELF + 1];
        for Owned { window, .. } in &anchors {
            groups.set(group(u64::from(*window)));
            groups.set(group(u64::from(*window) >> 8));
            windows.set(*window);
            if let Some(count) = shelves.get_mut(Bits::slot(*window) / SLOTS_PER_SHELF + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for shelf in &mut shelves {
            sum += *shelf;
            *shelf = sum;
        }
        Filter { groups, windows, anchors, shelves }
    }

    /// Visits the owner and the byte range of every anchor that stands in `text`, until told to
    /// stop. An anchor may be visited twice.
    pub(super) fn visit<B>(
        &self,
        text: &[u8],
        mut visit: impl FnMut(O, Range<usize>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let mut place = 0;
        // What was loaded before, whose last byte may begin a window.
        let mut before = 0;
        while let Some(load) = text.get(place..).and_then(<[u8]>::first_chunk::<LOAD>) {
            let load = u64::from_le_bytes(*load) | FOLD;
            if self.sees(load) {
                self.compare(text, place, [before, load], &mut visit)?;
            }
            before = load >> (8 * (STRIDE - 1));
            place += STRIDE;
        }
        // The last bytes, filled up with zeros, which stand in no anchor.
        let mut load = [0; LOAD];
        let rest = text.get(place..).unwrap_or_default();
        if let Some(start) = load.get_mut(..rest.len()) {
            start.copy_from_slice(rest);
        }
        let load = u64::from_le_bytes(load) | FOLD;
        if self.sees(load) {
            self.compare(text, place, [before, load], &mut visit)?;
        }
        ControlFlow::Continue(())
    }

    /// Is there a known group at places 0, 2 or 4 of these eight bytes?
    #[inline]
    fn sees(&self, load: u64) -> bool {
        let looks = [group(load), group(load >> 16), group(load >> 32)];
        let [first, second, third] = looks.map(|group| self.groups.bit(group));
        (first | second | third) & 1 != 0
    }

    #[inline]
    fn compare<B>(
        &self,
        text: &[u8],
        place: usize,
        [before, load]: [u64; 2],
        visit: &mut impl FnMut(O, Range<usize>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        // The windows that have a look as their first group, and those as their second.
        let second = [before & 0xff | load << 8, load >> 8, load >> 24];
        let first = [load, load >> 16, load >> 32];
        for (at, window) in
            [1, 3, 5].into_iter().zip(first).chain([0, 2, 4].into_iter().zip(second))
        {
            let window = window as u32;
            if self.windows.bit(window) & 1 != 0 {
                self.compare_window(text, place + at, window, visit)?;
            }
        }
        ControlFlow::Continue(())
    }

    /// `place` is one behind the window's begin, so that none lies before the text.
    #[inline(never)]
    fn compare_window<B>(
        &self,
        text: &[u8],
        place: usize,
        window: u32,
        visit: &mut impl FnMut(O, Range<usize>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        for Owned { anchor, owner, .. } in
            self.shelf(window).iter().filter(|owned| owned.window == window)
        {
            let Some(start) = place.checked_sub(1 + anchor.window) else { continue };
            let range = start..start + anchor.text.len();
            let here = text.get(range.clone());
            if here.is_some_and(|here| here.eq_ignore_ascii_case(&anchor.text)) {
                visit(*owner, range)?;
            }
        }
        ControlFlow::Continue(())
    }

    fn shelf(&self, window: u32) -> &[Owned<O>] {
        let shelf = Bits::slot(window) / SLOTS_PER_SHELF;
        match self.shelves.get(shelf..=shelf + 1) {
            Some([start, end]) => self.anchors.get(*start as usize..*end as usize),
            _ => None,
        }
        .unwrap_or_default()
    }
}

impl<O> Owned<O> {
    fn new(anchor: Anchor, owner: O) -> Owned<O> {
        assert!(anchor.text.len() >= ANCHOR_BYTES_MIN, "an anchor the filter would not see");
        let window = anchor.text.get(anchor.window..).and_then(<[u8]>::first_chunk);
        assert!(window.is_some(), "a window behind the end of its anchor");
        let window = window.map_or(0, |window| u32::from_le_bytes(*window)) | FOLD as u32;
        Owned { anchor, window, owner }
    }
}

/// The lowest three bytes.
#[inline]
fn group(load: u64) -> u32 {
    (load & 0x00ff_ffff) as u32
}

/// A set of numbers that may hold more than was put in. 8 KiB: two of them leave room in the
/// smallest first-level cache, and both are nearly empty with a thousand anchors.
struct Bits(Box<[u64; Bits::COUNT / 64]>);

impl Bits {
    const COUNT: usize = 1 << 16;

    fn new() -> Bits {
        Bits(Box::new([0; Bits::COUNT / 64]))
    }

    #[inline]
    fn slot(number: u32) -> usize {
        (number.wrapping_mul(0x9e37_79b1) >> 16) as usize
    }

    fn set(&mut self, number: u32) {
        let slot = Bits::slot(number);
        if let Some(word) = self.0.get_mut(slot / 64) {
            *word |= 1 << (slot % 64);
        }
    }

    /// In the lowest bit.
    #[inline]
    fn bit(&self, number: u32) -> u64 {
        let slot = Bits::slot(number);
        self.0.get(slot / 64).map_or(0, |word| word >> (slot % 64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(anchors: &[&str], text: &str) -> Vec<(usize, Range<usize>)> {
        let anchors = anchors.iter().map(|text| Anchor::new(text.as_bytes().to_vec())).enumerate();
        let filter = Filter::new(anchors.map(|(owner, anchor)| (anchor, owner)));
        let mut found = Vec::new();
        let done: ControlFlow<()> = filter.visit(text.as_bytes(), |owner, range| {
            found.push((owner, range));
            ControlFlow::Continue(())
        });
        assert!(done.is_continue());
        found.sort_by_key(|(owner, range)| (*owner, range.start));
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
    fn an_anchor_of_four_bytes_is_found_at_every_place_of_every_length() {
        for before in 0..40 {
            for after in 0..20 {
                let text = format!("{}AKia{}", ".".repeat(before), "y".repeat(after));
                assert_eq!(found(&["akia"], &text), [(0, before..before + 4)], "{text}");
            }
        }
    }

    #[test]
    fn overlapping_anchors_are_all_found() {
        let all = found(&["abcd", "bcde", "abcdefgh", "cdef", "abcd"], "zabcdefgh");
        let owners: Vec<usize> = all.iter().map(|(owner, _)| *owner).collect();
        assert_eq!(owners, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn bytes_that_only_fold_alike_are_not_found() {
        assert_eq!(found(&["ghp_"], "ghp\u{7f}"), []);
        assert_eq!(found(&["ghp_"], "gh"), []);
        assert_eq!(found(&["ghp_"], ""), []);
    }
}

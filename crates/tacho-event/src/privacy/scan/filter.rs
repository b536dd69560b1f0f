//! Given anchors, gives the places of a text where one stands, several times faster than any
//! pattern can look.
//!
//! Each anchor is known by a window of its four rarest bytes. Wherever the window lies, one of its
//! two groups of three bytes begins at an even place: so only every second place is looked at, and
//! each look is one entry of a small table. Where the group is known, the window is looked up, and
//! only where that is known, too, are anchors compared.
//!
//! ```text
//! anchor   t o k e n =          window   k e n =          groups   k e n    e n =
//! text     . . t o k e n = 1    places   0 2 4 6 8        place 4: k e n is known
//! ```

use std::ops::{ControlFlow, Range};

use super::anchor::{ANCHOR_BYTES_MIN, Anchor};

/// The anchors of many owners, ready to be looked for.
pub(super) struct Filter<O> {
    groups: Groups,
    windows: Windows,
    anchors: Vec<Owned<O>>,
    /// The places of the anchors, shelf by shelf.
    order: Vec<u32>,
    /// Where in `order` each shelf of slots begins; one more at the end.
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

/// Bytes loaded at once.
const LOAD: usize = 16;

/// Where looks are taken in a load, and where the next load begins.
const LOOKS: [usize; 7] = [0, 2, 4, 6, 8, 10, 12];
const STRIDE: usize = 14;

/// ORed to every byte, this makes upper case lower. It makes other bytes collide too (`_` and
/// delete, carriage return and `-`), which costs a comparison and nothing else.
const FOLD: u128 = 0x2020_2020_2020_2020_2020_2020_2020_2020;

impl<O: Copy> Filter<O> {
    /// Anchors shorter than [`ANCHOR_BYTES_MIN`] are a bug of the caller.
    pub(super) fn new(anchors: Vec<(Anchor, O)>) -> Filter<O> {
        let anchors: Vec<_> =
            anchors.into_iter().map(|(anchor, owner)| Owned::new(anchor, owner)).collect();
        let (mut groups, mut windows) = (Groups::new(), Windows::new());
        let mut shelves = vec![0; Windows::COUNT / SLOTS_PER_SHELF + 1];
        for Owned { window, .. } in &anchors {
            groups.set(*window);
            groups.set(window >> 8);
            windows.set(*window);
            if let Some(count) = shelves.get_mut(Windows::shelf(*window)) {
                *count += 1;
            }
        }
        // Where each shelf ends; it fills from there to its begin.
        let mut sum = 0;
        for shelf in &mut shelves {
            sum += *shelf;
            *shelf = sum;
        }
        let mut order = vec![0; anchors.len()];
        for (place, Owned { window, .. }) in (0..).zip(&anchors) {
            let Some(shelf) = shelves.get_mut(Windows::shelf(*window)) else { continue };
            *shelf -= 1;
            if let Some(slot) = order.get_mut(*shelf as usize) {
                *slot = place;
            }
        }
        Filter { groups, windows, anchors, order, shelves }
    }

    /// The texts that are looked for.
    pub(super) fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.anchors.iter().map(|owned| owned.anchor.text.as_ref())
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
            let load = u128::from_le_bytes(*load) | FOLD;
            let seen = self.seen(load);
            if seen != 0 {
                self.compare(text, place, [before, load], seen, &mut visit)?;
            }
            before = load >> (8 * (STRIDE - 1));
            place += STRIDE;
        }
        // The last bytes, filled up with one that stands in hardly any anchor.
        let mut load = [0xff; LOAD];
        let rest = text.get(place..).unwrap_or_default();
        if let Some(start) = load.get_mut(..rest.len()) {
            start.copy_from_slice(rest);
        }
        let load = u128::from_le_bytes(load) | FOLD;
        self.compare(text, place, [before, load], self.seen(load), &mut visit)?;
        ControlFlow::Continue(())
    }

    /// The looks at which a known group begins, a bit for each.
    #[inline]
    fn seen(&self, load: u128) -> u32 {
        // Without a branch in between: the looks run side by side.
        let seen = |look: usize| u32::from(self.groups.has((load >> (8 * look)) as u32));
        LOOKS.iter().fold(0, |all, look| all | seen(*look) << look)
    }

    /// Compares with the windows of which a known group is the first or the second.
    #[inline(never)]
    fn compare<B>(
        &self,
        text: &[u8],
        place: usize,
        [before, load]: [u128; 2],
        mut seen: u32,
        visit: &mut impl FnMut(O, Range<usize>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        while seen != 0 {
            let look = seen.trailing_zeros() as usize;
            seen &= seen - 1;
            let first = (load >> (8 * look)) as u32;
            let second = match look {
                0 => (load << 8 | before & 0xff) as u32,
                _ => (load >> (8 * (look - 1))) as u32,
            };
            if self.windows.has(first) {
                self.compare_window(text, place + look + 1, first, visit)?;
            }
            if self.windows.has(second) {
                self.compare_window(text, place + look, second, visit)?;
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
        let here = self.shelf(window).iter().filter_map(|at| self.anchors.get(*at as usize));
        for Owned { anchor, owner, .. } in here.filter(|owned| owned.window == window) {
            let Some(start) = place.checked_sub(1 + anchor.window) else { continue };
            let range = start..start + anchor.text.len();
            let here = text.get(range.clone());
            if here.is_some_and(|here| here.eq_ignore_ascii_case(&anchor.text)) {
                visit(*owner, range)?;
            }
        }
        ControlFlow::Continue(())
    }

    fn shelf(&self, window: u32) -> &[u32] {
        let shelf = Windows::shelf(window);
        match self.shelves.get(shelf..=shelf + 1) {
            Some([start, end]) => self.order.get(*start as usize..*end as usize),
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

/// A set of groups that may hold more than was put in. A byte for each slot, because a bit takes
/// twice the time to get at; sized for the first-level cache.
struct Groups(Box<[bool; Groups::COUNT]>);

impl Groups {
    const COUNT: usize = 1 << 15;

    fn new() -> Groups {
        Groups(Box::new([false; Groups::COUNT]))
    }

    /// Of the lowest three bytes.
    #[inline]
    fn slot(bytes: u32) -> usize {
        (bytes << 8).wrapping_mul(MIX) as usize >> (32 - Groups::COUNT.ilog2())
    }

    fn set(&mut self, bytes: u32) {
        if let Some(known) = self.0.get_mut(Groups::slot(bytes)) {
            *known = true;
        }
    }

    #[inline]
    fn has(&self, bytes: u32) -> bool {
        self.0.get(Groups::slot(bytes)).is_some_and(|known| *known)
    }
}

/// A set of windows that may hold more than was put in.
struct Windows(Box<[u64; Windows::COUNT / 64]>);

impl Windows {
    const COUNT: usize = 1 << 16;

    fn new() -> Windows {
        Windows(Box::new([0; Windows::COUNT / 64]))
    }

    #[inline]
    fn slot(window: u32) -> usize {
        window.wrapping_mul(MIX) as usize >> (32 - Windows::COUNT.ilog2())
    }

    fn shelf(window: u32) -> usize {
        Windows::slot(window) / SLOTS_PER_SHELF
    }

    fn set(&mut self, window: u32) {
        let slot = Windows::slot(window);
        if let Some(word) = self.0.get_mut(slot / 64) {
            *word |= 1 << (slot % 64);
        }
    }

    #[inline]
    fn has(&self, window: u32) -> bool {
        let slot = Windows::slot(window);
        self.0.get(slot / 64).is_some_and(|word| word >> (slot % 64) & 1 == 1)
    }
}

/// Spreads a number over the highest bits of its product. Of twelve known multipliers the one under
/// which the fewest groups of usual events share a slot with one of the table.
const MIX: u32 = 0x846c_a68b;

#[cfg(test)]
mod tests {
    use super::*;

    fn found(anchors: &[&str], text: &str) -> Vec<(usize, Range<usize>)> {
        let anchors = anchors.iter().map(|text| Anchor::new(text.as_bytes().to_vec())).enumerate();
        let filter = Filter::new(anchors.map(|(owner, anchor)| (anchor, owner)).collect());
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

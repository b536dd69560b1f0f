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

use std::ops::{ControlFlow, Deref, Range};

use super::anchor::{ANCHOR_BYTES_MIN, Anchor};

/// The anchors of many owners, ready to be looked for.
pub(super) struct Filter<O: 'static> {
    pub(super) groups: Held<Groups>,
    pub(super) windows: Held<Windows>,
    pub(super) anchors: Held<[Owned<O>]>,
    /// The texts of the anchors, one behind the other.
    pub(super) texts: Held<[u8]>,
    /// The places of the anchors, shelf by shelf.
    pub(super) order: Held<[u32]>,
    /// Where in `order` each shelf of slots begins; one more at the end.
    pub(super) shelves: Held<[u32]>,
}

/// What the compiler wrote, or this process made.
pub(super) enum Held<T: ?Sized + 'static> {
    Written(&'static T),
    Made(Box<T>),
}

impl<T: ?Sized> Deref for Held<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        match self {
            Held::Written(written) => written,
            Held::Made(made) => made,
        }
    }
}

/// An anchor in the tables of a filter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Owned<O> {
    /// Where its text begins among the texts, and how long it is.
    pub(super) at: u32,
    pub(super) len: u16,
    /// Where in its text the window begins.
    pub(super) begin: u16,
    /// The four bytes of its window, upper case as lower.
    pub(super) window: u32,
    pub(super) owner: O,
}

/// Slots share a shelf, so that the list of shelves stays small.
const SLOTS_PER_SHELF: usize = 32;

/// As many as there are shelves, and one more.
pub(super) const SHELVES: usize = Windows::COUNT / SLOTS_PER_SHELF + 1;

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
        let mut texts = Vec::new();
        let anchors: Vec<_> = anchors
            .into_iter()
            .map(|(anchor, owner)| {
                let owned = Owned::new(texts.len(), &anchor, owner);
                texts.extend_from_slice(&anchor.text);
                owned
            })
            .collect();
        let (mut groups, mut windows) = (Groups::new(), Windows::new());
        let mut shelves = vec![0; SHELVES];
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
        Filter {
            groups: Held::Made(Box::new(groups)),
            windows: Held::Made(Box::new(windows)),
            anchors: Held::Made(anchors.into()),
            texts: Held::Made(texts.into()),
            order: Held::Made(order.into()),
            shelves: Held::Made(shelves.into()),
        }
    }

    /// The texts that are looked for.
    pub(super) fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.anchors.iter().map(|owned| self.text(owned))
    }

    fn text(&self, owned: &Owned<O>) -> &[u8] {
        let at = owned.at as usize;
        self.texts.get(at..at + usize::from(owned.len)).unwrap_or_default()
    }

    /// Visits the owner and the byte range of every anchor that stands in `text`, until told to
    /// stop. An anchor may be visited twice.
    pub(super) fn visit<B>(
        &self,
        text: &[u8],
        mut visit: impl FnMut(O, Range<usize>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let groups: &Groups = &self.groups;
        let mut place = 0;
        // What was loaded before, whose last byte may begin a window.
        let mut before = 0;
        while let Some(load) = text.get(place..).and_then(<[u8]>::first_chunk::<LOAD>) {
            let load = u128::from_le_bytes(*load) | FOLD;
            let seen = groups.seen(load);
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
        self.compare(text, place, [before, load], groups.seen(load), &mut visit)?;
        ControlFlow::Continue(())
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
        for owned in here.filter(|owned| owned.window == window) {
            let before = 1 + usize::from(owned.begin);
            let Some(start) = place.checked_sub(before) else { continue };
            let range = start..start + usize::from(owned.len);
            let here = text.get(range.clone());
            if here.is_some_and(|here| here.eq_ignore_ascii_case(self.text(owned))) {
                visit(owned.owner, range)?;
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
    fn new(at: usize, anchor: &Anchor, owner: O) -> Owned<O> {
        assert!(anchor.text.len() >= ANCHOR_BYTES_MIN, "an anchor the filter would not see");
        let window = anchor.text.get(anchor.window..).and_then(<[u8]>::first_chunk);
        assert!(window.is_some(), "a window behind the end of its anchor");
        let window = window.map_or(0, |window| folded(*window));
        // The longest anchor has few bytes, and there are few thousand of them.
        let (at, len, begin) = (at as u32, anchor.text.len() as u16, anchor.window as u16);
        Owned { at, len, begin, window, owner }
    }
}

/// A window as the sets know it.
pub(super) const fn folded(window: [u8; 4]) -> u32 {
    u32::from_le_bytes(window) | FOLD as u32
}

/// A set of groups that may hold more than was put in. A byte for each slot, because a bit takes
/// twice the time to get at; sized for the first-level cache.
#[derive(PartialEq, Eq)]
pub(super) struct Groups(pub(super) [bool; Groups::COUNT]);

impl Groups {
    pub(super) const COUNT: usize = 1 << 15;

    fn new() -> Groups {
        Groups([false; Groups::COUNT])
    }

    /// Of the lowest three bytes.
    #[inline]
    pub(super) const fn slot(bytes: u32) -> usize {
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

    /// The looks at which a known group begins, a bit for each.
    #[inline]
    fn seen(&self, load: u128) -> u32 {
        // Without a branch in between: the looks run side by side.
        let seen = |look: usize| u32::from(self.has((load >> (8 * look)) as u32));
        LOOKS.iter().fold(0, |all, look| all | seen(*look) << look)
    }
}

/// A set of windows that may hold more than was put in.
#[derive(PartialEq, Eq)]
pub(super) struct Windows(pub(super) [u64; Windows::COUNT / 64]);

impl Windows {
    pub(super) const COUNT: usize = 1 << 16;

    fn new() -> Windows {
        Windows([0; Windows::COUNT / 64])
    }

    #[inline]
    pub(super) const fn slot(window: u32) -> usize {
        window.wrapping_mul(MIX) as usize >> (32 - Windows::COUNT.ilog2())
    }

    pub(super) const fn shelf(window: u32) -> usize {
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

//! Given the ranges of a value that are secret, gives the value without them, and tells where a
//! range of that new text lies in the value.
//!
//! ```text
//! value    a token=ab c       cut  2..10
//! text     a [REDACTED] c     12..14 of it (` c`) is 10..12 of the value
//! ```

use std::ops::Range;

/// The parts of a value that are replaced.
#[derive(Default)]
pub(super) struct Cuts {
    /// Sorted, apart from each other by at least a byte.
    cuts: Vec<Cut>,
}

#[derive(Clone, PartialEq, Eq)]
struct Cut {
    in_value: Range<usize>,
    /// Where its replacement lies in the text.
    in_text: Range<usize>,
}

impl Cuts {
    /// Adds ranges of the value; ranges that overlap or touch become one. False if nothing is new.
    pub(super) fn widen(&mut self, ranges: Vec<Range<usize>>, replacement: &str) -> bool {
        let known = self.cuts.iter().map(|cut| cut.in_value.clone());
        let mut all: Vec<_> = known.chain(ranges).collect();
        all.sort_by_key(|range| range.start);
        let mut merged: Vec<Range<usize>> = Vec::new();
        for range in all {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        let (mut value, mut text) = (0, 0);
        let cuts = merged.into_iter().map(|in_value| {
            let start = text + (in_value.start - value);
            (value, text) = (in_value.end, start + replacement.len());
            Cut { in_value, in_text: start..text }
        });
        let cuts = cuts.collect();
        let wider = self.cuts != cuts;
        self.cuts = cuts;
        wider
    }

    /// The value with the replacement in the place of each cut.
    pub(super) fn apply(&self, value: &str, replacement: &str) -> String {
        let mut text = String::with_capacity(value.len());
        let mut kept = 0;
        for cut in &self.cuts {
            text.push_str(value.get(kept..cut.in_value.start).unwrap_or_default());
            text.push_str(replacement);
            kept = cut.in_value.end;
        }
        text.push_str(value.get(kept..).unwrap_or_default());
        text
    }

    /// Where this range of the text lies in the value. A part of a replacement stands for all that
    /// was replaced.
    pub(super) fn in_value(&self, range: &Range<usize>) -> Range<usize> {
        // The last cut that begins before or at the start; the last that begins before the end.
        let last = |count: usize| count.checked_sub(1).and_then(|last| self.cuts.get(last));
        let at_start = last(self.cuts.partition_point(|cut| cut.in_text.start <= range.start));
        let at_end = last(self.cuts.partition_point(|cut| cut.in_text.start < range.end));
        let start = match at_start {
            Some(cut) if range.start < cut.in_text.end => cut.in_value.start,
            Some(cut) => cut.in_value.end + (range.start - cut.in_text.end),
            None => range.start,
        };
        let end = match at_end {
            Some(cut) if range.end <= cut.in_text.end => cut.in_value.end,
            Some(cut) => cut.in_value.end + (range.end - cut.in_text.end),
            None => range.end,
        };
        start..end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_the_text_are_found_again_in_the_value() {
        let value = "a token=ab c secret=d e";
        let mut cuts = Cuts::default();
        assert!(cuts.widen(vec![13..21, 2..10], "[X]"));
        let text = cuts.apply(value, "[X]");
        assert_eq!(text, "a [X] c [X] e");
        assert_eq!(cuts.in_value(&(0..1)), 0..1, "before");
        assert_eq!(cuts.in_value(&(5..7)), 10..12, "between");
        assert_eq!(cuts.in_value(&(3..4)), 2..10, "inside");
        assert_eq!(cuts.in_value(&(0..3)), 0..10, "into");
        assert_eq!(cuts.in_value(&(11..13)), 21..23, "behind");
        assert_eq!(cuts.in_value(&(4..9)), 2..21, "from one into the next");
        assert!(!cuts.widen(std::iter::once(3..5).collect(), "[X]"), "nothing new");
    }

    #[test]
    fn an_empty_replacement_keeps_the_places() {
        let mut cuts = Cuts::default();
        assert!(cuts.widen(std::iter::once(1..3).collect(), ""));
        assert_eq!(cuts.apply("abcd", ""), "ad");
        assert_eq!(cuts.in_value(&(0..2)), 0..4, "across");
        assert_eq!(cuts.in_value(&(1..2)), 3..4, "behind");
        assert_eq!(cuts.in_value(&(0..1)), 0..1, "before");
    }

    #[test]
    fn neighbours_that_touch_become_one() {
        let mut cuts = Cuts::default();
        assert!(cuts.widen(vec![0..2, 2..4, 5..6], "*"));
        assert_eq!(cuts.apply("abcdefg", "*"), "*e*g");
    }
}

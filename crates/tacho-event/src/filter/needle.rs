//! Comparison of texts, with or without regard to case, prepared once.
//!
//! Case folds one character to one character: what has no such partner (`\u{df}`, the Kelvin
//! sign) stands for itself, so that an ASCII text only ever equals ASCII bytes. Searching is
//! linear in the text it searches, whatever somebody made that text of.

use super::expr::Glob;
use memchr::memchr2;
use memchr::memmem::Finder;

/// A text to look for.
#[derive(Clone, Debug)]
pub(super) struct Needle {
    /// Folded, unless case counts.
    text: Box<str>,
    way: Way,
}

#[derive(Clone, Debug)]
enum Way {
    Exact,
    /// Folded and ASCII: compared as bytes.
    Ascii(Box<Finder<'static>>),
    /// Folded characters.
    Chars {
        chars: Box<[char]>,
        fail: Box<[usize]>,
    },
}

/// The lower-case partner of `c`, if it has exactly one that keeps ASCII apart from the rest.
fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) if !one.is_ascii() => one,
        _ => c,
    }
}

impl Needle {
    pub(super) fn new(text: &str, exact: bool) -> Self {
        if exact {
            return Self { text: text.into(), way: Way::Exact };
        }
        let chars: Box<[char]> = text.chars().map(fold).collect();
        let way = if text.is_ascii() {
            Way::Ascii(Box::new(Finder::new(&text.to_ascii_lowercase()).into_owned()))
        } else {
            Way::Chars { fail: failures(&chars), chars: chars.clone() }
        };
        Self { text: chars.iter().collect::<String>().into(), way }
    }

    pub(super) fn is(&self, hay: &str) -> bool {
        self.strip_prefix(hay).is_some_and(str::is_empty)
    }

    /// What follows this text at the start of `hay`.
    fn strip_prefix<'h>(&self, hay: &'h str) -> Option<&'h str> {
        match &self.way {
            Way::Exact => hay.strip_prefix(&*self.text),
            Way::Ascii(_) => {
                let (start, rest) = hay.split_at_checked(self.text.len())?;
                start.eq_ignore_ascii_case(&self.text).then_some(rest)
            }
            Way::Chars { chars, .. } => {
                let mut rest = hay.chars();
                let same = chars.iter().all(|c| rest.next().map(fold) == Some(*c));
                same.then_some(rest.as_str())
            }
        }
    }

    /// What precedes this text at the end of `hay`.
    fn strip_suffix<'h>(&self, hay: &'h str) -> Option<&'h str> {
        match &self.way {
            Way::Exact => hay.strip_suffix(&*self.text),
            Way::Ascii(_) => {
                let (rest, end) = hay.split_at_checked(hay.len().checked_sub(self.text.len())?)?;
                end.eq_ignore_ascii_case(&self.text).then_some(rest)
            }
            Way::Chars { chars, .. } => {
                let mut rest = hay.chars();
                let same = chars.iter().rev().all(|c| rest.next_back().map(fold) == Some(*c));
                same.then_some(rest.as_str())
            }
        }
    }

    /// What follows the first place where this text stands in `hay`.
    fn strip_first<'h>(&self, hay: &'h str) -> Option<&'h str> {
        match &self.way {
            Way::Exact => hay.split_once(&*self.text).map(|(_, rest)| rest),
            Way::Ascii(finder) => {
                let Some(first) = self.text.as_bytes().first() else { return Some(hay) };
                // Most texts are not copied: they lack even the first letter.
                let start = memchr2(*first, first.to_ascii_uppercase(), hay.as_bytes())?;
                let folded = hay.as_bytes().get(start..)?.to_ascii_lowercase();
                hay.get(start + finder.find(&folded)? + self.text.len()..)
            }
            Way::Chars { chars, fail } => {
                let folded = hay.char_indices().map(|(at, c)| (at + c.len_utf8(), fold(c)));
                hay.get(find(chars, fail, folded)?..)
            }
        }
    }

    pub(super) fn is_within(&self, hay: &str) -> bool {
        self.strip_first(hay).is_some()
    }
}

/// A prepared [`Glob`].
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    first: Needle,
    inner: Box<[Needle]>,
    last: Needle,
}

impl Pattern {
    pub(super) fn new(glob: &Glob, exact: bool) -> Self {
        let needle = |piece: &String| Needle::new(piece, exact);
        let (first, inner, last) = match glob.pieces() {
            [first, inner @ .., last] => (first, inner, last),
            _ => (&String::new(), &[][..], &String::new()),
        };
        let inner = inner.iter().map(needle).collect();
        Self { first: needle(first), inner, last: needle(last) }
    }

    pub(super) fn matches(&self, hay: &str) -> bool {
        let ends = self.first.strip_prefix(hay).and_then(|rest| self.last.strip_suffix(rest));
        let Some(mut rest) = ends else { return false };
        for piece in &self.inner {
            // The leftmost place leaves the most for those that follow.
            let Some(after) = piece.strip_first(rest) else { return false };
            rest = after;
        }
        true
    }
}

/// For each prefix of `needle`, the length of the longest shorter prefix that also ends it
/// (Knuth, Morris and Pratt).
fn failures(needle: &[char]) -> Box<[usize]> {
    let mut fail = vec![0; needle.len()];
    let mut length = 0;
    for (i, item) in needle.iter().enumerate().skip(1) {
        length = advance(needle, &fail, length, *item);
        if let Some(slot) = fail.get_mut(i) {
            *slot = length;
        }
    }
    fail.into()
}

/// Where the first `needle` in `hay` ends; each item of `hay` comes with the place after it.
fn find(
    needle: &[char],
    fail: &[usize],
    hay: impl Iterator<Item = (usize, char)>,
) -> Option<usize> {
    let mut length = 0;
    for (end, item) in hay {
        length = advance(needle, fail, length, item);
        if length == needle.len() {
            return Some(end);
        }
    }
    None
}

/// How much of `needle` ends at `item`, where `length` of it ended before.
fn advance(needle: &[char], fail: &[usize], mut length: usize, item: char) -> usize {
    loop {
        if needle.get(length) == Some(&item) {
            return length + 1;
        }
        match length.checked_sub(1).and_then(|last| fail.get(last)) {
            Some(shorter) => length = *shorter,
            None => return 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn glob(text: &str, exact: bool) -> Pattern {
        let pieces = text.split('*').map(str::to_owned).collect();
        Pattern::new(&Glob::new(pieces).unwrap(), exact)
    }

    #[test]
    fn case_counts_for_ids_alone() {
        assert!(Needle::new("ops/X", true).is("ops/X") && !Needle::new("ops/X", true).is("ops/x"));
        assert!(Needle::new("BASH", false).is("Bash") && !Needle::new("BASH", false).is("Bas"));
        assert!(Needle::new("\u{c9}COLE", false).is("\u{e9}cole"));
        assert!(Needle::new("\u{10d}", false).is_within("a\u{10c}b"));
        assert!(!Needle::new("k", false).is("\u{212a}"), "the Kelvin sign stands for itself");
        assert!(Needle::new("\u{23a}", false).is("\u{2c65}"), "partners may differ in bytes");
    }

    #[test]
    fn globs_cover_the_whole_text() {
        for (pattern, hay, expected) in [
            ("ops/*", "OPS/x", true),
            ("ops/*", "ops/", true),
            ("ops/*", "dev/ops/x", false),
            ("*.rs", "main.RS", true),
            ("*.rs", "main.rst", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("aa*aa", "aaa", false),
            ("*\u{e9}*", "caf\u{c9}s", true),
            ("*", "", true),
        ] {
            assert_eq!(glob(pattern, false).matches(hay), expected, "{pattern} {hay}");
        }
        assert!(!glob("ops/*", true).matches("OPS/x"));
    }

    proptest! {
        #[test]
        fn searching_agrees_with_the_standard_library(
            needle in "[abA\u{e9}]{0,5}",
            hay in "[abAB\u{e9}\u{c9}]{0,24}",
        ) {
            let lower = |s: &str| s.to_lowercase();
            let folded = Needle::new(&needle, false);
            prop_assert_eq!(folded.is_within(&hay), lower(&hay).contains(&lower(&needle)));
            prop_assert_eq!(folded.is(&hay), lower(&hay) == lower(&needle));
            let exact = Needle::new(&needle, true);
            prop_assert_eq!(exact.is_within(&hay), hay.contains(&needle));
        }
    }
}

//! Given a pattern, gives its anchors: short texts one of which stands in everything it matches.
//!
//! `(?i)api[_-]?key[=:]\S+` cannot match without `apikey=`, `api_key=`, ... `api-key:` in any mix
//! of cases. Looking for such texts is many times cheaper than running the pattern. They are
//! derived from the pattern's syntax tree, never written down beside it, so they cannot be wrong
//! about what the pattern needs, and a pattern out of a configuration gets them too.
//!
//! Anchors are compared without regard to ASCII case and are kept in lower case.

use std::borrow::Cow;

use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

/// A text to look for.
#[derive(Clone)]
pub(super) struct Anchor {
    /// In lower case.
    pub(super) text: Cow<'static, [u8]>,
    /// Where its four rarest bytes begin.
    pub(super) window: usize,
}

impl Anchor {
    pub(super) fn new(text: Vec<u8>) -> Anchor {
        Anchor { window: window(&text), text: Cow::Owned(text) }
    }
}

/// A row of a table: the begin of the window, and the text.
impl From<&(u8, &'static str)> for Anchor {
    fn from((window, text): &(u8, &'static str)) -> Anchor {
        Anchor { window: usize::from(*window), text: Cow::Borrowed(text.as_bytes()) }
    }
}

/// The shortest anchor worth having: the filter looks at four bytes at a time.
pub(super) const ANCHOR_BYTES_MIN: usize = 4;

/// Longer texts are not more telling, but cost memory.
const ANCHOR_BYTES_MAX: usize = 16;

/// No part of a pattern is spelled out in more ways than this.
const SPELLINGS_MAX: usize = 100;

/// The cheapest set of anchors of a pattern; empty if it has none (`\d{6}`, `[a-z]+`).
pub(super) fn anchors(pattern: &Hir) -> Vec<Anchor> {
    let part = Part::of(pattern);
    cheaper(part.inside, part.whole).into_iter().flatten().map(Anchor::new).collect()
}

/// Ends are there to lengthen a neighbour, which multiplies them: they are few. One character of
/// a token (letters of one case, digits, up to eight signs) is.
const ENDS_MAX: usize = 44;

/// A repetition is followed this often: enough for an anchor.
const FEW_TIMES: u32 = ANCHOR_BYTES_MIN as u32;

/// What is known of the texts that one part of a pattern matches.
struct Part {
    /// All of them, if they are few.
    whole: Option<Spellings>,
    /// All ways in which they begin.
    head: Option<Spellings>,
    /// All ways in which they end.
    tail: Option<Spellings>,
    /// Usable anchors found inside: each text has one of them.
    inside: Option<Spellings>,
}

type Spellings = Vec<Vec<u8>>;

impl Part {
    const UNKNOWN: Part = Part { whole: None, head: None, tail: None, inside: None };

    fn of(hir: &Hir) -> Part {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Part::exactly(vec![Vec::new()]),
            HirKind::Literal(literal) => Part::exactly(vec![literal.0.to_ascii_lowercase()]),
            HirKind::Class(class) => class_spellings(class).map_or(Part::UNKNOWN, Part::exactly),
            HirKind::Capture(capture) => Part::of(&capture.sub),
            HirKind::Repetition(repetition) => Part::repeated(repetition),
            HirKind::Concat(parts) => Part::in_a_row(parts.iter().map(Part::of).collect()),
            HirKind::Alternation(parts) => Part::one_of(parts.iter().map(Part::of).collect()),
        }
    }

    fn exactly(spellings: Spellings) -> Part {
        let ends = Some(spellings.clone());
        Part { whole: Some(spellings), head: ends.clone(), tail: ends, inside: None }
    }

    fn repeated(repetition: &Repetition) -> Part {
        let times = |count: u32| {
            let again = std::iter::repeat_with(|| Part::of(&repetition.sub));
            Part::in_a_row(again.take(count as usize).collect())
        };
        let few = repetition.max.filter(|max| *max <= FEW_TIMES);
        let all = few.and_then(|max| union((repetition.min..=max).map(|count| times(count).whole)));
        match (all, repetition.min) {
            (Some(all), _) => Part::exactly(all),
            (None, 0) => Part::UNKNOWN,
            (None, min) => {
                // At least so often: both ends are known, the whole is not.
                let row = times(min.min(FEW_TIMES));
                Part { whole: None, inside: cheaper(row.inside, row.whole), ..row }
            }
        }
    }

    fn one_of(parts: Vec<Part>) -> Part {
        let anchors = |part: &Part| cheaper(part.inside.clone(), part.whole.clone());
        Part {
            whole: union(parts.iter().map(|part| part.whole.clone())),
            head: union(parts.iter().map(|part| part.head.clone())),
            tail: union(parts.iter().map(|part| part.tail.clone())),
            inside: union(parts.iter().map(anchors)).filter(usable),
        }
    }

    fn in_a_row(parts: Vec<Part>) -> Part {
        let parts = letters_joined(parts);
        let mut inside = None;
        for (place, part) in parts.iter().enumerate() {
            inside = cheaper(inside, part.inside.clone());
            // Every row of parts that starts here; it may begin with the end of this part.
            let rest = parts.get(place + 1..).unwrap_or_default();
            for candidate in rows(part.tail.as_ref(), rest) {
                inside = cheaper(inside, Some(candidate));
            }
        }
        Part {
            whole: rows_whole(parts.iter().map(|part| part.whole.as_ref())),
            head: ends(parts.iter().map(|part| (&part.whole, &part.head)), Spelled::Forward),
            tail: ends(parts.iter().rev().map(|part| (&part.whole, &part.tail)), Spelled::Backward),
            inside,
        }
    }
}

/// Parts in a row of which each is spelled in one way are one part: the letters of a word whose
/// case does not count.
fn letters_joined(parts: Vec<Part>) -> Vec<Part> {
    let mut joined: Vec<Part> = Vec::new();
    for part in parts {
        let both = joined.last().and_then(|last| {
            let (last, next) = (last.whole.as_ref()?, part.whole.as_ref()?);
            (last.len() == 1 && next.len() == 1).then(|| product(last, next))?
        });
        match (both, joined.last_mut()) {
            (Some(both), Some(last)) => *last = Part::exactly(both),
            _ => joined.push(part),
        }
    }
    joined
}

/// All rows that begin with `first` and go on through whole parts; the last may be a head only.
fn rows(first: Option<&Spellings>, rest: &[Part]) -> Vec<Spellings> {
    let Some(mut row) = first.cloned() else { return Vec::new() };
    let mut found = vec![row.clone()];
    for part in rest {
        if shortest(&row) >= ANCHOR_BYTES_MAX {
            break;
        }
        if let Some(longer) = part.head.as_ref().and_then(|head| product(&row, head)) {
            found.push(longer);
        }
        match part.whole.as_ref().and_then(|whole| product(&row, whole)) {
            Some(longer) => row = longer,
            None => break,
        }
    }
    found
}

fn rows_whole<'a>(parts: impl Iterator<Item = Option<&'a Spellings>>) -> Option<Spellings> {
    let mut row = vec![Vec::new()];
    for part in parts {
        row = product(&row, part?)?;
        if shortest(&row) > ANCHOR_BYTES_MAX {
            return None;
        }
    }
    Some(row)
}

enum Spelled {
    Forward,
    Backward,
}

/// The heads of a row of parts (or its tails, when the parts come from the back): whole parts as
/// long as they are few, then the head of the one that is not.
fn ends<'a>(
    parts: impl Iterator<Item = (&'a Option<Spellings>, &'a Option<Spellings>)>,
    spelled: Spelled,
) -> Option<Spellings> {
    let join = |row: &Spellings, next: &Spellings| match spelled {
        Spelled::Forward => product(row, next),
        Spelled::Backward => product(next, row),
    };
    let few = |row: &Spellings| row.len() <= ENDS_MAX;
    let mut row: Spellings = vec![Vec::new()];
    for (whole, end) in parts {
        if shortest(&row) >= ANCHOR_BYTES_MIN {
            break;
        }
        match whole.as_ref().and_then(|whole| join(&row, whole)).filter(few) {
            Some(longer) => row = longer,
            None => {
                let longer = end.as_ref().and_then(|end| join(&row, end)).filter(few);
                row = longer.unwrap_or(row);
                break;
            }
        }
    }
    (shortest(&row) > 0).then_some(row)
}

fn product(left: &Spellings, right: &Spellings) -> Option<Spellings> {
    if left.len().saturating_mul(right.len()) > SPELLINGS_MAX {
        return None;
    }
    let joined = left.iter().flat_map(|left| right.iter().map(|right| [&left[..], right].concat()));
    Some(tidied(joined.collect()))
}

fn union(parts: impl Iterator<Item = Option<Spellings>>) -> Option<Spellings> {
    let mut all = Vec::new();
    for part in parts {
        all.extend(part?);
    }
    let all = tidied(all);
    (all.len() <= SPELLINGS_MAX).then_some(all)
}

fn tidied(mut spellings: Spellings) -> Spellings {
    spellings.sort();
    spellings.dedup();
    spellings
}

/// The members of a class in lower case, if they are few.
fn class_spellings(class: &Class) -> Option<Spellings> {
    let mut spellings = Vec::new();
    match class {
        Class::Bytes(class) => {
            for range in class.iter() {
                spellings.extend(
                    (range.start()..=range.end()).map(|byte| vec![byte.to_ascii_lowercase()]),
                );
            }
        }
        Class::Unicode(class) => {
            let size: usize = class.iter().map(regex_syntax::hir::ClassUnicodeRange::len).sum();
            if size > 2 * SPELLINGS_MAX {
                return None;
            }
            for range in class.iter() {
                let members = (range.start()..=range.end()).map(|member| member.to_string());
                spellings.extend(members.map(|text| text.to_ascii_lowercase().into_bytes()));
            }
        }
    }
    let spellings = tidied(spellings);
    (spellings.len() <= SPELLINGS_MAX).then_some(spellings)
}

fn cheaper(left: Option<Spellings>, right: Option<Spellings>) -> Option<Spellings> {
    [left, right].into_iter().flatten().filter(usable).min_by_key(cost)
}

fn usable(spellings: &Spellings) -> bool {
    !spellings.is_empty() && shortest(spellings) >= ANCHOR_BYTES_MIN
}

fn shortest(spellings: &Spellings) -> usize {
    spellings.iter().map(Vec::len).min().unwrap_or(0)
}

/// What these anchors cost: how often the filter stops for them, how often they stand in a usual
/// line though no secret does, and a little for each, so that fewer win over more.
fn cost(spellings: &Spellings) -> u64 {
    let mut groups: Vec<&[u8]> = Vec::new();
    let mut stands = 0;
    for anchor in spellings {
        let window = anchor.get(window(anchor)..).unwrap_or_default();
        groups.extend(window.windows(ANCHOR_BYTES_MIN - 1).take(2));
        // `token` is a word of many a sentence, `token=` is not; each byte more halves the chance.
        let word = anchor.iter().all(u8::is_ascii_alphabetic);
        let often = if word { WORD_COST } else { TEXT_COST };
        stands += (often >> (anchor.len() - ANCHOR_BYTES_MIN).min(16)) + ANCHOR_COST;
    }
    groups.sort_unstable();
    groups.dedup();
    stands + groups.into_iter().map(chance).sum::<u64>()
}

/// In the unit of [`chance`]. An anchor that stands costs as much as a hundred stops: its pattern
/// must run.
const WORD_COST: u64 = 40_000_000_000;
const TEXT_COST: u64 = 200_000_000;
const ANCHOR_COST: u64 = 20_000_000;

/// Where the four bytes of an anchor begin that are rarest in a usual log line.
fn window(anchor: &[u8]) -> usize {
    let stops = |window: &[u8]| -> u64 { window.windows(ANCHOR_BYTES_MIN - 1).map(chance).sum() };
    let windows = anchor.windows(ANCHOR_BYTES_MIN).enumerate();
    windows.min_by_key(|(_, window)| stops(window)).map_or(0, |(place, _)| place)
}

/// How often the filter stops for this group of three bytes, in stops per 10^12 places.
fn chance(group: &[u8]) -> u64 {
    let chance = group.iter().map(|byte| per_10_000(*byte)).product();
    // As numbers: an array is compared by a call.
    let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
    let common = COMMON.binary_search_by_key(&number(group), |common| number(common)).is_ok();
    if common { COMMON_COST.max(chance) } else { chance }
}

/// Groups that are far more frequent in events than their letters let expect; sorted.
#[rustfmt::skip]
const COMMON: &[[u8; 3]] = &[
    *b"://", *b"_ac", *b"_id", *b"_in", *b"_le", *b"_ms", *b"_ou", *b"abl", *b"acc", *b"act",
    *b"age", *b"als", *b"ame", *b"amp", *b"an ", *b"ana", *b"and", *b"api", *b"app", *b"arg",
    *b"ase", *b"ash", *b"ate", *b"ath", *b"ati", *b"att", *b"aut", *b"ce\"", *b"cod", *b"con",
    *b"cor", *b"cre", *b"cur", *b"dat", *b"de\"", *b"des", *b"dis", *b"ear", *b"eco", *b"ect",
    *b"ed ", *b"ed\"", *b"el\"", *b"en ", *b"en\"", *b"ens", *b"ent", *b"er ", *b"er\"", *b"ers",
    *b"es ", *b"es\"", *b"ess", *b"est", *b"et ", *b"et\"", *b"ete", *b"eve", *b"fig", *b"fil",
    *b"for", *b"ge\"", *b"gen", *b"he ", *b"hea", *b"her", *b"hub", *b"ic ", *b"id\"", *b"in ",
    *b"ing", *b"inp", *b"int", *b"ion", *b"is ", *b"isk", *b"ist", *b"ite", *b"ity", *b"ken",
    *b"key", *b"ld ", *b"le\"", *b"les", *b"lim", *b"lin", *b"log", *b"lt_", *b"mat", *b"me\"",
    *b"me_", *b"mem", *b"mes", *b"met", *b"mit", *b"mod", *b"mon", *b"ms\"", *b"ms_", *b"n_i",
    *b"nam", *b"nd ", *b"nde", *b"nfi", *b"ng ", *b"nie", *b"ns\"", *b"ns_", *b"nt\"", *b"ode",
    *b"of ", *b"oke", *b"ol\"", *b"ome", *b"omp", *b"on ", *b"on\"", *b"on_", *b"onf", *b"onl",
    *b"ont", *b"ook", *b"or ", *b"or\"", *b"ord", *b"ot ", *b"out", *b"par", *b"pat", *b"pe\"",
    *b"pec", *b"per", *b"pro", *b"put", *b"que", *b"ram", *b"rat", *b"rea", *b"red", *b"rel",
    *b"req", *b"res", *b"ret", *b"ric", *b"rit", *b"rl\"", *b"rs\"", *b"rti", *b"ry\"", *b"sag",
    *b"sco", *b"sea", *b"sec", *b"ser", *b"ses", *b"set", *b"sio", *b"sou", *b"sql", *b"ss\"",
    *b"sse", *b"ssi", *b"sta", *b"ste", *b"str", *b"sul", *b"tab", *b"tat", *b"te\"", *b"ted",
    *b"ter", *b"th ", *b"th\"", *b"the", *b"tim", *b"tio", *b"to ", *b"tok", *b"tor", *b"tra",
    *b"ts\"", *b"ty\"", *b"typ", *b"ue ", *b"ue\"", *b"uri", *b"use", *b"ust", *b"ute", *b"uth",
    *b"val", *b"ver", *b"wor", *b"ype",
];

/// In the unit of [`chance`].
const COMMON_COST: u64 = 1_000_000_000;

/// How often a byte occurs in 10,000 of agents' event lines: English, JSON, hexadecimal ids.
fn per_10_000(byte: u8) -> u64 {
    match byte.to_ascii_lowercase() {
        b'"' => 1200,
        b'e' => 800,
        b'a' | b't' | b's' | b'i' | b'o' | b'n' | b'r' | b' ' => 450,
        b'c' | b'd' | b'l' | b':' | b',' => 300,
        b'0'..=b'9' | b'u' | b'm' | b'p' | b'f' | b'b' | b'-' | b'_' => 200,
        b'g' | b'h' | b'y' | b'v' | b'/' | b'.' | b'{' | b'}' => 100,
        b'k' | b'w' | b'x' | b'\\' | b'[' | b']' => 50,
        b'q' | b'j' | b'z' => 15,
        _ => 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchors_of(pattern: &str) -> Option<Vec<String>> {
        let hir = regex_syntax::ParserBuilder::new().utf8(false).build().parse(pattern).unwrap();
        let set = anchors(&hir).into_iter();
        let set: Vec<_> = set.map(|one| String::from_utf8(one.text.into()).unwrap()).collect();
        (!set.is_empty()).then_some(set)
    }

    #[test]
    fn common_groups_are_sorted() {
        assert!(COMMON.is_sorted());
    }

    #[test]
    fn every_spelling_of_a_name_is_an_anchor() {
        assert_eq!(anchors_of(r"secret[=:]\S+").unwrap(), ["secret:", "secret="]);
        let keys = anchors_of(r"(?i-u)api[_-]?key=").unwrap();
        assert_eq!(keys, ["api-key=", "api_key=", "apikey="]);
    }

    #[test]
    fn other_letters_of_the_same_case_folding_are_spelled_out() {
        let anchors = anchors_of(r"(?i)ken=").unwrap();
        assert_eq!(anchors, ["ken=", "\u{212a}en="], "the Kelvin sign folds to k");
    }

    #[test]
    fn short_texts_borrow_from_their_neighbours() {
        assert!(anchors_of(r"SG\.[ab]{16}").unwrap().iter().all(|text| text.starts_with("sg.")));
        assert_eq!(anchors_of(r"[0-9]{8,10}:AA").unwrap().len(), 10);
    }

    #[test]
    fn a_pattern_without_fixed_text_has_no_anchor() {
        for pattern in [r"\d{6}", r"[a-z]+", r"(?:password|\d{6})", r"x?", r"abc", r"(?:token)?"] {
            assert_eq!(anchors_of(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn what_may_be_absent_is_no_anchor() {
        assert_eq!(anchors_of(r"begin(?:middle)?end").unwrap().len(), 2);
        assert_eq!(anchors_of(r"(?:one_more)*last").unwrap(), ["last"]);
    }
}

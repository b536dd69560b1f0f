//! Given bytes, says whether something may stand there that has no anchor: credentials in a URL,
//! a number with a check digit, or an escape that hides a letter of an anchor.
//!
//! All three work on a string's value and on a raw JSON line alike: what they look for is spelled
//! the same in both, apart from the escapes named here.
//!
//! Single bytes are looked for a word at a time: to ask what the processor has for that may take
//! a short-lived process longer than all it looks at.

use memchr::arch::all::memchr::One;
use std::collections::BTreeSet;

/// May the userinfo of a URL hold a password: `://user:password@`?
///
/// An `@` is rare, so each is followed back: to `//` (in JSON also `\/\/`) through bytes that may
/// stand in user and password, a `:` among them.
pub(super) fn userinfo(text: &[u8]) -> bool {
    One::new(b'@').iter(text).any(|at| {
        let mut before = text.get(..at).unwrap_or_default();
        let mut colon = false;
        while let [rest @ .., byte] = before {
            match byte {
                b'/' => return colon && rest.strip_suffix(b"\\").unwrap_or(rest).ends_with(b"/"),
                b':' => colon = true,
                b'"' | b'\'' | b'<' | b'>' | b'?' | b'#' | b'@' | b' ' => return false,
                _ => {}
            }
            before = rest;
        }
        false
    })
}

/// May a payment card number or an IBAN stand here?
///
/// Both are runs of at least 14 bytes out of digits, capital letters, space and `-`. Eight bytes
/// are looked at in every seventh place: one such look lies wholly in each such run. Two looks are
/// loaded at once.
pub(super) fn number(text: &[u8]) -> bool {
    let mut looked_at = 0;
    let mut stop = |place| {
        let seen = if place < looked_at { Seen::Nothing } else { look(text, place) };
        if let Seen::RunUpTo(end) = seen {
            looked_at = end;
        }
        seen == Seen::Number
    };
    let mut place = 0;
    while let Some(load) = text.get(place..).and_then(<[u8]>::first_chunk::<LOAD>) {
        let load = u128::from_le_bytes(*load);
        let (first, second) = (load as u64, (load >> (8 * STRIDE)) as u64);
        // Nearly every look has a small letter, which is the least to ask.
        if (small(first) == 0 || small(second) == 0)
            && (outside(first) == 0 && stop(place) || outside(second) == 0 && stop(place + STRIDE))
        {
            return true;
        }
        place += 2 * STRIDE;
    }
    let rest = text.len().saturating_sub(LOOK - 1);
    (place..rest).step_by(STRIDE).any(stop)
}

#[derive(PartialEq)]
enum Seen {
    Nothing,
    /// A run without a number, and where it ends.
    RunUpTo(usize),
    Number,
}

/// The run in which the look at `place` lies.
fn look(text: &[u8], place: usize) -> Seen {
    let (before, after) = text.split_at_checked(place).unwrap_or_default();
    if !after.first_chunk::<LOOK>().is_some_and(|look| look.iter().all(|byte| in_run(*byte))) {
        return Seen::Nothing;
    }
    let back = before.iter().rev().take_while(|byte| in_run(**byte)).count();
    let on = after.iter().take_while(|byte| in_run(**byte)).count();
    let (before, run) = text.split_at(place - back);
    let run = run.get(..back + on).unwrap_or_default();
    if run.len() >= RUN_BYTES_MIN && run_has_number(before, run) {
        return Seen::Number;
    }
    Seen::RunUpTo(place + on)
}

/// A card number has at least 14 digits, an IBAN at least 15 symbols.
const RUN_BYTES_MIN: usize = 14;
const LOOK: usize = 8;
const STRIDE: usize = RUN_BYTES_MIN - LOOK + 1;
const LOAD: usize = 16;

/// Marks bytes that surely are in no run: a small letter, `{|}~`, beyond ASCII, or `"`. Hardly
/// any look has none of them, and all eight bytes are looked at in one go. A mark may be borrowed
/// by a `#` behind a quote, which is in no run either.
#[inline]
fn outside(load: u64) -> u64 {
    let beyond = load & (ONES * 0x80);
    let quotes = load ^ (ONES * 0x22);
    let quote = quotes.wrapping_sub(ONES) & !quotes & (ONES * 0x80);
    small(load) | beyond | quote
}

/// Marks small letters and `{|}~`, and perhaps what is beyond ASCII.
#[inline]
fn small(load: u64) -> u64 {
    load & (load << 1) & (ONES * 0x40)
}

const ONES: u64 = 0x0101_0101_0101_0101;

fn in_run(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b' ' | b'-')
}

/// Does a word of this run begin like a card number or an IBAN, and go on long enough?
fn run_has_number(before: &[u8], run: &[u8]) -> bool {
    // What looks like the middle of a word may be its begin, behind `\n` or `\u00e9`.
    let near = before.get(before.len().saturating_sub(6)..).unwrap_or_default();
    let escaped = near.contains(&b'\\');
    let mut last = before.last().copied().unwrap_or(b' ');
    let mut rest = run;
    let mut place = 0;
    while let [first, after @ ..] = rest {
        let start = !last.is_ascii_alphanumeric() || (escaped && place <= ESCAPE_DIGITS);
        if start && (looks_like_card(rest) || looks_like_iban(rest)) {
            return true;
        }
        (last, rest, place) = (*first, after, place + 1);
    }
    false
}

/// `\u00E9`: these digits may be part of the run.
const ESCAPE_DIGITS: usize = 4;

fn looks_like_card(text: &[u8]) -> bool {
    let issuer = matches!(text.first(), Some(b'2'..=b'6'));
    let digits = text.iter().take_while(|byte| !byte.is_ascii_uppercase());
    issuer && digits.take(CARD_BYTES_MAX).filter(|byte| byte.is_ascii_digit()).count() >= 14
}

fn looks_like_iban(text: &[u8]) -> bool {
    let [b'A'..=b'Z', b'A'..=b'Z', b'0'..=b'9', b'0'..=b'9', rest @ ..] = text else {
        return false;
    };
    rest.iter().take(IBAN_BYTES_MAX).filter(|byte| byte.is_ascii_alphanumeric()).count() >= 11
}

/// 19 digits and a separator between any two.
const CARD_BYTES_MAX: usize = 37;
const IBAN_BYTES_MAX: usize = 48;

/// The digits of each `\uXXXX` of a JSON text; fewer than four, if the text ends.
pub(super) fn escapes(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (backslash, mut from) = (One::new(b'\\'), 0);
    std::iter::from_fn(move || {
        loop {
            let place = from + backslash.find(raw.get(from..)?)?;
            // Whatever stands behind a backslash belongs to it: `\\u` is a backslash and a `u`.
            from = place + 2;
            if raw.get(place + 1) == Some(&b'u') {
                let digits = raw.get(from..).unwrap_or_default();
                return Some(digits.get(..4).unwrap_or(digits));
            }
        }
    })
}

/// The characters that matter to a search for anchors: a JSON escape of any other hides nothing.
///
/// Writers that escape all that is not ASCII, or `<`, `>` and `&`, are common; without this every
/// line of theirs would have to be parsed.
pub(super) struct Alphabet {
    ascii: [bool; 128],
    beyond: BTreeSet<char>,
    /// Some anchor begins or ends inside a character: each one beyond ASCII matters.
    all_beyond: bool,
}

impl Alphabet {
    /// The letters of these anchors in both cases, and of what the probes look for.
    pub(super) fn of<'a>(anchors: impl Iterator<Item = &'a [u8]>) -> Alphabet {
        let mut alphabet =
            Alphabet { ascii: [false; 128], beyond: BTreeSet::new(), all_beyond: false };
        for byte in 0..128_u8 {
            if in_run(byte) || matches!(byte, b'@' | b':' | b'/') {
                alphabet.add(char::from(byte));
            }
        }
        for anchor in anchors {
            alphabet.all_beyond |= std::str::from_utf8(anchor).is_err();
            for letter in String::from_utf8_lossy(anchor).chars() {
                alphabet.add(letter.to_ascii_lowercase());
                alphabet.add(letter.to_ascii_uppercase());
            }
        }
        alphabet
    }

    fn add(&mut self, letter: char) {
        match self.ascii.get_mut(letter as usize) {
            Some(slot) => *slot = true,
            None => {
                self.beyond.insert(letter);
            }
        }
    }

    /// Does the `\uXXXX` with these digits stand for a letter of the alphabet?
    pub(super) fn has(&self, digits: &[u8]) -> bool {
        let Ok(digits) = std::str::from_utf8(digits) else { return true };
        let code = if digits.len() == 4 { u32::from_str_radix(digits, 16).ok() } else { None };
        let Some(code) = code else { return true };
        match char::from_u32(code) {
            Some(letter) => match self.ascii.get(code as usize) {
                Some(known) => *known,
                None => self.all_beyond || self.beyond.contains(&letter),
            },
            // Half of a pair: some character beyond U+FFFF.
            None => self.all_beyond || self.beyond.last().is_some_and(|last| *last > '\u{ffff}'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_urls_with_a_password_have_userinfo() {
        for yes in ["postgres://app:pw@db/x", r"redis:\/\/:pw@h", "amqp://u:p%40w@h"] {
            assert!(userinfo(yes.as_bytes()), "{yes}");
        }
        for no in [
            "https://host/path?mail=a:b@c",
            "ssh://git@host/x",
            "git@github.com:a/b.git",
            "registry/image:1@sha256:00",
            "http://h:80/@scope",
            "a://b c:d@e",
        ] {
            assert!(!userinfo(no.as_bytes()), "{no}");
        }
    }

    #[test]
    fn a_number_is_seen_wherever_it_lies() {
        for before in 0..30 {
            let pad = "x ".repeat(before);
            for card in ["4111111111111111", "3782-822463-10005", "DE89 3704 0044 0532 0130 00"] {
                assert!(number(format!("{pad}{card}").as_bytes()));
                assert!(number(format!("{pad}{card} and on and on").as_bytes()));
                assert!(number(format!(r#""{pad}\n{card}""#).as_bytes()));
                assert!(number(format!(r#""{pad}\u00e9{card}""#).as_bytes()));
                assert!(number(format!(r#""{pad}\u00E9{card}""#).as_bytes()));
            }
        }
    }

    #[test]
    fn ids_and_times_are_no_numbers() {
        for no in [
            "f03c85b9-bc5d-4db8-8922-e710e905671e",
            "2026-11-20T12:00:00.000Z",
            "1732104000000000",
            "937f191e4e5b3a0125ef3d9d6d46012345678901234567890cb8fe37d1095d43",
            "SELECT COUNT FROM ORDERS",
        ] {
            assert!(!number(no.as_bytes()), "{no}");
        }
    }

    #[test]
    fn an_escape_matters_if_it_hides_a_letter() {
        let alphabet = Alphabet::of([&b"token="[..]].into_iter());
        let escaped = |text: &str| escapes(text.as_bytes()).any(|digits| alphabet.has(digits));
        for yes in [r"t\u006fken", r"T\u004fken", r"\u003d", r"\\\u003d", r"\u00", r"\uzzzz"] {
            assert!(escaped(yes), "{yes}");
        }
        for no in [r"caf\u00e9", r"\u003c\u003e\u0026", r"C:\\users", r"\ud83d\ude80", "u003d"] {
            assert!(!escaped(no), "{no}");
        }
    }
}

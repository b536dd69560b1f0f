//! Given JSON text, gives the document, or every reason why it cannot be represented.
//!
//! Two verdicts, because they are treated differently: text that *is no JSON* is refused by
//! servers and recorded raw by taps; JSON that *cannot be represented* (a repeated name, a lone
//! surrogate, `1e400`, too deep) is recorded as an opaque value with a flag. Reading never
//! recurses deeper than the limit and never panics.

use super::{Number, Object, Pointer, Text, Value};
use crate::limits;
use std::fmt;

/// Why a text gave no document.
#[derive(Clone, Debug, PartialEq)]
pub enum ReadError {
    /// The text breaks the grammar of JSON at `offset` bytes.
    NotJson {
        /// Where, in bytes from the start.
        offset: usize,
        /// What was expected there.
        expected: &'static str,
    },
    /// The text is JSON, but says what a document cannot hold. All places are listed (the first
    /// [`limits::PROBLEMS_MAX`]).
    Malformed(Vec<Trouble>),
}

/// One place of a text that cannot be represented.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    /// RFC 6901 pointer to the place.
    pub pointer: String,
    /// Where, in bytes from the start.
    pub offset: usize,
    /// What is wrong there.
    pub kind: TroubleKind,
}

/// What a document cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TroubleKind {
    /// A name stands twice in one object (compared after unescaping).
    RepeatedName,
    /// A `\uD800`..`\uDFFF` escape without its partner.
    LoneSurrogate,
    /// A number beyond every double, such as `1e400`.
    HugeNumber,
    /// Deeper than [`limits::DEPTH_MAX`].
    TooDeep,
}

impl fmt::Display for TroubleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TroubleKind::RepeatedName => "the name stands twice in one object",
            TroubleKind::LoneSurrogate => "a surrogate escape stands without its partner",
            TroubleKind::HugeNumber => "the number is beyond every double",
            TroubleKind::TooDeep => "the value is nested too deep",
        })
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::NotJson { offset, expected } => {
                write!(f, "not JSON at byte {offset}: expected {expected}")
            }
            ReadError::Malformed(troubles) => {
                f.write_str("JSON that cannot be represented:")?;
                for trouble in troubles {
                    write!(f, " {} at `{}`;", trouble.kind, trouble.pointer)?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ReadError {}

/// Reads one JSON value that fills all of `bytes`.
pub fn read(bytes: &[u8]) -> Result<Value, ReadError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => read_text(text),
        Err(error) => Err(ReadError::NotJson { offset: error.valid_up_to(), expected: "UTF-8" }),
    }
}

/// Reads one JSON value that fills all of `text`.
pub fn read_text(text: &str) -> Result<Value, ReadError> {
    let mut reader = Reader { text, at: 0, depth: 0, troubles: Vec::new() };
    reader.space();
    let value = reader.value(&Pointer::ROOT).and_then(|value| {
        reader.space();
        if reader.at == text.len() { Ok(value) } else { reader.fail("the end of the text") }
    });
    match value {
        Err(NotJson { offset, expected }) => Err(ReadError::NotJson { offset, expected }),
        Ok(_) if !reader.troubles.is_empty() => Err(ReadError::Malformed(reader.troubles)),
        Ok(value) => Ok(value),
    }
}

struct NotJson {
    offset: usize,
    expected: &'static str,
}

type Step<T> = Result<T, NotJson>;

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    troubles: Vec<Trouble>,
}

impl<'a> Reader<'a> {
    fn value(&mut self, place: &Pointer<'_>) -> Step<Value> {
        match self.peek() {
            Some(b'"') => self.string(place).map(Value::Text),
            Some(b'{') => self.nested(place, Self::object),
            Some(b'[') => self.nested(place, Self::list),
            Some(b'-' | b'0'..=b'9') => self.number(place),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            _ => self.fail("a value"),
        }
    }

    fn nested(
        &mut self,
        place: &Pointer<'_>,
        inside: fn(&mut Self, &Pointer<'_>) -> Step<Value>,
    ) -> Step<Value> {
        if self.depth == limits::DEPTH_MAX {
            self.trouble(place, TroubleKind::TooDeep);
            return self.skip_nested();
        }
        self.depth += 1;
        let value = inside(self, place);
        self.depth -= 1;
        value
    }

    fn object(&mut self, place: &Pointer<'_>) -> Step<Value> {
        self.at += 1;
        let start = self.at;
        let mut members = Vec::with_capacity(8);
        self.space();
        if !self.take(b'}') {
            loop {
                let (name, value) = self.member(place)?;
                members.push((name, value));
                self.space();
                if self.take(b'}') {
                    break;
                }
                if !self.take(b',') {
                    return self.fail("`,` or `}`");
                }
                self.space();
            }
        }
        let troubles = &mut self.troubles;
        let object = Object::from_members(members, |name| {
            let pointer = place.member(name).to_string();
            note(troubles, pointer, start, TroubleKind::RepeatedName);
        });
        Ok(Value::Object(object))
    }

    fn member(&mut self, place: &Pointer<'_>) -> Step<(Text, Value)> {
        if self.peek() != Some(b'"') {
            return self.fail("a member name in quotes");
        }
        let name = self.string(place)?;
        self.space();
        if !self.take(b':') {
            return self.fail("`:`");
        }
        self.space();
        let value = self.value(&place.member(&name))?;
        Ok((name, value))
    }

    fn list(&mut self, place: &Pointer<'_>) -> Step<Value> {
        self.at += 1;
        let mut list = Vec::new();
        self.space();
        if self.take(b']') {
            return Ok(Value::List(list));
        }
        loop {
            let element = self.value(&place.index(list.len()))?;
            list.push(element);
            self.space();
            if self.take(b']') {
                return Ok(Value::List(list));
            }
            if !self.take(b',') {
                return self.fail("`,` or `]`");
            }
            self.space();
        }
    }

    fn number(&mut self, place: &Pointer<'_>) -> Step<Value> {
        let rest = self.rest();
        let is_part = |b: &u8| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.bytes().take_while(|b| is_part(b)).count();
        let literal = rest.get(..length).unwrap_or("");
        if let Some(n) = small_integer(literal) {
            self.at += length;
            return Ok(Value::Number(n.into()));
        }
        let Some(number) = Number::parse(literal) else {
            if literal.parse::<f64>().is_ok_and(f64::is_infinite) && Number::is_literal(literal) {
                self.trouble(place, TroubleKind::HugeNumber);
                self.at += length;
                return Ok(Value::Null);
            }
            return self.fail("a number");
        };
        self.at += length;
        Ok(Value::Number(number))
    }

    fn word(&mut self, word: &'static str, value: Value) -> Step<Value> {
        if !self.rest().starts_with(word) {
            return self.fail("a value");
        }
        self.at += word.len();
        Ok(value)
    }

    /// Reads a string at its opening quote.
    fn string(&mut self, place: &Pointer<'_>) -> Step<Text> {
        self.at += 1;
        let plain = self.plain_run();
        if self.take(b'"') {
            return Ok(plain.into());
        }
        let mut text = String::with_capacity(plain.len() + 32);
        text.push_str(plain);
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text.into());
                }
                Some(b'\\') => self.escape(place, &mut text)?,
                Some(0..0x20) => return self.fail("an escaped control character"),
                None => return self.fail("a closing quote"),
                Some(_) => text.push_str(self.plain_run()),
            }
        }
    }

    /// Characters that stand for themselves, up to a quote, an escape or a control character.
    fn plain_run(&mut self) -> &'a str {
        let rest = self.rest();
        let length = plain_length(rest.as_bytes());
        self.at += length;
        rest.get(..length).unwrap_or("")
    }

    fn escape(&mut self, place: &Pointer<'_>, text: &mut String) -> Step<()> {
        let start = self.at;
        self.at += 1;
        let Some(letter) = self.peek() else { return self.fail("an escape") };
        self.at += 1;
        let c = match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.hex4()?;
                let scalar = self.scalar(unit)?;
                scalar.unwrap_or_else(|| {
                    let pointer = place.to_string();
                    note(&mut self.troubles, pointer, start, TroubleKind::LoneSurrogate);
                    char::REPLACEMENT_CHARACTER
                })
            }
            _ => {
                self.at -= 1;
                return self.fail("an escape");
            }
        };
        text.push(c);
        Ok(())
    }

    /// The character that starts with the UTF-16 unit `unit`; `None` for a lone surrogate.
    fn scalar(&mut self, unit: u32) -> Step<Option<char>> {
        if !(0xd800..0xdc00).contains(&unit) || !self.rest().starts_with("\\u") {
            return Ok(char::from_u32(unit));
        }
        let before = self.at;
        self.at += 2;
        let low = self.hex4()?;
        if !(0xdc00..0xe000).contains(&low) {
            // What follows is a character of its own: read it again from its backslash.
            self.at = before;
            return Ok(None);
        }
        Ok(char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)))
    }

    fn hex4(&mut self) -> Step<u32> {
        let digits = self.rest().get(..4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(unit) = digits.and_then(|d| u32::from_str_radix(d, 16).ok()) else {
            return self.fail("four hexadecimal digits");
        };
        self.at += 4;
        Ok(unit)
    }

    /// Passes over a nested value that is too deep to keep, still checking its grammar, without
    /// recursion: `open` remembers what closes each level.
    fn skip_nested(&mut self) -> Step<Value> {
        let mut open: Vec<u8> = Vec::new();
        loop {
            self.space();
            match self.peek() {
                Some(b'{') => {
                    self.at += 1;
                    self.space();
                    if !self.take(b'}') {
                        open.push(b'}');
                        self.skip_name()?;
                        continue;
                    }
                }
                Some(b'[') => {
                    self.at += 1;
                    self.space();
                    if !self.take(b']') {
                        open.push(b']');
                        continue;
                    }
                }
                _ => {
                    self.value(&Pointer::ROOT)?;
                }
            }
            // A value ended: close what ends with it, then go to the next one.
            loop {
                let Some(close) = open.last().copied() else { return Ok(Value::Null) };
                self.space();
                if self.take(close) {
                    open.pop();
                } else if self.take(b',') {
                    self.space();
                    if close == b'}' {
                        self.skip_name()?;
                    }
                    break;
                } else {
                    return self.fail("`,` or a closing bracket");
                }
            }
        }
    }

    fn skip_name(&mut self) -> Step<()> {
        if self.peek() != Some(b'"') {
            return self.fail("a member name in quotes");
        }
        self.string(&Pointer::ROOT)?;
        self.space();
        if self.take(b':') { Ok(()) } else { self.fail("`:`") }
    }

    fn trouble(&mut self, place: &Pointer<'_>, kind: TroubleKind) {
        note(&mut self.troubles, place.to_string(), self.at, kind);
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn fail<T>(&self, expected: &'static str) -> Step<T> {
        Err(NotJson { offset: self.at, expected })
    }
}

fn note(troubles: &mut Vec<Trouble>, pointer: String, offset: usize, kind: TroubleKind) {
    if troubles.len() < limits::PROBLEMS_MAX {
        troubles.push(Trouble { pointer, offset, kind });
    }
}

/// The value of a short decimal integer: the common case, without the care of the general one.
fn small_integer(literal: &str) -> Option<i64> {
    let digits = literal.strip_prefix('-').unwrap_or(literal);
    let leading_zero = digits.len() > 1 && digits.starts_with('0');
    if digits.is_empty() || digits.len() > 15 || leading_zero {
        return None;
    }
    let mut n = 0;
    for byte in digits.bytes() {
        if !byte.is_ascii_digit() {
            return None;
        }
        n = n * 10 + i64::from(byte - b'0');
    }
    Some(if literal.starts_with('-') { -n } else { n })
}

/// How many bytes at the start are neither `"`, `\` nor a control character; eight at a time.
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let has_zero = |x: u64| x.wrapping_sub(LOW) & !x & HIGH;
    // The lowest bit marks the first byte that ends the run; those above it may be borrowed.
    let ends = |chunk: [u8; 8]| {
        let x = u64::from_le_bytes(chunk);
        let quote = has_zero(x ^ (LOW * u64::from(b'"')));
        let backslash = has_zero(x ^ (LOW * u64::from(b'\\')));
        let control = x.wrapping_sub(LOW * 0x20) & !x & HIGH;
        quote | backslash | control
    };
    let (chunks, rest) = bytes.as_chunks::<8>();
    let mut length = 0;
    for chunk in chunks {
        let found = ends(*chunk);
        if found != 0 {
            return length + found.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    if let (Some(last), false) = (bytes.last_chunk(), rest.is_empty()) {
        // What of it was looked at before ends no run.
        let found = ends(*last);
        return match found {
            0 => bytes.len(),
            _ => bytes.len() - last.len() + found.trailing_zeros() as usize / 8,
        };
    }
    let ends = |b: &u8| *b < 0x20 || matches!(b, b'"' | b'\\');
    length + rest.iter().position(ends).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests;

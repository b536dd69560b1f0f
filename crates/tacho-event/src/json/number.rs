//! A JSON number that is never silently changed.
//!
//! RFC 8785 writes numbers as IEEE doubles. A literal that no double carries
//! (`0.1000000000000000055`, `9007199254740993`) keeps its exact text, so that what was sent can be
//! given back.

use std::fmt;

/// Greatest integer that every JSON reader agrees on: 2^53 - 1.
pub(crate) const INTEGER_MAX: i64 = (1 << 53) - 1;

/// A number; equal numbers are equal values, whatever their spelling (`1.0`, `1`, `10e-1`).
#[derive(Clone, Debug, PartialEq)]
pub struct Number(Repr);

#[derive(Clone, Debug, PartialEq)]
enum Repr {
    /// Integers within 2^53 - 1.
    Int(i64),
    /// Other finite doubles within 2^53 - 1 whose shortest text is the same decimal value.
    Float(f64),
    /// The literal, as sent, of everything else.
    Exact(Box<str>),
}

impl Number {
    /// The number a literal of the JSON grammar says; `None` for a text outside the grammar and
    /// for one whose value is beyond every double (`1e400`).
    pub fn parse(literal: &str) -> Option<Self> {
        let decimal = Decimal::parse(literal)?;
        let x: f64 = literal.parse().ok().filter(|x: &f64| x.is_finite())?;
        if x.abs() <= INTEGER_MAX as f64 && decimal.is_same_as(x) {
            return Self::from_f64(x);
        }
        Some(Self(Repr::Exact(literal.into())))
    }

    /// True for a text of the JSON number grammar, however large its value.
    pub(super) fn is_literal(literal: &str) -> bool {
        Decimal::parse(literal).is_some()
    }

    /// The number a double is; `None` for NaN and the infinities.
    pub fn from_f64(x: f64) -> Option<Self> {
        if !x.is_finite() {
            return None;
        }
        if x.abs() > INTEGER_MAX as f64 {
            return Some(Self(Repr::Exact(ryu_js::Buffer::new().format_finite(x).into())));
        }
        if x.fract() == 0.0 { Some(Self(Repr::Int(x as i64))) } else { Some(Self(Repr::Float(x))) }
    }

    /// The integer, if this is one that JCS carries.
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Int(n) => Some(n),
            _ => None,
        }
    }

    /// The nearest double.
    pub fn as_f64(&self) -> f64 {
        match &self.0 {
            Repr::Int(n) => *n as f64,
            Repr::Float(x) => *x,
            Repr::Exact(text) => text.parse().unwrap_or(f64::MAX),
        }
    }

    /// The literal, if JCS cannot carry this number.
    pub fn exact(&self) -> Option<&str> {
        match &self.0 {
            Repr::Exact(text) => Some(text),
            _ => None,
        }
    }

    /// Appends the canonical text (the literal, where there is no canonical one).
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match &self.0 {
            Repr::Int(n) => write_integer(*n, out),
            Repr::Float(x) => {
                out.extend_from_slice(ryu_js::Buffer::new().format_finite(*x).as_bytes());
            }
            Repr::Exact(text) => out.extend_from_slice(text.as_bytes()),
        }
    }
}

/// Decimal digits of `n`: the hot path of every event, so no formatter.
fn write_integer(n: i64, out: &mut Vec<u8>) {
    if n < 0 {
        out.push(b'-');
    }
    let mut digits = [0; 20];
    let mut rest = n.unsigned_abs();
    let mut first = digits.len();
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + (rest % 10) as u8;
        rest /= 10;
        first -= 1;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(first..).unwrap_or_default());
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Int(n) => n.fmt(f),
            Repr::Float(x) => f.write_str(ryu_js::Buffer::new().format_finite(*x)),
            Repr::Exact(text) => f.write_str(text),
        }
    }
}

macro_rules! from_integers {
    ($($int:ty),*) => {$(
        impl From<$int> for Number {
            fn from(n: $int) -> Self {
                match i64::try_from(n) {
                    Ok(n) if n.abs() <= INTEGER_MAX => Self(Repr::Int(n)),
                    _ => Self(Repr::Exact(n.to_string().into())),
                }
            }
        }
    )*};
}
from_integers!(i32, u8, u16, u32, u64, usize);

impl From<i64> for Number {
    fn from(n: i64) -> Self {
        if n.unsigned_abs() <= INTEGER_MAX.unsigned_abs() {
            Self(Repr::Int(n))
        } else {
            Self(Repr::Exact(n.to_string().into()))
        }
    }
}

/// A literal of the JSON grammar: its significant digits and the power of ten of the last one.
struct Decimal<'a> {
    digits: std::borrow::Cow<'a, [u8]>,
    exponent: i64,
    /// True if it is surely within what a double carries exactly.
    plain: bool,
}

impl<'a> Decimal<'a> {
    /// `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`
    fn parse(literal: &'a str) -> Option<Self> {
        let body = literal.strip_prefix('-').unwrap_or(literal);
        let (mantissa, power) = match body.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, Some(power)),
            None => (body, None),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (mantissa, None),
        };
        let is_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        if !is_digits(whole) || leading_zero || fraction.is_some_and(|f| !is_digits(f)) {
            return None;
        }
        let power: i64 = match power {
            None => 0,
            Some(text) => {
                let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
                if !is_digits(digits) {
                    return None;
                }
                // An exponent beyond an i64 is zero or infinite long before.
                let sign = if text.starts_with('-') { -1 } else { 1 };
                digits.parse::<i64>().unwrap_or(i64::MAX / 4).min(i64::MAX / 4) * sign
            }
        };
        let fraction = fraction.unwrap_or("");
        let plain = whole.len() + fraction.len() <= 15 && power.abs() < 200;
        let digits = if fraction.is_empty() {
            whole.as_bytes().into()
        } else {
            [whole.as_bytes(), fraction.as_bytes()].concat().into()
        };
        Some(Self { digits, exponent: power - fraction.len() as i64, plain })
    }

    /// True if the shortest text of `x` says the same decimal value.
    fn is_same_as(&self, x: f64) -> bool {
        if self.plain {
            return true;
        }
        let mut buffer = ryu_js::Buffer::new();
        let shortest = buffer.format_finite(x);
        Decimal::parse(shortest).is_some_and(|other| other.normal() == self.normal())
    }

    /// Digits without zeros at either end, and the exponent that goes with them.
    fn normal(&self) -> (&[u8], i64) {
        let digits = self.digits.trim_ascii_zeros();
        let cut = self.digits.iter().rev().take_while(|b| **b == b'0').count();
        if digits.is_empty() { (digits, 0) } else { (digits, self.exponent + cut as i64) }
    }
}

trait TrimZeros {
    fn trim_ascii_zeros(&self) -> &[u8];
}

impl TrimZeros for [u8] {
    fn trim_ascii_zeros(&self) -> &[u8] {
        let mut digits = self;
        while let [b'0', rest @ ..] = digits {
            digits = rest;
        }
        while let [rest @ .., b'0'] = digits {
            digits = rest;
        }
        digits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(literal: &str) -> Option<String> {
        Number::parse(literal).map(|n| n.to_string())
    }

    #[test]
    fn a_number_that_jcs_carries_is_written_as_jcs_writes_it() {
        for (literal, canonical) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("1.0", "1"),
            ("10e-1", "1"),
            ("12.50", "12.5"),
            ("1E2", "100"),
            ("0.000001", "0.000001"),
            ("1e-7", "1e-7"),
            ("9007199254740991", "9007199254740991"),
            ("0.1", "0.1"),
            ("4.50", "4.5"),
            ("2e-3", "0.002"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("1e-300", "1e-300"),
        ] {
            assert_eq!(text(literal).as_deref(), Some(canonical), "{literal}");
            assert_eq!(Number::parse(literal).and_then(|n| n.exact().map(String::from)), None);
        }
    }

    #[test]
    fn a_number_that_jcs_would_change_keeps_its_text() {
        for literal in [
            "9007199254740992",
            "9007199254740993",
            "-9007199254740992",
            "123456789012345678901234567890",
            "0.1000000000000000055",
            "3.141592653589793238462643",
            "1e300",
            "1e-400",
            "1E-400",
        ] {
            let number = Number::parse(literal).unwrap();
            assert_eq!(number.exact(), Some(literal));
            assert_eq!(number.to_string(), literal);
        }
    }

    #[test]
    fn what_is_outside_the_grammar_or_beyond_a_double_is_no_number() {
        for literal in ["", "-", "01", "1.", ".5", "+1", "1e", "1e+", "0x1", "NaN", "1e400", "1 "] {
            assert_eq!(text(literal), None, "{literal}");
        }
    }

    #[test]
    fn doubles_and_integers_become_numbers() {
        assert_eq!(Number::from_f64(2.0), Some(Number::from(2)));
        assert_eq!(Number::from_f64(f64::NAN), None);
        assert_eq!(Number::from_f64(f64::INFINITY), None);
        assert_eq!(Number::from_f64(1e300).unwrap().exact(), Some("1e+300"));
        assert_eq!(Number::from(u64::MAX).exact(), Some("18446744073709551615"));
        assert_eq!(Number::from(i64::MIN).exact(), Some("-9223372036854775808"));
        let mut out = Vec::new();
        Number::from(-120).write(&mut out);
        Number::from(0).write(&mut out);
        assert_eq!(out, b"-1200");
    }
}

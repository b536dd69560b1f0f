//! Given a line of a text format, gives the number or hash it spells, in its one spelling.

use std::fmt;

/// Why a text is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The kind of text: `checkpoint`, `note`, `tlog-proof`, ...
    pub what: &'static str,
    /// The line, from 1; 0 for the text as a whole.
    pub line: usize,
    /// What is wrong with it.
    pub why: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{} {}", self.what, self.why),
            line => write!(f, "{} line {line} {}", self.what, self.why),
        }
    }
}

impl std::error::Error for Malformed {}

/// Reads a decimal number that has no sign and no leading zero and is at most `max`.
pub(crate) fn decimal(text: &str, max: u64) -> Option<u64> {
    let digits_only = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits_only || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    text.parse().ok().filter(|number| *number <= max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_spelling() {
        assert_eq!(decimal("0", 5), Some(0));
        assert_eq!(decimal("5", 5), Some(5));
        assert_eq!(decimal("18446744073709551615", u64::MAX), Some(u64::MAX));
        for other in ["", "6", "00", "05", "+5", "-0", " 5", "5 ", "5\n", "1_0", "0x5", "\u{665}"] {
            assert_eq!(decimal(other, 5), None, "{other:?}");
        }
        assert_eq!(decimal("18446744073709551616", u64::MAX), None);
    }
}

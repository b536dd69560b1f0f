//! Given the text a rule matched, gives how much of it is the secret, or that it is none.
//!
//! A check sees the bytes of the match (or of its capture group) and answers with the length of
//! the prefix to replace. Every check is linear in its input.

/// The form of every check: `None` = no secret, `Some(n)` = its first `n` bytes are one.
pub(super) type Check = fn(&[u8]) -> Option<usize>;

/// A payment card number: an issuer's prefix with that issuer's length, and the Luhn digit.
/// `4111 1111 1111 1111` is one, `4111 1111 1111 1112` is none.
pub(super) fn card(text: &[u8]) -> Option<usize> {
    let digits: Vec<u8> = text.iter().filter(|b| b.is_ascii_digit()).map(|b| b - b'0').collect();
    // A card of nothing but zeros passes Luhn; so do many fill patterns of one digit.
    let varied = digits.iter().any(|digit| Some(digit) != digits.first());
    (varied && issued(&digits) && luhn(&digits)).then_some(text.len())
}

/// An International Bank Account Number: the length of its country and the remainder 1 modulo 97.
/// What follows the number (`BE68 5390 0754 7034 EUR`) is not part of it.
pub(super) fn iban(text: &[u8]) -> Option<usize> {
    let country = text.get(..2)?;
    let (_, length) = IBAN_LENGTHS.iter().find(|(code, _)| code.as_bytes() == country)?;
    let mut symbols = Vec::with_capacity(*length);
    let mut end = 0;
    for (place, byte) in text.iter().enumerate() {
        if symbols.len() == *length {
            break;
        }
        if byte.is_ascii_alphanumeric() {
            symbols.push(*byte);
            end = place + 1;
        }
    }
    let whole = text.get(end).is_none_or(|next| !next.is_ascii_alphanumeric());
    (symbols.len() == *length && whole && mod_97(&symbols) == 1).then_some(end)
}

/// A United States social security number that may have been issued: no part is all zeros, the
/// area is neither 666 nor 900 and above.
pub(super) fn social_security(text: &[u8]) -> Option<usize> {
    let digits: Vec<u8> = text.iter().copied().filter(u8::is_ascii_digit).collect();
    let (area, rest) = digits.split_at_checked(3)?;
    let (group, serial) = rest.split_at_checked(2)?;
    let plausible = area != b"000" && area != b"666" && area.first() != Some(&b'9');
    (plausible && group != b"00" && serial.len() == 4 && serial != b"0000").then_some(text.len())
}

/// The credentials of HTTP Basic: base64 of `user:password`.
pub(super) fn basic(text: &[u8]) -> Option<usize> {
    let mut bits: u32 = 0;
    let mut held = 0;
    let mut colon = false;
    for byte in text.iter().take_while(|byte| **byte != b'=') {
        let sextet = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(sextet);
        held += 6;
        if held >= 8 {
            held -= 8;
            let decoded = (bits >> held) & 0xff;
            if decoded < 0x20 {
                return None;
            }
            colon |= decoded == u32::from(b':');
        }
    }
    colon.then_some(text.len())
}

/// A value somebody assigned to a secret's name, in text that is no configuration of ours: letters
/// and digits mixed, not a placeholder such as `${TOKEN}`, `<token1>` or `xxxxxxxx1`.
pub(super) fn assigned(text: &[u8]) -> Option<usize> {
    let placeholder = matches!(text.first(), Some(b'$' | b'<' | b'{' | b'%' | b'*' | b'[' | b'('));
    let letter = text.iter().any(u8::is_ascii_alphabetic);
    let digit = text.iter().any(u8::is_ascii_digit);
    (!placeholder && letter && digit && distinct(text) >= 5).then_some(text.len())
}

/// Random text rather than words or a run of one sign: many distinct bytes, a capital or a digit.
pub(super) fn random(text: &[u8]) -> Option<usize> {
    let odd = text.iter().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    (odd && distinct(text) >= 12).then_some(text.len())
}

/// A token rather than the next word of a sentence: a digit, or a capital that is not its first.
pub(super) fn token(text: &[u8]) -> Option<usize> {
    let digit = text.iter().any(u8::is_ascii_digit);
    (digit || text.iter().skip(1).any(u8::is_ascii_uppercase)).then_some(text.len())
}

/// The value of a member: not empty, and not the placeholder of a template.
pub(super) fn filled(text: &[u8]) -> Option<usize> {
    let template = text.starts_with(b"${") || text.starts_with(b"{{") || text.starts_with(b"<");
    (!template && distinct(text) >= 2).then_some(text.len())
}

fn distinct(text: &[u8]) -> usize {
    let mut seen = [false; 256];
    for byte in text {
        if let Some(slot) = seen.get_mut(usize::from(*byte)) {
            *slot = true;
        }
    }
    seen.iter().filter(|seen| **seen).count()
}

/// Who issues numbers that begin so, and are they this long?
fn issued(digits: &[u8]) -> bool {
    let prefix = |len: usize| {
        digits.iter().take(len).fold(0_u32, |number, digit| number * 10 + u32::from(*digit))
    };
    let visa = prefix(1) == 4;
    let mastercard = matches!(prefix(2), 51..=55) || matches!(prefix(4), 2221..=2720);
    let american_express = matches!(prefix(2), 34 | 37);
    let discover = prefix(4) == 6011 || prefix(2) == 65 || matches!(prefix(3), 644..=649);
    let diners = matches!(prefix(3), 300..=305) || matches!(prefix(2), 36 | 38 | 39);
    let jcb = matches!(prefix(4), 3528..=3589);
    let union_pay = prefix(2) == 62;
    match digits.len() {
        14 => diners,
        15 => american_express,
        16 => visa || mastercard || discover || jcb || union_pay,
        17..=19 => union_pay,
        _ => false,
    }
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(*digit);
            match (place % 2, digit) {
                (0, _) => digit,
                (_, 0..=4) => digit * 2,
                (_, _) => digit * 2 - 9,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// ISO 7064 modulo 97 of an IBAN: the first four symbols go last, `A` counts 10 up to `Z` 35.
fn mod_97(symbols: &[u8]) -> u32 {
    let (head, tail) = symbols.split_at_checked(4).unwrap_or((symbols, &[]));
    tail.iter().chain(head).fold(0, |rest, symbol| match symbol {
        b'0'..=b'9' => (rest * 10 + u32::from(symbol - b'0')) % 97,
        b'A'..=b'Z' => (rest * 100 + u32::from(symbol - b'A') + 10) % 97,
        _ => rest,
    })
}

/// The IBAN registry: country and length.
const IBAN_LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BI", 27),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DJ", 27),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FK", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MN", 20),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NI", 28),
    ("NL", 18),
    ("NO", 15),
    ("OM", 23),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("RU", 33),
    ("SA", 24),
    ("SC", 31),
    ("SD", 18),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("SO", 23),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
    ("YE", 30),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_need_issuer_length_and_check_digit() {
        for good in ["4111111111111111", "5555-5555-5555-4444", "3782 822463 10005"] {
            assert_eq!(card(good.as_bytes()), Some(good.len()), "{good}");
        }
        for bad in ["4111111111111112", "1111111111111117", "0000000000000000", "411111111111111"] {
            assert_eq!(card(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn an_iban_ends_where_its_country_says() {
        assert_eq!(iban(b"BE68 5390 0754 7034 EUR"), Some(19));
        assert_eq!(iban(b"GB82WEST12345698765432"), Some(22));
        assert_eq!(iban(b"GB82WEST12345698765433"), None);
        assert_eq!(iban(b"BE68539007547034EUR"), None, "glued to more letters");
        assert_eq!(iban(b"ZZ68539007547034"), None, "no such country");
        assert_eq!(iban(b"B"), None);
    }

    #[test]
    fn basic_credentials_hold_a_colon() {
        assert_eq!(basic(b"dXNlcjpwYXNz"), Some(12));
        assert_eq!(basic(b"training"), None);
        assert_eq!(basic(b"dXNlcm5hbWU="), None);
    }
}

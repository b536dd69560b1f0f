//! Given recorded text, gives text that is safe on a terminal: nothing in it moves a cursor, paints
//! a colour, rings a bell or turns the reading direction.

use std::borrow::Cow;

/// `text` with every control character as a picture of itself: ESC as U+241B, DEL as U+2421, what
/// has no picture as `<U+009B>`. Line feeds too: a line stays a line.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for one in text.chars() {
        match one {
            '\0'..='\x1f' => shown.extend(char::from_u32(0x2400 + u32::from(one))),
            '\x7f' => shown.push('\u{2421}'),
            _ if is_hidden(one) => shown.push_str(&format!("<U+{:04X}>", u32::from(one))),
            _ => shown.push(one),
        }
    }
    Cow::Owned(shown)
}

/// Controls of ASCII and Latin-1, line separators, directions, joiners that hide, tags.
fn is_hidden(one: char) -> bool {
    one.is_control()
        || matches!(one,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_as_a_picture() {
        for (text, shown) in [
            ("plain, with \u{e9} and \u{1f680}", "plain, with \u{e9} and \u{1f680}"),
            ("\x1b[31mred\x07", "\u{241b}[31mred\u{2407}"),
            ("two\r\nlines\t", "two\u{240d}\u{240a}lines\u{2409}"),
            ("\x7f\u{9b}2J", "\u{2421}<U+009B>2J"),
            ("abc\u{202e}fdp.exe", "abc<U+202E>fdp.exe"),
            ("\u{e0041}\u{feff}", "<U+E0041><U+FEFF>"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }

    #[test]
    fn no_character_that_is_hidden_is_left() {
        for code in 0..=0x10_ffff {
            let Some(one) = char::from_u32(code) else { continue };
            assert!(!visible(&one.to_string()).chars().any(is_hidden), "{code:x}");
        }
    }
}

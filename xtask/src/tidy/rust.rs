//! Given Rust source, gives the code without comments and literals, and the places of functions
//! and modules in it. A reader of characters, no parser: it knows where code is, not what it means.

use std::ops::RangeInclusive;

/// Rust source taken apart.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// As long as the text, line for line: comments and the insides of literals are spaces.
    pub(crate) code: String,
    /// The insides of text literals, as written.
    pub(crate) literals: Vec<String>,
}

/// A function and the lines it stands on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) lines: RangeInclusive<usize>,
}

/// Takes Rust source apart.
pub(crate) fn read(text: &str) -> Source {
    let mut source = Source::default();
    let mut rest = text;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let piece = Piece::at_start_of(rest, before);
        let (taken, left) = rest.split_at_checked(piece.len_bytes).unwrap_or((rest, ""));
        match piece.kind {
            PieceKind::Code => source.code.push_str(taken),
            PieceKind::Comment => source.code.push_str(&blank(taken)),
            PieceKind::Literal { open, close } => {
                let inside = taken.get(open..taken.len().saturating_sub(close)).unwrap_or_default();
                source.code.push('"');
                source.code.push_str(&blank(inside));
                source.code.push('"');
                source.literals.push(inside.to_owned());
            }
        }
        before = taken.chars().next_back().unwrap_or(first);
        rest = left;
    }
    source
}

/// The start of the text up to where something else begins.
struct Piece {
    kind: PieceKind,
    len_bytes: usize,
}

enum PieceKind {
    Code,
    Comment,
    /// Bytes of the opening (`br##"`) and of the closing (`"##`).
    Literal {
        open: usize,
        close: usize,
    },
}

impl Piece {
    fn at_start_of(text: &str, before: char) -> Piece {
        if text.starts_with("//") {
            let len_bytes = text.find('\n').unwrap_or(text.len());
            return Piece { kind: PieceKind::Comment, len_bytes };
        }
        if text.starts_with("/*") {
            return Piece { kind: PieceKind::Comment, len_bytes: block_comment(text) };
        }
        if let Some(piece) = text_literal(text, before) {
            return piece;
        }
        if text.starts_with('\'')
            && let Some(len_bytes) = letter_literal(text)
        {
            return Piece { kind: PieceKind::Literal { open: 1, close: 1 }, len_bytes };
        }
        // Code goes on at least to the next letter that may begin something else.
        let next = text.char_indices().skip(1).find(|(_, letter)| "/\"'bcr".contains(*letter));
        Piece { kind: PieceKind::Code, len_bytes: next.map_or(text.len(), |(at, _)| at) }
    }
}

/// The length of a block comment, those inside it included.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth = depth.saturating_sub(1);
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// `"..."`, `b"..."`, `c"..."`, `r"..."`, `br#"..."#` and the like.
fn text_literal(text: &str, before: char) -> Option<Piece> {
    let is_in_word = before.is_alphanumeric() || before == '_';
    let prefix = text.len() - text.trim_start_matches(['b', 'c', 'r']).len();
    if prefix > 2 || (prefix > 0 && is_in_word) {
        return None;
    }
    let after_prefix = text.get(prefix..)?;
    let is_raw = text.get(..prefix)?.ends_with('r');
    let hashes = match is_raw {
        true => after_prefix.len() - after_prefix.trim_start_matches('#').len(),
        false => 0,
    };
    let inside = after_prefix.get(hashes..)?.strip_prefix('"')?;
    let open = prefix + hashes + 1;
    let end = match is_raw {
        true => inside.find(&format!("\"{}", "#".repeat(hashes)))?,
        false => closing_quote(inside, '"')?,
    };
    let close = 1 + hashes;
    Some(Piece { kind: PieceKind::Literal { open, close }, len_bytes: open + end + close })
}

/// `'x'`, `'\''`; none for a lifetime.
fn letter_literal(text: &str) -> Option<usize> {
    let inside = text.get(1..)?;
    let mut letters = inside.chars();
    let first = letters.next()?;
    match first == '\\' || letters.next() == Some('\'') {
        true => Some(1 + closing_quote(inside, '\'')? + 1),
        false => None,
    }
}

/// Where the quote stands that no backslash protects.
fn closing_quote(inside: &str, quote: char) -> Option<usize> {
    let mut is_protected = false;
    for (at, letter) in inside.char_indices() {
        match letter {
            _ if is_protected => is_protected = false,
            '\\' => is_protected = true,
            letter if letter == quote => return Some(at),
            _ => {}
        }
    }
    None
}

/// Spaces instead of everything but line ends.
fn blank(text: &str) -> String {
    text.chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }).collect()
}

/// Every function with a body; those inside another are in both.
pub(crate) fn functions(code: &str) -> Vec<Function> {
    let mut functions = Vec::new();
    for (at, name) in words_after(code, "fn") {
        if let Some(end) = body_end(code, at) {
            let lines = line_of(code, at)..=line_of(code, end);
            functions.push(Function { name: name.to_owned(), lines });
        }
    }
    functions
}

/// The lines of every `#[cfg(test)] mod name { ... }`.
pub(crate) fn test_modules(code: &str) -> Vec<RangeInclusive<usize>> {
    let mut modules = Vec::new();
    for (at, _) in words_after(code, "mod") {
        let before = code.get(..at).unwrap_or_default().trim_end();
        if before.ends_with("#[cfg(test)]")
            && let Some(end) = body_end(code, at)
        {
            modules.push(line_of(code, at)..=line_of(code, end));
        }
    }
    modules
}

/// A module declared in source.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Module {
    pub(crate) name: String,
    /// The byte of its `mod`.
    pub(crate) at: usize,
    /// The last byte of its body; none for `mod name;`.
    pub(crate) end: Option<usize>,
}

/// Every module declared, in order of the text.
pub(crate) fn modules(code: &str) -> Vec<Module> {
    let module = |(at, name): (usize, &str)| {
        let name = name.trim_start_matches("r#").to_owned();
        Module { name, at, end: body_end(code, at) }
    };
    words_after(code, "mod").into_iter().map(module).collect()
}

/// Each place where `keyword` stands as a word, with the identifier after it.
fn words_after<'a>(code: &'a str, keyword: &str) -> Vec<(usize, &'a str)> {
    let is_inside = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut found = Vec::new();
    for (at, _) in code.match_indices(keyword) {
        let before = code.get(..at).and_then(|text| text.chars().next_back());
        let after = code.get(at + keyword.len()..).unwrap_or_default();
        let named = after.trim_start();
        if before.is_some_and(is_inside) || named.len() == after.len() {
            continue;
        }
        let plain = named.strip_prefix("r#").unwrap_or(named);
        let end = plain.find(|letter| !is_inside(letter)).unwrap_or(plain.len());
        if let Some(name) = plain.get(..end).filter(|name| !name.is_empty()) {
            found.push((at, name));
        }
    }
    found
}

/// The byte of the brace that closes the first body after `from`; none when a `;` comes first.
fn body_end(code: &str, from: usize) -> Option<usize> {
    let mut brackets = 0_i32;
    let mut braces = 0_i32;
    for (offset, letter) in code.get(from..)?.char_indices() {
        match letter {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets -= 1,
            ';' if brackets == 0 && braces == 0 => return None,
            '{' => braces += 1,
            '}' if braces == 1 => return Some(from + offset),
            '}' => braces -= 1,
            _ => {}
        }
    }
    None
}

/// The line, from 1, that a byte stands on.
pub(crate) fn line_of(code: &str, at: usize) -> usize {
    code.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked_line_for_line() {
        let text =
            "let a = \"x\\\"fn\"; // fn y() {\n/* fn /* b */\n */ let c = '{'; let d: &'a u8;";
        let source = read(text);
        assert_eq!(source.code.lines().count(), text.lines().count());
        assert!(!source.code.contains("fn") && !source.code.contains('{'));
        assert!(source.code.contains("let c =") && source.code.contains("&'a u8"));
        assert_eq!(source.literals, ["x\\\"fn", "{"]);
    }

    #[test]
    fn raw_and_byte_literals_end_where_they_say() {
        let source = read(r####"f(r#"a"b"#, b"c\"", br##"d"#"##, b'\'', '\\', r"e\", "g")"####);
        assert_eq!(source.literals, ["a\"b", "c\\\"", "d\"#", "\\'", "\\\\", "e\\", "g"]);
        assert!(source.code.ends_with("\" \")"));
    }

    #[test]
    fn functions_are_measured_to_their_last_brace() {
        let code = "fn a(x: [u8; 4])\nwhere X: Y {\n if x { }\n}\n\
                    trait T { fn b(&self);\n fn c() {}\n}\ntype F = fn(u8);";
        let names: Vec<_> = functions(code).into_iter().map(|f| (f.name, f.lines)).collect();
        assert_eq!(names, [("a".to_owned(), 1..=4), ("c".to_owned(), 6..=6)]);
    }

    #[test]
    fn test_modules_are_told_from_others() {
        let code = "mod a {\n}\n#[cfg(test)]\nmod tests {\n\n}\n#[cfg(test)]\nmod b;\n";
        assert_eq!(test_modules(code), [4..=6]);
        let names: Vec<_> = modules(code).into_iter().map(|m| (m.name, m.end.is_some())).collect();
        let expected = [("a", true), ("tests", true), ("b", false)];
        assert_eq!(names, expected.map(|(name, body)| (name.to_owned(), body)));
    }
}

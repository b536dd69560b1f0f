//! A settings document: given the text as a person wrote it, gives its values with the place of
//! every byte, so that an edit touches nothing else.
//!
//! JSON with what hosts' settings carry in the wild: a byte order mark, `//` and `/* */` comments,
//! trailing commas, repeated keys (the last one counts), any spacing. Anything else is refused
//! with its line and column; nothing is guessed.

/// A value and the bytes it stands in: `text[start..end]`.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: Kind,
}

/// What a value is.
#[derive(Debug)]
pub(crate) enum Kind {
    /// `{ "key": value, }`.
    Object(Vec<Child>),
    /// `[ value, ]`.
    Array(Vec<Child>),
    /// A string, without its quotes and escapes.
    Text(String),
    /// A number, `true`, `false` or `null`.
    Scalar,
}

/// An element of an array, or a member of an object.
#[derive(Debug)]
pub(crate) struct Child {
    /// Empty in an array.
    pub(crate) key: String,
    /// Where the key begins, or the value where there is no key.
    pub(crate) start: usize,
    pub(crate) node: Node,
    /// Where the comma that follows stands.
    pub(crate) comma: Option<usize>,
}

/// Where and why a document is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Line, from 1.
    pub line: usize,
    /// Character within the line, from 1.
    pub column: usize,
    /// What was expected there.
    pub expected: &'static str,
}

impl std::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}: expected {}", self.line, self.column, self.expected)
    }
}

/// Values within values.
const DEPTH_MAX: usize = 128;

impl Node {
    /// The members of an object or the elements of an array; none for the rest.
    pub(crate) fn children(&self) -> &[Child] {
        match &self.kind {
            Kind::Object(children) | Kind::Array(children) => children,
            Kind::Text(_) | Kind::Scalar => &[],
        }
    }

    /// The member of that key that counts: the last.
    pub(crate) fn member(&self, key: &str) -> Option<&Node> {
        let Kind::Object(members) = &self.kind else { return None };
        members.iter().rev().find(|member| member.key == key).map(|member| &member.node)
    }

    /// The string, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        if let Kind::Text(text) = &self.kind { Some(text) } else { None }
    }

    /// Whether both say the same, whatever their spacing, comments and commas.
    pub(crate) fn same(&self, text: &str, other: &Node, other_text: &str) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Text(mine), Kind::Text(theirs)) => mine == theirs,
            (Kind::Scalar, Kind::Scalar) => {
                text.get(self.start..self.end) == other_text.get(other.start..other.end)
            }
            (Kind::Object(mine), Kind::Object(theirs))
            | (Kind::Array(mine), Kind::Array(theirs)) => {
                mine.len() == theirs.len()
                    && mine
                        .iter()
                        .zip(theirs)
                        .all(|(a, b)| a.key == b.key && a.node.same(text, &b.node, other_text))
            }
            _ => false,
        }
    }
}

/// The value of a document; none if it holds only space and comments.
pub(crate) fn parse(text: &str) -> Result<Option<Node>, SyntaxError> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader = Reader { text, at: start };
    let outcome = reader.document();
    outcome.map_err(|expected| {
        let before = text.get(..reader.at).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        SyntaxError {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or("").chars().count() + 1,
            expected,
        }
    })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

type Expected<T> = Result<T, &'static str>;

impl Reader<'_> {
    fn document(&mut self) -> Expected<Option<Node>> {
        self.space()?;
        if self.peek().is_none() {
            return Ok(None);
        }
        let node = self.value(0)?;
        self.space()?;
        if self.peek().is_some() {
            return Err("the end of the document");
        }
        Ok(Some(node))
    }

    fn value(&mut self, depth: usize) -> Expected<Node> {
        if depth > DEPTH_MAX {
            return Err("fewer values within values");
        }
        let start = self.at;
        let kind = match self.peek() {
            Some(b'{') => Kind::Object(self.children(b'}', depth)?),
            Some(b'[') => Kind::Array(self.children(b']', depth)?),
            Some(b'"') => Kind::Text(self.string()?),
            _ => self.scalar()?,
        };
        Ok(Node { start, end: self.at, kind })
    }

    fn children(&mut self, close: u8, depth: usize) -> Expected<Vec<Child>> {
        self.at += 1;
        let mut children: Vec<Child> = Vec::new();
        loop {
            self.space()?;
            if self.take(close) {
                return Ok(children);
            }
            if children.last().is_some_and(|child| child.comma.is_none()) {
                return Err(if close == b'}' { "`,` or `}`" } else { "`,` or `]`" });
            }
            let start = self.at;
            let key = if close == b'}' { self.key()? } else { String::new() };
            let node = self.value(depth + 1)?;
            self.space()?;
            let comma = self.at;
            let comma = self.take(b',').then_some(comma);
            children.push(Child { key, start, node, comma });
        }
    }

    fn key(&mut self) -> Expected<String> {
        if self.peek() != Some(b'"') {
            return Err("a key in double quotes");
        }
        let key = self.string()?;
        self.space()?;
        if !self.take(b':') {
            return Err("`:`");
        }
        self.space()?;
        Ok(key)
    }

    fn string(&mut self) -> Expected<String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let Some(next) = self.rest().chars().next() else { return Err("`\"`") };
            match next {
                '"' => break,
                '\\' => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                '\0'..='\u{1f}' => return Err("an escape instead of a control character"),
                other => {
                    self.at += other.len_utf8();
                    out.push(other);
                }
            }
        }
        self.at += 1;
        Ok(out)
    }

    fn escape(&mut self) -> Expected<char> {
        let escaped = self.peek();
        let plain = match escaped {
            Some(b'u') => return self.unicode(),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(other @ (b'"' | b'\\' | b'/')) => char::from(other),
            _ => return Err("an escape of JSON"),
        };
        self.at += 1;
        Ok(plain)
    }

    /// `u00e9`, or a pair of surrogates; a lone one stands for no character, as it does in JSON.
    fn unicode(&mut self) -> Expected<char> {
        let high = self.hex()?;
        if !(0xd800..0xdc00).contains(&high) || !self.rest().starts_with("\\u") {
            return Ok(char::from_u32(high).unwrap_or('\u{fffd}'));
        }
        let before = self.at;
        self.at += 1;
        let low = self.hex()?;
        if (0xdc00..0xe000).contains(&low) {
            let both = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            return Ok(char::from_u32(both).unwrap_or('\u{fffd}'));
        }
        self.at = before;
        Ok('\u{fffd}')
    }

    fn hex(&mut self) -> Expected<u32> {
        let digits = self.text.get(self.at + 1..self.at + 5).unwrap_or("");
        if digits.len() != 4 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err("four hexadecimal digits");
        }
        self.at += 5;
        u32::from_str_radix(digits, 16).map_err(|_| "four hexadecimal digits")
    }

    fn scalar(&mut self) -> Expected<Kind> {
        let word: &str = self
            .rest()
            .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')))
            .next()
            .unwrap_or("");
        if !matches!(word, "true" | "false" | "null") && !is_number(word) {
            return Err("a value");
        }
        self.at += word.len();
        Ok(Kind::Scalar)
    }

    fn space(&mut self) -> Expected<()> {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
            self.at += blank;
            let rest = self.rest();
            if rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                let inside = rest.get(2..).and_then(|inside| inside.find("*/"));
                self.at += inside.ok_or("`*/`")? + 4;
            } else {
                return Ok(());
            }
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

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }
}

/// The grammar of JSON: `-0.5e+10`, and neither `01` nor `.5`.
fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn comments_commas_and_marks_are_read_as_people_write_them() {
        let text =
            "\u{feff}// top\r\n{ /* in */ \"a\\u00e9\\ud83d\\ude00\": [1, 2,], \"a\": {}, }\n";
        let node = parse(text).unwrap().unwrap();
        let keys: Vec<&str> = node.children().iter().map(|child| child.key.as_str()).collect();
        assert_eq!(keys, ["a\u{e9}\u{1f600}", "a"]);
        assert!(node.children().iter().all(|child| child.comma.is_some()));
    }

    #[test]
    fn the_last_of_two_equal_keys_counts() {
        let node = parse("{\"a\":1,\"a\":\"two\"}").unwrap().unwrap();
        assert_eq!(node.member("a").and_then(Node::text), Some("two"));
    }

    #[test]
    fn nothing_but_space_is_no_value() {
        for text in ["", " \n", "\u{feff}", "// only\n/* this */"] {
            assert!(parse(text).unwrap().is_none(), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        assert_eq!(
            refused("{\n  \"a\": 1\n  \"b\": 2\n}"),
            "line 3, column 3: expected `,` or `}`"
        );
        assert_eq!(refused("{\"a\": tru}"), "line 1, column 7: expected a value");
        assert_eq!(refused("{'a': 1}"), "line 1, column 2: expected a key in double quotes");
        assert_eq!(refused("{} {}"), "line 1, column 4: expected the end of the document");
        assert_eq!(refused("[01]"), "line 1, column 2: expected a value");
        assert_eq!(refused("[1,,2]"), "line 1, column 4: expected a value");
        assert_eq!(refused("/* open"), "line 1, column 1: expected `*/`");
        assert_eq!(
            refused("[\"a\nb\"]"),
            "line 1, column 4: expected an escape instead of a \
            control character"
        );
        assert!(refused(&"[".repeat(100_000)).ends_with("fewer values within values"));
    }
}

//! Given a pattern as a configuration or the table writes it, gives one that finds its matches.

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::Hir;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::anchor::{self, Anchor};
use super::anchors;
use super::check::Check;
use super::rules::Rule;

/// A pattern of a configuration: a regular expression whose whole match is replaced.
///
/// Case does not count (`PASSWORD=` is a password too); a pattern that begins with `(?-i)` says
/// that it does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PatternSpec {
    /// Names the pattern in reports.
    pub id: String,
    /// The regular expression.
    pub pattern: String,
}

impl PatternSpec {
    /// A pattern of this name.
    pub fn new(id: impl Into<String>, pattern: impl Into<String>) -> PatternSpec {
        PatternSpec { id: id.into(), pattern: pattern.into() }
    }

    /// How many hold where a configuration names none.
    pub(super) const DEFAULTS: usize = DEFAULTS.len();

    /// The patterns that hold where a configuration names none.
    #[must_use]
    pub fn defaults() -> Vec<PatternSpec> {
        DEFAULTS.iter().map(|(id, pattern)| PatternSpec::new(*id, *pattern)).collect()
    }
}

/// Ids and patterns. `anchors.rs` knows their anchors by their place.
const DEFAULTS: [(&str, &str); 4] = [
    ("password", r"password[=:]\S+"),
    ("api-key", r"api[_-]?key[=:]\S+"),
    ("secret", r"secret[=:]\S+"),
    ("token", r"token[=:]\S+"),
];

/// Why patterns and a replacement do not make a scanner.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PatternError {
    /// More patterns than [`PATTERNS_MAX`](super::PATTERNS_MAX).
    TooManyPatterns,
    /// A pattern longer than 4,096 bytes.
    TooLong {
        /// The id of the pattern.
        id: String,
    },
    /// A pattern that is no regular expression.
    Syntax {
        /// The id of the pattern.
        id: String,
        /// What is wrong, on one line.
        message: String,
    },
    /// A pattern that needs too much memory, such as `(\w{1000}){1000}`.
    TooLarge {
        /// The id of the pattern.
        id: String,
    },
    /// A pattern that matches the empty text, so everywhere.
    MatchesEmpty {
        /// The id of the pattern.
        id: String,
    },
    /// A replacement longer than [`REPLACEMENT_BYTES_MAX`](super::REPLACEMENT_BYTES_MAX).
    ReplacementTooLong,
    /// A replacement in which a rule finds a secret.
    ReplacementMatches {
        /// The id of the rule.
        rule: String,
    },
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PatternError::TooManyPatterns => {
                write!(f, "more than {} redaction patterns", super::PATTERNS_MAX)
            }
            PatternError::TooLong { id } => {
                write!(f, "redaction pattern `{id}` is longer than {PATTERN_BYTES_MAX} bytes")
            }
            PatternError::Syntax { id, message } => {
                write!(f, "redaction pattern `{id}` is no regular expression: {message}")
            }
            PatternError::TooLarge { id } => {
                write!(f, "redaction pattern `{id}` needs too much memory; repeat less")
            }
            PatternError::MatchesEmpty { id } => {
                write!(f, "redaction pattern `{id}` matches the empty text, so everywhere")
            }
            PatternError::ReplacementTooLong => {
                write!(f, "the replacement is longer than {} bytes", super::REPLACEMENT_BYTES_MAX)
            }
            PatternError::ReplacementMatches { rule } => {
                write!(f, "the replacement is itself a secret to the rule `{rule}`")
            }
        }
    }
}

impl std::error::Error for PatternError {}

/// A rule ready to find secrets.
pub(super) struct Pattern {
    id: Cow<'static, str>,
    /// Empty, if the pattern has none, another probe serves, or a table tells them.
    pub(super) anchors: Vec<Anchor>,
    check: Option<Check>,
    /// Replace the capture group that took part, not the whole match.
    grouped: bool,
    source: Cow<'static, str>,
    /// Of the table: of ASCII, and case counts.
    table: bool,
    /// Compiled when first needed, because a short-lived process needs hardly any.
    compiled: Compiled,
}

/// The longest pattern of a configuration.
const PATTERN_BYTES_MAX: usize = 4096;

/// A pattern's regular expression, made when it is first needed: most scanners never see a value
/// that comes near most patterns.
type Compiled = super::Lazy<Option<Regex>>;

/// Memory of one compiled pattern.
const COMPILED_BYTES_MAX: usize = 4 << 20;

/// After a match that its check refused, the search goes on at the next byte, so that a number
/// right behind another is found; after a longer one behind it, so that time stays linear.
const RETRY_BYTES_MAX: usize = 64;

impl Pattern {
    pub(super) fn from_spec(spec: &PatternSpec) -> Result<Pattern, PatternError> {
        let id = || spec.id.clone();
        if spec.pattern.len() > PATTERN_BYTES_MAX {
            return Err(PatternError::TooLong { id: id() });
        }
        let syntax =
            |message: String| PatternError::Syntax { id: id(), message: line_of(&message) };
        let known = DEFAULTS.iter().position(|(_, pattern)| *pattern == spec.pattern);
        let anchors = match known {
            Some(place) => {
                let rows = anchors::DEFAULTS.iter().filter(|row| usize::from(row.0) == place);
                rows.map(|(_, window, text)| Anchor::from(&(*window, *text))).collect()
            }
            None => {
                let hir = parse(&spec.pattern, true, true);
                let hir = hir.map_err(|error| syntax(error.to_string()))?;
                if hir.properties().minimum_len().unwrap_or(0) == 0 {
                    return Err(PatternError::MatchesEmpty { id: id() });
                }
                anchor::anchors(&hir)
            }
        };
        let compiled = Compiled::new();
        if !surely_small(&spec.pattern) {
            let regex = compile(&spec.pattern, true, true).map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => PatternError::TooLarge { id: id() },
                error => syntax(error.to_string()),
            })?;
            compiled.get_or_init(|| Some(regex));
        }
        Ok(Pattern {
            id: Cow::Owned(id()),
            anchors,
            check: None,
            grouped: false,
            source: Cow::Owned(spec.pattern.clone()),
            table: false,
            compiled,
        })
    }

    /// The default patterns without their anchors, which the written filter knows.
    pub(super) fn defaults() -> Vec<Pattern> {
        let pattern = |(id, source): &(&'static str, &'static str)| Pattern {
            id: Cow::Borrowed(id),
            anchors: Vec::new(),
            check: None,
            grouped: false,
            source: Cow::Borrowed(source),
            table: false,
            compiled: Default::default(),
        };
        DEFAULTS.iter().map(pattern).collect()
    }

    pub(super) fn from_rule(rule: &'static Rule) -> Pattern {
        Pattern {
            id: Cow::Borrowed(rule.id),
            anchors: Vec::new(),
            check: rule.check,
            grouped: rule.grouped,
            source: Cow::Borrowed(rule.pattern),
            table: true,
            compiled: Default::default(),
        }
    }

    /// Must a pattern of a configuration run over every text, because nothing tells where it may
    /// match?
    pub(super) fn always_runs(&self) -> bool {
        self.anchors.is_empty()
    }

    /// The anchors of a pattern of a configuration, derived anew.
    #[cfg(test)]
    pub(super) fn derive_spec(pattern: &str) -> Vec<Anchor> {
        anchor::anchors(&parse(pattern, true, true).unwrap())
    }

    /// The anchors of a row, derived anew: what `anchors.rs` must hold.
    #[cfg(test)]
    pub(super) fn derive(rule: &Rule) -> Vec<Anchor> {
        use super::rules::Probe;
        match rule.probe {
            Probe::Anchors => anchor::anchors(&parse(rule.pattern, false, false).unwrap()),
            Probe::Userinfo | Probe::Number => Vec::new(),
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// `None` if it does not compile: excluded for the table by a test, for others when made.
    fn regex(&self) -> Option<&Regex> {
        let compile = || compile(&self.source, !self.table, !self.table).ok();
        self.compiled.get_or_init(compile).as_ref()
    }

    /// How many groups it has, the whole match among them.
    #[cfg(test)]
    pub(super) fn compiles(&self) -> Option<usize> {
        self.regex().map(Regex::captures_len)
    }

    /// Tells the range of everything to replace, on character boundaries.
    pub(super) fn find_all(&self, text: &str, found: &mut dyn FnMut(Range<usize>)) {
        let Some(regex) = self.regex() else {
            found(0..text.len());
            return;
        };
        let mut from = 0;
        while let Some((whole, part)) = self.find_at(regex, text.as_bytes(), from) {
            let bytes = text.as_bytes().get(part.clone()).unwrap_or_default();
            let secret = self.check.map_or(Some(bytes.len()), |check| check(bytes));
            match secret {
                Some(length) if length > 0 => {
                    let end = part.start + length;
                    found(text.floor_char_boundary(part.start)..text.ceil_char_boundary(end));
                    from = end;
                }
                _ if whole.len() <= RETRY_BYTES_MAX => from = whole.start + 1,
                _ => from = whole.end,
            }
        }
    }

    fn find_at(
        &self,
        regex: &Regex,
        text: &[u8],
        from: usize,
    ) -> Option<(Range<usize>, Range<usize>)> {
        if from > text.len() {
            return None;
        }
        if !self.grouped {
            let whole = regex.find_at(text, from)?.range();
            return Some((whole.clone(), whole));
        }
        let groups = regex.captures_at(text, from)?;
        let whole = groups.get(0)?.range();
        let part = groups.iter().skip(1).flatten().next().map_or(whole.clone(), |m| m.range());
        Some((whole, part))
    }
}

fn parse(pattern: &str, unicode: bool, fold: bool) -> Result<Hir, Box<regex_syntax::Error>> {
    let mut parser = regex_syntax::ParserBuilder::new();
    let parsed = parser.utf8(false).unicode(unicode).case_insensitive(fold).build().parse(pattern);
    parsed.map_err(Box::new)
}

fn compile(pattern: &str, unicode: bool, fold: bool) -> Result<Regex, regex::Error> {
    let mut builder = RegexBuilder::new(pattern);
    builder.unicode(unicode).case_insensitive(fold).size_limit(COMPILED_BYTES_MAX).build()
}

/// Without counted repetition, each byte of a pattern costs at most a Unicode class.
fn surely_small(pattern: &str) -> bool {
    pattern.len() <= 64 && !pattern.contains('{')
}

/// The last line of a message of many lines, which says what is wrong.
fn line_of(message: &str) -> String {
    message.lines().last().unwrap_or_default().trim().to_owned()
}

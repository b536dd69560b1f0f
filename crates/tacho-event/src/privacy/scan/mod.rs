//! Given the value of a string, gives it without its secrets, and says which rules found them.
//!
//! ```text
//! curl -u deploy:hunter2 https://api      ->  curl -u deploy:[REDACTED] https://api
//! password=hunter2 and more               ->  [REDACTED] and more
//! ```
//! A value is what a JSON string stands for, never JSON text: `password[=:]\S+` run over a JSON
//! line swallows the closing quote and the members after it.
//!
//! A [`Scanner`] is made once and handed around. It knows the patterns of a configuration, whose
//! whole match is replaced, and the [table](Scanner::table) of secrets, where only the secret part
//! is: `Authorization: Bearer [REDACTED]`.
//!
//! Three promises:
//! - Redacting twice is redacting once: [`Scanner::redact`] goes on until nothing is found.
//! - [`Scanner::may_hit`] says no only of a JSON line without a secret: not in any of its strings,
//!   however escaped, and not under a [sensitive name](Scanner::sensitive_key).
//! - Time grows linearly with the value; no value makes it panic.

mod anchor;
mod anchors;
mod builtin;
mod check;
mod cuts;
mod filter;
mod names;
mod pattern;
mod patterns;
mod probe;
mod rules;
mod written;

use std::borrow::Cow;
use std::ops::{ControlFlow, Range};

pub use pattern::{PatternError, PatternSpec};

use super::Lazy;
use anchor::Anchor;
use cuts::Cuts;
use filter::Filter;
use pattern::Pattern;
use patterns::Patterns;
use probe::Alphabet;
use rules::Probe;

/// What stands in the place of a secret unless a configuration says otherwise.
pub const REPLACEMENT: &str = "[REDACTED]";

/// Finds and replaces secrets.
pub struct Scanner {
    patterns: Patterns,
    replacement: Box<str>,
    filter: Filter<Stands>,
    /// Needed only where JSON spells a character as `\uXXXX`, so made only then.
    alphabet: Lazy<Alphabet>,
    /// The patterns without anchors, which must always run.
    always: Vec<usize>,
}

/// Where an anchor counts. The number is the place of its pattern.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stands {
    /// In values and raw lines: JSON writes it as it is.
    Anywhere(usize),
    InValue(usize),
    /// As JSON writes it.
    InLine,
    /// In raw lines, if it ends a sensitive name.
    AtEndOfName,
}

/// Anchors, each with what it is for.
#[derive(Default)]
struct Anchors {
    all: Vec<(Anchor, Stands)>,
}

impl Anchors {
    /// An anchor of the pattern at this place.
    fn add(&mut self, at: usize, anchor: Anchor) {
        if !anchor.text.iter().any(|byte| is_escaped(*byte)) {
            return self.all.push((anchor, Stands::Anywhere(at)));
        }
        let escaped = as_escaped(&anchor.text).into_iter().map(Anchor::new);
        self.all.extend(escaped.map(|anchor| (anchor, Stands::InLine)));
        self.all.push((anchor, Stands::InValue(at)));
    }

    /// Those of the table, whose first pattern is at this place.
    fn add_table(&mut self, first: usize) {
        self.all.extend(written::table().map(|(anchor, stands)| match stands {
            Stands::Anywhere(row) => (anchor, Stands::Anywhere(first + row)),
            Stands::InValue(row) => (anchor, Stands::InValue(first + row)),
            Stands::InLine | Stands::AtEndOfName => (anchor, stands),
        }));
    }
}

/// One secret that a rule found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleHit<'s> {
    /// The id of the rule: of the [table](Scanner::table) or of a [`PatternSpec`].
    pub rule: &'s str,
    /// The bytes of the value that are replaced for it. Ranges of several hits may overlap.
    pub range: Range<usize>,
}

/// A value in which one replacement uncovers the next more often than this is replaced whole.
const PASSES_MAX: usize = 8;

/// The longest replacement of a configuration.
pub const REPLACEMENT_BYTES_MAX: usize = 256;

/// How many patterns a configuration may have.
pub const PATTERNS_MAX: usize = 256;

impl Scanner {
    /// A scanner of these patterns and, with `builtin`, of the table of secrets.
    ///
    /// A replacement in which a rule finds a secret is refused: it would be replaced for ever.
    pub fn new(
        patterns: &[PatternSpec],
        replacement: &str,
        builtin: bool,
    ) -> Result<Scanner, PatternError> {
        if patterns.len() > PATTERNS_MAX {
            return Err(PatternError::TooManyPatterns);
        }
        if replacement.len() > REPLACEMENT_BYTES_MAX {
            return Err(PatternError::ReplacementTooLong);
        }
        let own = patterns.iter().map(Pattern::from_spec).collect::<Result<_, _>>()?;
        let scanner = Scanner::over(own, builtin, replacement);
        match scanner.find(replacement).first() {
            Some((at, _)) => {
                let rule = scanner.patterns.get(*at).map_or("", |found| found.id());
                Err(PatternError::ReplacementMatches { rule: rule.to_owned() })
            }
            None => Ok(scanner),
        }
    }

    fn over(own: Vec<Pattern>, builtin: bool, replacement: &str) -> Scanner {
        let mut found = Anchors::default();
        for (at, pattern) in own.iter().enumerate() {
            for anchor in &pattern.anchors {
                found.add(at, anchor.clone());
            }
        }
        if builtin {
            found.add_table(own.len());
        }
        found.all.extend(written::ends_of_names());
        let patterns = Patterns::new(own, builtin);
        let always = patterns.own(Pattern::always_runs);
        Scanner::with(patterns, Filter::new(found.all), always, replacement)
    }

    fn with(
        patterns: Patterns,
        filter: Filter<Stands>,
        always: Vec<usize>,
        replacement: &str,
    ) -> Scanner {
        Scanner {
            always,
            alphabet: Default::default(),
            filter,
            replacement: replacement.into(),
            patterns,
        }
    }

    /// Is the whole value of a member of this name a secret (`api_key`, `X-Auth-Token`)?
    #[must_use]
    pub fn sensitive_key(name: &str) -> bool {
        names::sensitive(name)
    }

    /// The rules for secrets, `(id, description)`, in the order of their table.
    pub fn table() -> impl Iterator<Item = (&'static str, &'static str)> {
        rules::RULES.iter().map(|rule| (rule.id, rule.about))
    }

    /// What this scanner writes in the place of a secret.
    #[must_use]
    pub fn replacement(&self) -> &str {
        &self.replacement
    }

    /// May this JSON line hold a secret: in a string that [`Scanner::redact`] would change, or
    /// under a [sensitive name](Scanner::sensitive_key)?
    ///
    /// No means no. Yes means parse and look. With a pattern from which no fixed text of four
    /// bytes follows (`\d{6}`) the answer is always yes.
    #[must_use]
    pub fn may_hit(&self, raw: &[u8]) -> bool {
        !self.always.is_empty()
            || self
                .filter
                .visit(raw, |stands, anchor| match stands {
                    Stands::Anywhere(_) | Stands::InLine => ControlFlow::Break(()),
                    Stands::AtEndOfName if ends_sensitive_name(raw, anchor) => {
                        ControlFlow::Break(())
                    }
                    Stands::AtEndOfName | Stands::InValue(_) => ControlFlow::Continue(()),
                })
                .is_break()
            || (self.patterns.has_table() && (probe::userinfo(raw) || probe::number(raw)))
            || probe::escapes(raw).any(|digits| self.alphabet().has(digits))
    }

    fn alphabet(&self) -> &Alphabet {
        self.alphabet.get_or_init(|| Alphabet::of(self.filter.texts()))
    }

    /// The value with every secret replaced.
    #[must_use]
    pub fn redact<'v>(&self, value: &'v str) -> Cow<'v, str> {
        self.redact_with(value, &mut |_| {})
    }

    /// As [`Scanner::redact`], and tells every hit.
    ///
    /// Hits that overlap or touch become one replacement.
    #[must_use]
    pub fn redact_with<'v>(
        &self,
        value: &'v str,
        on_hit: &mut dyn FnMut(&RuleHit<'_>),
    ) -> Cow<'v, str> {
        let mut cuts = Cuts::default();
        let mut text = Cow::Borrowed(value);
        for _ in 0..PASSES_MAX {
            let found = self.find(&text);
            if found.is_empty() {
                return text;
            }
            let mut wider = Vec::with_capacity(found.len());
            for (at, range) in found {
                let range = cuts.in_value(&range);
                if let Some(pattern) = self.patterns.get(at) {
                    on_hit(&RuleHit { rule: pattern.id(), range: range.clone() });
                }
                wider.push(range);
            }
            if !cuts.widen(wider, &self.replacement) {
                break;
            }
            text = Cow::Owned(cuts.apply(value, &self.replacement));
        }
        // It does not come to rest: an odd pattern, or somebody's riddle. Nothing of it is kept.
        Cow::Owned(self.replacement.to_string())
    }

    /// One look at a text: which pattern finds what. A pure function of the text, so a text in
    /// which it finds nothing stays as it is.
    fn find(&self, text: &str) -> Vec<(usize, Range<usize>)> {
        let mut found = Vec::new();
        for at in self.worth_running(text.as_bytes()) {
            let Some(pattern) = self.patterns.get(at) else { continue };
            pattern.find_all(text, &mut |range| {
                if text.get(range.clone()) != Some(&self.replacement) {
                    found.push((at, range));
                }
            });
        }
        found
    }

    /// The patterns that may match somewhere in this text, in their order.
    fn worth_running(&self, text: &[u8]) -> Vec<usize> {
        let mut worth = self.always.clone();
        let done: ControlFlow<()> = self.filter.visit(text, |stands, _| {
            let (Stands::Anywhere(at) | Stands::InValue(at)) = stands else {
                return ControlFlow::Continue(());
            };
            worth.push(at);
            // Many of one kind say no more than one.
            if worth.len() > 4 * self.patterns.len() {
                worth.sort_unstable();
                worth.dedup();
            }
            ControlFlow::Continue(())
        });
        debug_assert!(done.is_continue());
        if self.patterns.has_table() && probe::userinfo(text) {
            worth.extend(self.patterns.rows(Probe::Userinfo));
        }
        if self.patterns.has_table() && probe::number(text) {
            worth.extend(self.patterns.rows(Probe::Number));
        }
        worth.sort_unstable();
        worth.dedup();
        worth
    }
}

/// Is the text up to this anchor the name of a member, and a sensitive one?
fn ends_sensitive_name(raw: &[u8], anchor: Range<usize>) -> bool {
    let (before, after) = raw.split_at_checked(anchor.end).unwrap_or((raw, &[]));
    if after.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b':') {
        return false;
    }
    let name = before.strip_suffix(b"\"").unwrap_or(before);
    let near = name.get(name.len().saturating_sub(NAME_BYTES_MAX)..).unwrap_or_default();
    let Some(quote) = near.iter().rposition(|byte| *byte == b'"') else { return true };
    let name = near.get(quote + 1..).unwrap_or_default();
    let escaped = name.contains(&b'\\');
    escaped || std::str::from_utf8(name).map_or(true, names::sensitive)
}

/// Longer names are not looked at: they count.
const NAME_BYTES_MAX: usize = 256;

/// Does JSON write this byte, where it stands in a string, in another way or may it?
fn is_escaped(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | b'/' | 0x00..0x20)
}

/// The ways in which JSON may write this text, apart from `\uXXXX`: `"` as `\"`, `/` also as `\/`.
/// Nothing, if only `\uXXXX` can write it.
fn as_escaped(text: &[u8]) -> Vec<Vec<u8>> {
    // Each slash doubles the ways; what stands before the fifth is anchor enough.
    let mut slashes = (0..).zip(text).filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    let text = slashes.nth(4).and_then(|fifth| text.get(..fifth)).unwrap_or(text);
    let mut ways = vec![Vec::new()];
    for byte in text {
        let short = match byte {
            b'"' | b'\\' => *byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0c => b'f',
            0x00..0x20 => return Vec::new(),
            b'/' => {
                let slashed =
                    ways.iter().map(|way| [way, &b"\\/"[..]].concat()).collect::<Vec<_>>();
                ways.iter_mut().for_each(|way| way.push(b'/'));
                ways.extend(slashed);
                continue;
            }
            _ => {
                ways.iter_mut().for_each(|way| way.push(*byte));
                continue;
            }
        };
        ways.iter_mut().for_each(|way| way.extend([b'\\', short]));
    }
    ways
}

#[cfg(test)]
mod tests;

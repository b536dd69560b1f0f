//! The second look at a leaf in one pass: given stored bytes, gives what whoever stores them must
//! know, and builds no document.
//!
//! What a leaf may show needs no escape and no space, and its members stand in the order of their
//! bytes, so the canonical form can be read off the bytes. A glance accepts what [`check_leaf`]
//! accepts and nothing else; why it does not, that one says.

#[cfg(doc)]
use super::check_leaf;
use super::disclose::Class;
use super::split::RESOURCE_TYPES_MAX;
use crate::ids::{is_event_id, is_public, is_public_model};
use crate::json::Number;
use crate::limits;
use crate::shape::{EVENT, Home, Kind, Member, member};
use crate::time::Timestamp;
use crate::words::ActionType;

/// Characters of a digest: 32 bytes in base64url.
const DIGEST_CHARS: usize = 43;

/// What a leaf says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance<'l> {
    /// The event's id.
    pub id: &'l str,
    /// When it happened.
    pub timestamp: Timestamp,
    /// The session it belongs to.
    pub session: Option<&'l str>,
    commitments: [Option<Commitment>; 3],
}

/// What a leaf says of one class of its disclosures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commitment {
    /// The day on which they were sealed, counted from 1970-01-01.
    pub day: i64,
    /// How many digests there are.
    pub digests: usize,
}

impl Glance<'_> {
    /// What the leaf commits to in a class.
    pub fn commitment(&self, class: Class) -> Option<Commitment> {
        self.commitments.get(usize::from(class.byte()) - 1).copied().flatten()
    }
}

/// What a leaf says, if `bytes` are one; `system` as in [`check_leaf`].
///
/// ```
/// let leaf = br#"{"action":{"type":"stop"},"id":"a","timestamp":"2026-11-20T10:00:00.000000Z","v":1}"#;
/// assert_eq!(tacho_event::privacy::glance(leaf, false).map(|leaf| leaf.id), Some("a"));
/// assert!(tacho_event::privacy::glance(leaf, true).is_none());
/// ```
pub fn glance(bytes: &[u8], system: bool) -> Option<Glance<'_>> {
    if bytes.len() > limits::LEAF_BYTES_MAX {
        return None;
    }
    let text = str::from_utf8(bytes).ok()?;
    let mut reader = Reader { rest: text, seen: Seen::default(), digests: Vec::new() };
    reader.object(EVENT, Within::Event)?;
    let Seen { id, timestamp, session, action_type, action_name, version, commitments } =
        reader.seen;
    let is_ours = action_type? == ActionType::System.as_str()
        || action_name.is_some_and(|name| name.starts_with("tacho."));
    let is_leaf = reader.rest.is_empty() && version == Some(1) && is_ours == system;
    is_leaf.then_some(Glance { id: id?, timestamp: timestamp?, session, commitments })
}

/// Which object is being read, where its members are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Event,
    Action,
    Agent,
    Other,
}

#[derive(Debug, Default)]
struct Seen<'l> {
    id: Option<&'l str>,
    timestamp: Option<Timestamp>,
    session: Option<&'l str>,
    action_type: Option<&'l str>,
    action_name: Option<&'l str>,
    version: Option<i64>,
    commitments: [Option<Commitment>; 3],
}

struct Reader<'l> {
    rest: &'l str,
    seen: Seen<'l>,
    /// The digests of all classes so far.
    digests: Vec<&'l str>,
}

impl<'l> Reader<'l> {
    /// An object whose members are sorted, each once; the number of members.
    fn object(&mut self, rows: &'static [Member], within: Within) -> Option<usize> {
        self.eat('{')?;
        if self.eat('}').is_some() {
            return Some(0);
        }
        let (mut last, mut count) = ("", 0);
        loop {
            let name = self.text()?;
            // A name of the table is never empty.
            if name <= last {
                return None;
            }
            self.eat(':')?;
            match Class::ALL.into_iter().find(|class| class.as_str() == name) {
                Some(class) if within == Within::Event => self.commitment(class)?,
                _ => self.member(member(rows, name)?, within)?,
            }
            last = name;
            count += 1;
            if self.eat(',').is_none() {
                return self.eat('}').map(|()| count);
            }
        }
    }

    fn member(&mut self, row: &'static Member, within: Within) -> Option<()> {
        match row.kind {
            Kind::Group(inner) if self.rest.starts_with('{') => {
                let within = match (within, row.name) {
                    (Within::Event, "action") => Within::Action,
                    (Within::Event, "agent") => Within::Agent,
                    _ => Within::Other,
                };
                return self.object(inner, within).map(|_| ());
            }
            Kind::Open(inner) if self.rest.starts_with('{') => {
                return self.object(inner, Within::Other).filter(|count| *count > 0).map(|_| ());
            }
            _ if row.home != Home::Leaf => return None,
            _ => {}
        }
        match row.kind {
            Kind::Name | Kind::Key | Kind::Model | Kind::EventId | Kind::OneOf(_) | Kind::Time => {
                let text = self.text()?;
                self.named(row, within, text)
            }
            Kind::Count => {
                let count = self.number()?.as_i64().filter(|count| *count >= 0)?;
                if within == Within::Event && row.name == "v" {
                    self.seen.version = Some(count);
                }
                Some(())
            }
            Kind::Number => self.number()?.exact().is_none().then_some(()),
            Kind::Flag => {
                let words = ["true", "false"];
                let rest = words.iter().find_map(|word| self.rest.strip_prefix(word))?;
                self.rest = rest;
                Some(())
            }
            Kind::Texts => self.kinds(),
            _ => None,
        }
    }

    /// A string of a kind that needs no escape; keeps what is asked for.
    fn named(&mut self, row: &'static Member, within: Within, text: &'l str) -> Option<()> {
        let fits = match row.kind {
            Kind::Model => is_public_model(text),
            Kind::EventId => is_event_id(text),
            Kind::OneOf(words) => words.contains(&text),
            Kind::Time => {
                let time = Timestamp::parse(text)?;
                if within == Within::Event && row.name == "timestamp" {
                    self.seen.timestamp = Some(time);
                }
                time.to_text() == *text.as_bytes()
            }
            _ => is_public(text),
        };
        match (within, row.name) {
            (Within::Event, "id") => self.seen.id = Some(text),
            (Within::Agent, "session_id") => self.seen.session = Some(text),
            (Within::Action, "type") => self.seen.action_type = Some(text),
            (Within::Action, "name") => self.seen.action_name = Some(text),
            _ => {}
        }
        fits.then_some(())
    }

    /// Public strings, each once, sorted.
    fn kinds(&mut self) -> Option<()> {
        self.eat('[')?;
        if self.eat(']').is_some() {
            return Some(());
        }
        let mut last = "";
        for _ in 0..RESOURCE_TYPES_MAX {
            let text = self.text().filter(|text| is_public(text) && last < *text)?;
            last = text;
            if self.eat(',').is_none() {
                return self.eat(']');
            }
        }
        None
    }

    /// `{"_sd":[..sorted..],"day":D}`, with no digest that stood before.
    fn commitment(&mut self, class: Class) -> Option<()> {
        self.skip("{\"_sd\":[")?;
        let before = self.digests.len();
        loop {
            let digest = self.text().filter(|text| is_digest(text))?;
            let (others, own) = self.digests.split_at(before);
            if own.last().is_some_and(|last| *last >= digest) || others.contains(&digest) {
                return None;
            }
            self.digests.push(digest);
            if self.eat(',').is_none() {
                break;
            }
        }
        let digests = self.digests.len() - before;
        self.skip("],\"day\":")?;
        let days = Timestamp::MIN.day()..=Timestamp::MAX.day();
        let day = self.number()?.as_i64().filter(|day| days.contains(day))?;
        self.eat('}')?;
        let slot = self.seen.commitments.get_mut(usize::from(class.byte()) - 1)?;
        *slot = Some(Commitment { day, digests });
        (digests <= limits::DIGESTS_MAX).then_some(())
    }

    /// A string up to its closing quote. Whoever asked looks at every character of it.
    fn text(&mut self) -> Option<&'l str> {
        self.eat('"')?;
        let (text, rest) = self.rest.split_once('"')?;
        self.rest = rest;
        Some(text)
    }

    /// A number, if it is spelled as it would be written.
    fn number(&mut self) -> Option<Number> {
        let end = self.rest.find([',', '}', ']'])?;
        let (literal, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if (1..=15).contains(&end) && digits(literal) && (end == 1 || !literal.starts_with('0')) {
            let value = literal.bytes().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
            return Some(Number::from(value));
        }
        Number::parse(literal).filter(|number| number.to_string() == literal)
    }

    fn eat(&mut self, sign: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(sign)?;
        Some(())
    }

    fn skip(&mut self, text: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }
}

/// Whether this is 32 bytes in base64url without padding: 42 characters of six bits, one of four.
fn is_digest(text: &str) -> bool {
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.len() == DIGEST_CHARS
        && text.bytes().all(alphabet)
        && text.bytes().last().is_some_and(|last| b"AEIMQUYcgkosw048".contains(&last))
}

//! Names of fields: which members of the event a name in a filter means.
//!
//! Three ways to name a member, tried in this order: a short name of [`SHORT`], the full path
//! (`resources.cost_usd`, `action.tool.parameters.command`), the last step of a path where only
//! one member ends so (`cost_source`). All of it follows from the table of the event.

use super::fields::Classes;
use super::parse::clip;
use crate::shape::{self, EVENT, Home, Kind, Member};

/// A field that a filter can ask about.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    name: String,
    reading: Reading,
    places: Vec<Place>,
    total: bool,
}

/// Where the value of a field stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The member's names, from the outside; no step at all is the whole event.
    pub steps: Vec<String>,
    /// The action types whose events count; empty for all.
    pub only: &'static [&'static str],
    /// The classes in which the value, or some of it, may be hidden.
    pub classes: Classes,
}

/// How the value of a field is read from the text of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// An id: the whole of it, case counts.
    Id,
    /// A name: the whole of it, case does not count.
    Name,
    /// Text: looked for within, case does not count.
    Text,
    /// A word of a closed list.
    Word(&'static [&'static str]),
    /// A word of a closed list whose order means something.
    Rank(&'static [&'static str]),
    /// A number.
    Number,
    /// A number of milliseconds, or a length of time such as `2s`.
    Millis,
    /// `true` or `false`.
    Flag,
    /// A time.
    Time,
    /// Any value, where a text must be the whole.
    AnyName,
    /// Any value, where a text is looked for within.
    AnyText,
}

impl Field {
    /// The field of this name, if there is one: `agent`, `resources.cost_usd`, `labels.env`.
    pub fn named(name: &str) -> Option<Self> {
        resolve(name).ok().map(|found| found.field)
    }

    /// Everything that was recorded: what free text looks through.
    pub fn everywhere() -> Self {
        let place = Place { steps: Vec::new(), only: &[], classes: Classes::ALL };
        Self { name: "text".into(), reading: Reading::Text, places: vec![place], total: false }
    }

    /// Its name, as a filter writes it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How its value is read.
    pub fn reading(&self) -> Reading {
        self.reading
    }

    /// Where its value stands; a test passes if it passes at one place.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// True if its value is the sum of its places.
    pub fn is_total(&self) -> bool {
        self.total
    }

    /// True if case counts.
    pub fn is_exact(&self) -> bool {
        matches!(self.reading, Reading::Id | Reading::Word(_) | Reading::Rank(_))
    }

    /// True for what free text looks through.
    pub fn is_everywhere(&self) -> bool {
        self.places.iter().all(|place| place.steps.is_empty())
    }
}

/// A row of the reference: a name and what it means.
#[derive(Clone, Debug)]
pub struct Name {
    /// As written in a filter.
    pub name: &'static str,
    /// The members it means.
    pub paths: Vec<String>,
    /// The action types whose events count; empty for all.
    pub only: &'static [&'static str],
    /// What it is.
    pub doc: &'static str,
}

/// What a name asks by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Whatever the operator says.
    Plain,
    /// Not before.
    Since,
    /// Before.
    Until,
}

struct Short {
    name: &'static str,
    paths: &'static [&'static str],
    only: &'static [&'static str],
    as_text: bool,
    total: bool,
    how: How,
    doc: &'static str,
}

const fn short(name: &'static str, paths: &'static [&'static str], doc: &'static str) -> Short {
    Short { name, paths, only: &[], as_text: false, total: false, how: How::Plain, doc }
}

const fn of_type(name: &'static str, only: &'static [&'static str], doc: &'static str) -> Short {
    Short { only, ..short(name, &["action.name"], doc) }
}

/// The short names, beside the full paths.
const SHORT: &[Short] = &[
    short("agent", &["agent.id"], "The agent."),
    short("session", &["agent.session_id"], "The run."),
    short("conversation", &["agent.conversation_id"], "The user's conversation."),
    short("parent", &["agent.parent_id"], "The agent or session that started this one."),
    short("actor", &["actor.id"], "Who acted."),
    short(
        "user",
        &["actor.id", "actor.on_behalf_of.id"],
        "Who acted, or on whose behalf: everything one person answers for.",
    ),
    short("type", &["action.type"], "What kind of action it is."),
    short("name", &["action.name"], "The action's name."),
    short("action", &["action.name"], "The action's name."),
    short("phase", &["action.phase"], "The part of the call the event tells."),
    short("call", &["action.call_id"], "The call."),
    of_type("tool", &["tool", "mcp"], "The name of a tool, built in or called by MCP."),
    of_type("skill", &["skill"], "The name of a skill."),
    short("command", &["action.tool.parameters.command"], "The command a tool ran."),
    short("provider", &["action.provider.name"], "The provider."),
    short("status", &["outcome.status"], "How it ended."),
    Short {
        as_text: true,
        ..short(
            "error",
            &["outcome.error.type", "outcome.error.message"],
            "What went wrong: the kind of error or what it said.",
        )
    },
    short("model", &["resources.model"], "The model that was used."),
    short("cost", &["resources.cost_usd"], "What it cost, estimated, in US dollars."),
    Short {
        total: true,
        ..short(
            "tokens",
            &["resources.tokens_input", "resources.tokens_output"],
            "Tokens in and out of a model together, caches apart.",
        )
    },
    short("duration", &["resources.duration_ms"], "How long it took: `>2s`, or milliseconds."),
    short("permission", &["security.permission_level"], "What was allowed."),
    short("sensitive", &["security.sensitive_data_accessed"], "Whether sensitive data was seen."),
    short(
        "resource",
        &["security.resources_accessed.identifier", "change.resource_id"],
        "What was touched or changed.",
    ),
    short(
        "resource_type",
        &["security.resource_types", "security.resources_accessed.type", "change.resource_type"],
        "The kind of what was touched or changed.",
    ),
    short("source", &["origin.source"], "How the event came."),
    short("trace", &["origin.trace_id"], "The trace."),
    short("span", &["origin.span_id"], "The span of the trace."),
    short("label", &["labels"], "A label: `label.environment:production`."),
    Short { how: How::Since, ..short("since", &["timestamp"], "Not before this time.") },
    Short {
        how: How::Until,
        ..short("until", &["timestamp"], "Before this time; a day or month is included.")
    },
    short("at", &["timestamp"], "Within the month, day, minute or second that is named."),
];

/// Every name but the full paths: short ones, then the last steps that only one member has.
pub fn names() -> Vec<Name> {
    let own = |short: &Short| Name {
        name: short.name,
        paths: short.paths.iter().map(|path| (*path).to_owned()).collect(),
        only: short.only,
        doc: short.doc,
    };
    let mut names: Vec<Name> = SHORT.iter().map(own).collect();
    let everything = "Anything that was recorded, as free text finds it.";
    names.push(Name { name: "text", paths: Vec::new(), only: &[], doc: everything });
    let mut rows: Vec<(String, &'static Member)> = Vec::new();
    shape::walk(EVENT, &mut |path, member| rows.push((path.to_owned(), member)));
    for (path, member) in &rows {
        let taken = names.iter().any(|name| name.name == member.name);
        let alone = rows.iter().filter(|(_, other)| other.name == member.name).count() == 1;
        if alone && !taken && path.contains('.') {
            let (name, doc) = (member.name, member.doc);
            names.push(Name { name, paths: vec![path.clone()], only: &[], doc });
        }
    }
    names
}

/// A field and what its name asks by itself.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) field: Field,
    pub(super) how: How,
}

/// What is wrong, and what to do about it.
pub(super) type Wrong = (String, String);

/// The field of this name.
pub(super) fn resolve(name: &str) -> Result<Found, Wrong> {
    if let [only] = steps(name).as_slice() {
        if only.eq_ignore_ascii_case("text") {
            return Ok(Found { field: Field::everywhere(), how: How::Plain });
        }
        if let Some(short) = SHORT.iter().find(|short| short.name.eq_ignore_ascii_case(only)) {
            return Ok(short_field(short));
        }
    }
    let name = match name.split_at_checked(6) {
        Some((label, rest)) if label.eq_ignore_ascii_case("label.") => format!("labels.{rest}"),
        _ => name.to_owned(),
    };
    let steps = steps(&name);
    if let Some((place, reading)) = place(&steps) {
        let name = path_text(&place.steps);
        return Ok(plain(name, reading, place));
    }
    let [last] = steps.as_slice() else { return Err(unknown(&name)) };
    let mut paths = Vec::new();
    called(last, EVENT, &mut Vec::new(), &mut paths);
    match paths.as_slice() {
        [] => Err(unknown(&name)),
        // Its full path is what it is called from now on: that stays unambiguous.
        [only] => match place(&self::steps(only)) {
            Some((place, reading)) => Ok(plain(only.clone(), reading, place)),
            None => Err(unknown(&name)),
        },
        several => {
            let what = format!("several members are called `{last}`");
            Err((what, format!("name one: {}", several.join(", "))))
        }
    }
}

/// Puts the paths of all members called `name` into `paths`.
fn called(
    name: &str,
    members: &'static [Member],
    above: &mut Vec<&'static str>,
    paths: &mut Vec<String>,
) {
    for member in members {
        above.push(member.name);
        if member.name.eq_ignore_ascii_case(name) {
            paths.push(above.join("."));
        }
        called(name, member.kind.members(), above, paths);
        above.pop();
    }
}

fn plain(name: String, reading: Reading, place: Place) -> Found {
    let field = Field { name, reading, places: vec![place], total: false };
    Found { field, how: How::Plain }
}

fn short_field(short: &Short) -> Found {
    let found = short.paths.iter().filter_map(|path| place(&steps(path)));
    let (places, readings): (Vec<Place>, Vec<Reading>) = found.unzip();
    let places = places.into_iter().map(|place| Place { only: short.only, ..place }).collect();
    let first = readings.first().copied().unwrap_or(Reading::Text);
    let reading = if short.as_text { Reading::Text } else { first };
    // `since` and `until` are ways to ask about the time; the time itself is one field.
    let name = if reading == Reading::Time { "timestamp" } else { short.name };
    let field = Field { name: name.into(), reading, places, total: short.total };
    Found { field, how: short.how }
}

/// The problem with a name that is unknown, and the nearest that is known.
fn unknown(typed: &str) -> Wrong {
    let mut all: Vec<String> = SHORT.iter().map(|short| short.name.to_owned()).collect();
    shape::walk(EVENT, &mut |path, member| {
        all.push(member.name.to_owned());
        all.push(path.to_owned());
    });
    // Nothing that is much longer or shorter is near; comparing them all takes a while.
    let alike = all.iter().filter(|name| name.len().abs_diff(typed.len()) <= 3);
    let near = shape::nearest(typed, alike.map(String::as_str));
    let longer = all.iter().find(|name| typed.len() > 2 && name.starts_with(typed));
    let hint = match near.or(longer.map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "as in agent, session, type, name, status, cost, since, labels.X; text with a \
                 colon in it needs quotes"
            .to_owned(),
    };
    (format!("unknown field `{}`", clip(typed)), hint)
}

/// The steps of a dotted name; `\` takes the meaning from what follows it.
fn steps(name: &str) -> Vec<String> {
    let mut steps = vec![String::new()];
    let mut chars = name.chars();
    while let Some(c) = chars.next() {
        match (c, steps.last_mut()) {
            ('.', _) => steps.push(String::new()),
            ('\\', Some(step)) => step.extend(chars.next()),
            (_, Some(step)) => step.push(c),
            (_, None) => {}
        }
    }
    steps
}

/// The name that [`steps`] takes apart into `steps`.
fn path_text(steps: &[String]) -> String {
    let mut text = String::new();
    for (i, step) in steps.iter().enumerate() {
        if i > 0 {
            text.push('.');
        }
        // The name of a label is one step, dots and all, and reads better without escapes.
        let label = i == 1 && steps.first().is_some_and(|first| first == "labels");
        for c in step.chars() {
            if c.is_whitespace() || "\\():\"".contains(c) || c == '.' && !label {
                text.push('\\');
            }
            text.push(c);
        }
    }
    text
}

/// Where the member at these steps stands and how it is read; `None` if no event can have one.
fn place(steps: &[String]) -> Option<(Place, Reading)> {
    let (first, rest) = steps.split_first()?;
    let mut row = find(EVENT, first)?;
    let mut names = vec![row.name.to_owned()];
    let mut rest = rest.iter();
    while let Some(step) = rest.next() {
        if let Some(inner) = find(row.kind.members(), step) {
            row = inner;
            names.push(row.name.to_owned());
            continue;
        }
        let below: Vec<String> = std::iter::once(step).chain(rest).cloned().collect();
        let below = match row.kind {
            Kind::Labels => vec![below.join(".")],
            Kind::Open(_) | Kind::OpenList(_) | Kind::Any | Kind::Object => below,
            _ => return None,
        };
        if below.iter().any(String::is_empty) {
            return None;
        }
        names.extend(below);
        let place = Place { steps: names, only: &[], classes: Classes::of(row.home) };
        return Some((place, any_value(row.home)));
    }
    Some((Place { steps: names, only: &[], classes: classes(row) }, reading(row)))
}

fn find(members: &'static [Member], name: &str) -> Option<&'static Member> {
    members.iter().find(|member| member.name.eq_ignore_ascii_case(name))
}

/// The classes of a member and of all that is below it.
fn classes(row: &'static Member) -> Classes {
    let below = row.kind.members().iter().map(classes);
    below.fold(Classes::of(row.home), Classes::or)
}

fn any_value(home: Home) -> Reading {
    match home {
        Home::Input | Home::Output => Reading::AnyText,
        _ => Reading::AnyName,
    }
}

fn reading(row: &'static Member) -> Reading {
    match row.kind {
        Kind::OneOf(words) if row.name == "severity" => Reading::Rank(words),
        Kind::OneOf(words) => Reading::Word(words),
        Kind::Time => Reading::Time,
        Kind::EventId | Kind::Tenant | Kind::Key => Reading::Id,
        Kind::Name | Kind::Model | Kind::Texts => Reading::Name,
        // What went in and came out is prose; who and which is a name.
        Kind::Text if matches!(row.home, Home::Input | Home::Output) => Reading::Text,
        Kind::Text => Reading::Name,
        Kind::Number if row.name.ends_with("_ms") => Reading::Millis,
        Kind::Count | Kind::Number => Reading::Number,
        Kind::Flag => Reading::Flag,
        Kind::Group(_) => Reading::AnyText,
        Kind::Open(_) | Kind::OpenList(_) | Kind::Labels | Kind::Object | Kind::Any => {
            any_value(row.home)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(name: &str) -> Vec<String> {
        Field::named(name).unwrap().places().iter().map(|p| path_text(&p.steps)).collect()
    }

    #[test]
    fn every_short_name_means_members_of_the_event() {
        for short in SHORT {
            assert_eq!(paths(short.name).len(), short.paths.len(), "{}", short.name);
        }
    }

    #[test]
    fn every_path_and_every_listed_name_resolves_to_itself() {
        shape::walk(EVENT, &mut |path, _| {
            if !SHORT.iter().any(|short| short.name == path) {
                assert_eq!(paths(path), [path]);
            }
        });
        for name in names().into_iter().filter(|name| name.name != "text") {
            assert_eq!(paths(name.name), name.paths, "{}", name.name);
        }
    }

    #[test]
    fn names_are_read_in_any_case_and_below_open_members() {
        assert_eq!(paths("Agent"), ["agent.id"]);
        assert_eq!(paths("cost_source"), ["resources.cost_source"]);
        assert_eq!(paths("OUTCOME.status"), ["outcome.status"]);
        assert_eq!(paths("metadata.Mcp.n"), ["metadata.Mcp.n"]);
        assert_eq!(paths("label.app.kubernetes.io/name"), ["labels.app.kubernetes.io/name"]);
        let field = Field::named(r"metadata.a\.b").unwrap();
        assert_eq!(field.places()[0].steps, ["metadata", "a.b"]);
        assert_eq!(Field::named(field.name()), Some(field));
    }

    #[test]
    fn an_unknown_name_is_answered_with_a_near_one() {
        let hint = |name| resolve(name).unwrap_err().1;
        assert_eq!(hint("agnet"), "did you mean `agent`?");
        assert_eq!(hint("resources.cost_udd"), "did you mean `resources.cost_usd`?");
        assert_eq!(hint("resources.cost"), "did you mean `resources.cost_usd`?");
        assert!(hint("operation").contains("action.memory.operation"));
        for name in ["", ".", "agent.", "metadata.", "labels.", "agent.id.x", "_sd", "content"] {
            assert!(resolve(name).is_err(), "{name}");
        }
    }

    #[test]
    fn the_classes_of_a_field_are_those_of_all_it_looks_at() {
        let classes = |name| {
            let field = Field::named(name).unwrap();
            field.places().iter().fold(Classes::NONE, |all, place| all.or(place.classes))
        };
        assert_eq!(classes("status"), Classes::NONE);
        assert_eq!(classes("command"), Classes { content: true, identity: false });
        assert_eq!(classes("user"), Classes { content: false, identity: true });
        assert_eq!(classes("outcome"), Classes { content: true, identity: false });
        assert_eq!(classes("security"), Classes::ALL);
        assert_eq!(classes("provider"), Classes::NONE);
    }
}

//! A filter prepared for asking: names split, texts folded, times written, once for all events.

use super::expr::{Expr, Op, Term, Test};
use super::fields::{Classes, Fields, Verdict, is_stand_in};
use super::needle::{Needle, Pattern};
use crate::json::{Number, Object, Value};
use crate::time::Timestamp;

/// The expression, ready to be followed.
#[derive(Clone, Debug)]
pub(super) enum Program {
    All(Vec<Program>),
    Any(Vec<Program>),
    Not(Box<Program>),
    Probe(Probe),
}

impl Program {
    pub(super) fn new(expr: &Expr) -> Self {
        match expr {
            Expr::All(parts) => Program::All(cheapest_first(parts)),
            Expr::Any(parts) => Program::Any(cheapest_first(parts)),
            Expr::Not(part) => Program::Not(Box::new(Self::new(part))),
            Expr::Term(term) => Program::Probe(Probe::new(term)),
        }
    }

    /// The logic of Kleene: a part that is unknown matters only where the others leave it to it.
    pub(super) fn verdict(&self, event: &dyn Fields) -> Verdict {
        let (parts, decisive) = match self {
            Program::Probe(probe) => return probe.verdict(event),
            Program::Not(part) => return not(part.verdict(event)),
            Program::All(parts) => (parts, Verdict::No),
            Program::Any(parts) => (parts, Verdict::Yes),
        };
        let mut verdict = not(decisive);
        for part in parts {
            match part.verdict(event) {
                one if one == decisive => return decisive,
                Verdict::Unknown => verdict = Verdict::Unknown,
                _ => {}
            }
        }
        verdict
    }

    pub(super) fn needs(&self) -> Classes {
        match self {
            Program::All(parts) | Program::Any(parts) => {
                parts.iter().fold(Classes::NONE, |all, part| all.or(part.needs()))
            }
            Program::Not(part) => part.needs(),
            Program::Probe(probe) => probe.needs(),
        }
    }
}

fn not(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Yes => Verdict::No,
        Verdict::No => Verdict::Yes,
        Verdict::Unknown => Verdict::Unknown,
    }
}

/// What the leaf answers comes first: it is small, and often decides.
fn cheapest_first(parts: &[Expr]) -> Vec<Program> {
    let mut parts: Vec<Program> = parts.iter().map(Program::new).collect();
    parts.sort_by_key(|part| !part.needs().is_empty());
    parts
}

/// One test of one field.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    routes: Vec<Route>,
    total: bool,
    check: Check,
}

#[derive(Clone, Debug)]
struct Route {
    steps: Vec<Box<str>>,
    only: &'static [&'static str],
    classes: Classes,
    tenant: bool,
}

#[derive(Clone, Debug)]
enum Check {
    Present,
    Is(Words),
    Has(Words),
    Like(Pattern),
    Number(Op, f64),
    Between(f64, f64),
    Flag(bool),
    Time { from: Option<[u8; 27]>, until: Option<[u8; 27]> },
}

/// A text, and the number or boolean it may stand for.
#[derive(Clone, Debug)]
struct Words {
    text: Needle,
    number: Option<f64>,
    flag: Option<bool>,
}

/// What looking at one place gave.
#[derive(Clone, Copy, PartialEq)]
enum Sight {
    /// The test passed.
    Hit,
    /// The value is there, all of it, and failed the test.
    Miss,
    /// Nothing is there, or an object of which disclosures may have more.
    Open,
    /// A stand-in is there for a name that a leaf may not show, and failed the test.
    StandIn,
}

impl Probe {
    fn new(term: &Term) -> Self {
        let route = |place: &super::names::Place| Route {
            steps: place.steps.iter().map(|step| step.as_str().into()).collect(),
            only: place.only,
            classes: place.classes,
            tenant: matches!(place.steps.as_slice(), [only] if only == "tenant"),
        };
        let routes = term.field.places().iter().map(route).collect();
        let check = Check::new(&term.test, term.field.is_exact());
        Self { routes, total: term.field.is_total(), check }
    }

    fn needs(&self) -> Classes {
        self.routes.iter().fold(Classes::NONE, |all, route| all.or(route.classes))
    }

    fn verdict(&self, event: &dyn Fields) -> Verdict {
        if self.total {
            return self.total(event);
        }
        let mut open = Classes::NONE;
        for route in &self.routes {
            if route.tenant {
                return self.tenant(event);
            }
            if !route.only.is_empty() && !is_of_type(event, route.only) {
                continue;
            }
            match self.look(event.members(), &route.steps) {
                Sight::Hit => return Verdict::Yes,
                Sight::Miss => {}
                Sight::Open => open = open.or(route.classes),
                Sight::StandIn => open.content = true,
            }
        }
        let hidden = !open.is_empty() && event.hidden().meets(open);
        if hidden { Verdict::Unknown } else { Verdict::No }
    }

    fn look(&self, event: &Object, steps: &[Box<str>]) -> Sight {
        let Some((first, rest)) = steps.split_first() else {
            return if self.anywhere(event) { Sight::Hit } else { Sight::Open };
        };
        event.get(first).map_or(Sight::Open, |value| self.descend(value, rest))
    }

    /// Free text looks through all values but the digests of a leaf and the time.
    fn anywhere(&self, event: &Object) -> bool {
        let apart = ["content", "identity", "evidence", "timestamp", "v"];
        let mut members = event.iter().filter(|(name, _)| !apart.contains(name));
        members.any(|(_, value)| self.test(value) == Sight::Hit)
    }

    fn descend(&self, value: &Value, steps: &[Box<str>]) -> Sight {
        let Some((step, rest)) = steps.split_first() else { return self.test(value) };
        match value {
            Value::Object(object) => match object.get(step) {
                Some(value) => self.descend(value, rest),
                None => Sight::Open,
            },
            Value::List(list) => self.any(list, |element| self.descend(element, steps)),
            _ => Sight::Miss,
        }
    }

    /// One element is enough. Arrays are never split between a leaf and its disclosures.
    fn any(&self, list: &[Value], see: impl Fn(&Value) -> Sight) -> Sight {
        let mut sight = Sight::Miss;
        for element in list {
            match see(element) {
                Sight::Hit => return Sight::Hit,
                Sight::StandIn => sight = Sight::StandIn,
                Sight::Miss | Sight::Open => {}
            }
        }
        sight
    }

    /// The test of a value, or of any value inside it.
    fn test(&self, value: &Value) -> Sight {
        let hit = match (value, &self.check) {
            (Value::Null, _) => false,
            (_, Check::Present) => true,
            (Value::List(list), _) => return self.any(list, |element| self.test(element)),
            (Value::Object(object), _) => {
                let hit = object.iter().any(|(_, inner)| self.test(inner) == Sight::Hit);
                return if hit { Sight::Hit } else { Sight::Open };
            }
            (Value::Text(text), check) => {
                let hit = check.text(text);
                if !hit && is_stand_in(text) {
                    return Sight::StandIn;
                }
                hit
            }
            (Value::Number(number), check) => check.number(number.as_f64()),
            (Value::Bool(flag), check) => check.flag(*flag),
        };
        if hit { Sight::Hit } else { Sight::Miss }
    }

    /// The sum of the numbers that are there.
    fn total(&self, event: &dyn Fields) -> Verdict {
        let mut sum = None;
        for route in &self.routes {
            if let Some(value) = find(event.members(), &route.steps).and_then(Value::as_f64) {
                sum = Some(sum.unwrap_or(0.0) + value);
            }
        }
        let passes = |sum| self.check.number(sum) || matches!(self.check, Check::Present);
        if sum.is_some_and(passes) { Verdict::Yes } else { Verdict::No }
    }

    /// No entry tells its tenant, so that a document alone leaves it open.
    fn tenant(&self, event: &dyn Fields) -> Verdict {
        match event.tenant() {
            None => Verdict::Unknown,
            Some(tenant) if self.check.text(tenant) => Verdict::Yes,
            Some(_) => Verdict::No,
        }
    }
}

fn find<'v>(object: &'v Object, steps: &[Box<str>]) -> Option<&'v Value> {
    let (first, rest) = steps.split_first()?;
    rest.iter().try_fold(object.get(first)?, |value, step| value.as_object()?.get(step))
}

fn is_of_type(event: &dyn Fields, types: &[&str]) -> bool {
    let kind = event.members().object("action").and_then(|action| action.str("type"));
    kind.is_some_and(|kind| types.contains(&kind))
}

impl Check {
    fn new(test: &Test, exact: bool) -> Self {
        let words = |text: &str| Words {
            text: Needle::new(text, exact),
            number: Number::parse(text).map(|number| number.as_f64()),
            flag: match text.to_ascii_lowercase().as_str() {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            },
        };
        match test {
            Test::Present => Check::Present,
            Test::Is(text) => Check::Is(words(text)),
            Test::Has(text) => Check::Has(words(text)),
            Test::Like(glob) => Check::Like(Pattern::new(glob, exact)),
            Test::Number(op, value) => Check::Number(*op, *value),
            Test::Between(from, to) => Check::Between(*from, *to),
            Test::Flag(flag) => Check::Flag(*flag),
            Test::Time { from, until } => Check::Time {
                from: from.map(Timestamp::to_text),
                until: until.map(Timestamp::to_text),
            },
        }
    }

    fn text(&self, text: &str) -> bool {
        match self {
            Check::Present => true,
            Check::Is(words) => words.text.is(text),
            Check::Has(words) => words.text.is_within(text),
            Check::Like(pattern) => pattern.matches(text),
            Check::Time { from, until } => {
                // The canonical text of a time sorts as the time does.
                let written = |time: &[u8; 27]| text.as_bytes().cmp(time.as_slice());
                from.as_ref().is_none_or(|from| written(from).is_ge())
                    && until.as_ref().is_none_or(|until| written(until).is_lt())
            }
            Check::Number(..) | Check::Between(..) | Check::Flag(_) => false,
        }
    }

    fn number(&self, number: f64) -> bool {
        match self {
            Check::Is(words) | Check::Has(words) => words.number == Some(number),
            Check::Number(op, value) => op.holds(number, *value),
            Check::Between(from, to) => (*from..=*to).contains(&number),
            _ => false,
        }
    }

    fn flag(&self, flag: bool) -> bool {
        match self {
            Check::Is(words) | Check::Has(words) => words.flag == Some(flag),
            Check::Flag(wanted) => flag == *wanted,
            _ => false,
        }
    }
}

//! Given a filter, gives the conditions in it that the trunk answers by itself: a span of time, by
//! which it leaves out what lies elsewhere unread, and what totals of pruned events can be asked.

use tacho_event::filter::{Expr, Term, Test};
use tacho_event::{Filter, Timestamp};
use tachograph::retain::Ask;

/// The time in which everything lies that a filter finds: from the first, before the second.
pub(crate) fn span(filter: &Filter) -> (Option<Timestamp>, Option<Timestamp>) {
    terms(filter.expr()).into_iter().fold((None, None), |(from, until), term| {
        let Some((first, end)) = time(term) else { return (from, until) };
        let earlier = match (until, end) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        (from.max(first), earlier)
    })
}

/// The filter as a question that totals answer, too; none where it asks for more than they tell.
pub(crate) fn ask(filter: &Filter) -> Option<Ask<'_>> {
    let (from, until) = span(filter);
    let mut ask = Ask { from, until, ..Ask::default() };
    let terms = match filter.expr() {
        Expr::All(parts) => parts.iter().map(term).collect::<Option<Vec<_>>>()?,
        part => vec![term(part)?],
    };
    for term in terms.into_iter().filter(|term| time(term).is_none()) {
        let slot = match step(term)? {
            ["action", "type"] => &mut ask.action,
            ["agent", "id"] => &mut ask.agent,
            _ => return None,
        };
        let Test::Is(said) = &term.test else { return None };
        // Without regard to case more may be meant than the one that is written.
        if !term.field.is_exact() || slot.replace(said).is_some_and(|other| other != said) {
            return None;
        }
    }
    Some(ask)
}

/// The terms that must hold of whatever is found.
fn terms(expr: &Expr) -> Vec<&Term> {
    match expr {
        Expr::All(parts) => parts.iter().flat_map(terms).collect(),
        Expr::Term(term) => vec![term],
        Expr::Any(_) | Expr::Not(_) => Vec::new(),
    }
}

fn term(expr: &Expr) -> Option<&Term> {
    match expr {
        Expr::Term(term) => Some(term),
        _ => None,
    }
}

/// What a term asks of an event's own time.
fn time(term: &Term) -> Option<(Option<Timestamp>, Option<Timestamp>)> {
    match (&term.test, term.field.places()) {
        (Test::Time { from, until }, [place]) if place.steps == ["timestamp"] => {
            Some((*from, *until))
        }
        _ => None,
    }
}

/// The place of a term that looks at one member of two steps, of events of every type.
fn step(term: &Term) -> Option<[&str; 2]> {
    match term.field.places() {
        [place] if place.only.is_empty() => match place.steps.as_slice() {
            [outer, inner] => Some([outer, inner]),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &str) -> Filter {
        Filter::parse(text, Timestamp::from_micros(1_800_000_000_000_000)).unwrap()
    }

    fn day(text: &str) -> Option<Timestamp> {
        Timestamp::parse(&format!("{text}T00:00:00.000000Z"))
    }

    #[test]
    fn a_span_is_what_holds_of_everything_that_is_found() {
        let of = |text: &str| span(&filter(text));
        let (march, june) = (day("2026-03-01"), day("2026-06-01"));
        assert_eq!(of("since:2026-03-01 until:2026-05-31 deploy"), (march, june));
        assert_eq!(of("(since:2026-01-01 agent:a) since:2026-03-01"), (march, None));
        assert_eq!(of("until:2026-05-31 until:2026-08-01"), (None, june));
        for text in ["agent:a", "since:2026-03-01 OR agent:a", "-since:2026-03-01"] {
            assert_eq!(of(text), (None, None), "{text}");
        }
    }

    #[test]
    fn totals_are_asked_what_they_can_tell_and_nothing_else() {
        let text = "type:tool agent:ops/release-manager since:2026-03-01";
        let filter_of = filter(text);
        let asked = ask(&filter_of).unwrap();
        assert_eq!(asked.action, Some("tool"));
        assert_eq!(asked.agent, Some("ops/release-manager"));
        assert_eq!((asked.from, asked.until), (day("2026-03-01"), None));
        for text in [
            "status:failure",
            "name:Bash",
            "agent:ops/*",
            "type:tool OR type:mcp",
            "-type:tool",
            "type:tool type:mcp",
            "deploy",
            "tool:Bash",
        ] {
            assert_eq!(ask(&filter(text)), None, "{text}");
        }
    }
}

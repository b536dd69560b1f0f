//! What a filter asks: the expression that the matcher follows and that becomes SQL elsewhere.

use super::names::Field;
use crate::time::Timestamp;

/// A condition on an event. [`Expr::all`], [`Expr::any`] and [`Expr::not`] keep it in the one
/// form that reading its text gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// Each of these holds; without any, every event matches.
    All(Vec<Expr>),
    /// At least one of these holds; without any, no event matches.
    Any(Vec<Expr>),
    /// This does not hold (and is not unknown).
    Not(Box<Expr>),
    /// The test of one field.
    Term(Term),
}

/// One field and what is asked of it. Of several places or a list, one that passes is enough.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// What is looked at.
    pub field: Field,
    /// What it must be.
    pub test: Test,
}

/// What is asked of a value. Text is compared without regard to case unless the field is an id
/// ([`Field::is_exact`]). A text that stands for a number or a boolean equals that, too.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// It is there.
    Present,
    /// It is this text.
    Is(String),
    /// It is a text of this form, from its first to its last character.
    Like(Glob),
    /// It is a text that contains this one.
    Has(String),
    /// It is a number that compares so with this one.
    Number(Op, f64),
    /// It is a number from the first to the second, both included.
    Between(f64, f64),
    /// It is `true` or `false`.
    Flag(bool),
    /// It is a time that is not before `from` and is before `until`, where they are given.
    Time {
        /// The first instant that passes.
        from: Option<Timestamp>,
        /// The first instant after those that pass.
        until: Option<Timestamp>,
    },
}

/// How a number compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `=`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Op {
    /// As written in a filter.
    pub fn as_str(self) -> &'static str {
        match self {
            Op::Equal => "=",
            Op::Less => "<",
            Op::LessOrEqual => "<=",
            Op::Greater => ">",
            Op::GreaterOrEqual => ">=",
        }
    }

    /// True if `a` compares so with `b`.
    pub fn holds<T: PartialOrd>(self, a: T, b: T) -> bool {
        match self {
            Op::Equal => a == b,
            Op::Less => a < b,
            Op::LessOrEqual => a <= b,
            Op::Greater => a > b,
            Op::GreaterOrEqual => a >= b,
        }
    }
}

/// A text with holes: `ops/*` is the pieces `ops/` and the empty one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    pieces: Vec<String>,
}

impl Glob {
    /// The text whose pieces stand between its stars; neighbouring stars are one. `None` without
    /// a star.
    pub fn new(pieces: Vec<String>) -> Option<Self> {
        if pieces.len() < 2 {
            return None;
        }
        let last = pieces.len() - 1;
        let mut at = 0;
        let mut kept = pieces;
        kept.retain(|piece| {
            let inner = at > 0 && at < last;
            at += 1;
            !(inner && piece.is_empty())
        });
        Some(Self { pieces: kept })
    }

    /// What stands before, between and after its stars: at least two pieces.
    pub fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// True for `*`.
    pub fn is_anything(&self) -> bool {
        self.pieces.iter().all(String::is_empty)
    }
}

impl Expr {
    /// Every event.
    pub fn everything() -> Self {
        Expr::All(Vec::new())
    }

    /// Each of `parts`.
    pub fn all(parts: Vec<Expr>) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Expr::All(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        single(flat).unwrap_or_else(Expr::All)
    }

    /// At least one of `parts`.
    pub fn any(parts: Vec<Expr>) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Expr::Any(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.is_empty() {
            return Expr::not(Expr::everything());
        }
        single(flat).unwrap_or_else(Expr::Any)
    }

    /// Not `part`.
    #[expect(clippy::should_implement_trait, reason = "a constructor beside `all` and `any`")]
    pub fn not(part: Expr) -> Self {
        match part {
            Expr::Not(inner) => *inner,
            other => Expr::Not(Box::new(other)),
        }
    }

    /// The test of one field.
    pub fn term(field: Field, test: Test) -> Self {
        Expr::Term(Term { field, test })
    }
}

/// The only one of `parts`, or all of them back.
fn single(mut parts: Vec<Expr>) -> Result<Expr, Vec<Expr>> {
    match parts.pop() {
        Some(only) if parts.is_empty() => Ok(only),
        Some(last) => {
            parts.push(last);
            Err(parts)
        }
        None => Err(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(name: &str) -> Expr {
        Expr::term(Field::everywhere(), Test::Has(name.into()))
    }

    #[test]
    fn constructors_leave_one_form() {
        let nested = Expr::all(vec![Expr::all(vec![term("a"), term("b")]), term("c")]);
        assert_eq!(nested, Expr::All(vec![term("a"), term("b"), term("c")]));
        assert_eq!(Expr::any(vec![Expr::any(vec![term("a")])]), term("a"));
        assert_eq!(Expr::not(Expr::not(term("a"))), term("a"));
        assert_eq!(Expr::any(vec![]), Expr::not(Expr::everything()));
    }

    #[test]
    fn neighbouring_stars_are_one() {
        let pieces = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let glob = Glob::new(pieces(&["", "", "a", "", "b", ""])).unwrap();
        assert_eq!(glob.pieces(), pieces(&["", "a", "b", ""]));
        assert!(Glob::new(pieces(&["", "", ""])).unwrap().is_anything());
        assert_eq!(Glob::new(pieces(&["a"])), None);
    }
}

//! The text of an expression: what [`super::Filter::parse`] reads back as the same expression.

use super::expr::{Expr, Glob, Op, Term, Test};
use super::names::{Field, Reading};
use std::fmt;

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::All(parts) if parts.is_empty() => f.write_str("*"),
            Expr::Any(parts) if parts.is_empty() => f.write_str("-*"),
            Expr::All(parts) => joined(
                parts,
                " ",
                f,
                |part| matches!(part, Expr::Any(inner) if same_field(inner).is_none()),
            ),
            Expr::Any(parts) => match same_field(parts) {
                None => joined(parts, " OR ", f, |_| false),
                Some(field) => {
                    write!(f, "{}:(", field.name())?;
                    for (i, part) in parts.iter().enumerate() {
                        f.write_str(if i > 0 { " OR " } else { "" })?;
                        if let Expr::Term(term) = part {
                            write!(f, "{}", ValueText { term, bare: true })?;
                        }
                    }
                    f.write_str(")")
                }
            },
            Expr::Not(part) => match &**part {
                Expr::Any(inner) if same_field(inner).is_some() => write!(f, "-{part}"),
                Expr::Term(_) => write!(f, "-{part}"),
                Expr::All(inner) if inner.is_empty() => write!(f, "-{part}"),
                _ => write!(f, "-({part})"),
            },
            Expr::Term(term) => term.fmt(f),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let free = self.field.is_everywhere();
        if !free {
            write!(f, "{}:", self.field.name())?;
        }
        write!(f, "{}", ValueText { term: self, bare: free })
    }
}

fn joined(
    parts: &[Expr],
    between: &str,
    f: &mut fmt::Formatter<'_>,
    parentheses: impl Fn(&Expr) -> bool,
) -> fmt::Result {
    for (i, part) in parts.iter().enumerate() {
        f.write_str(if i > 0 { between } else { "" })?;
        if parentheses(part) { write!(f, "({part})")? } else { write!(f, "{part}")? }
    }
    Ok(())
}

/// The field that all of several terms ask about, if they are written as one group.
fn same_field(parts: &[Expr]) -> Option<&Field> {
    let mut fields = parts.iter().map(|part| match part {
        Expr::Term(term) if !term.field.is_everywhere() => Some(&term.field),
        _ => None,
    });
    let first = fields.next()??;
    (parts.len() > 1 && fields.all(|field| field == Some(first))).then_some(first)
}

/// What stands after the colon of a term; `bare` where it stands without one.
struct ValueText<'a> {
    term: &'a Term,
    bare: bool,
}

impl fmt::Display for ValueText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Term { field, test } = self.term;
        let within = matches!(field.reading(), Reading::Text | Reading::AnyText);
        match test {
            Test::Present => f.write_str("*"),
            Test::Is(text) if within => write!(f, "={}", self.quoted(text)),
            Test::Is(text) | Test::Has(text) => f.write_str(&self.quoted(text)),
            Test::Like(glob) => f.write_str(&self.escaped(glob)),
            Test::Number(Op::Equal, value) => match field.reading() {
                Reading::Number | Reading::Millis => write!(f, "{value}"),
                _ => write!(f, "{value}..{value}"),
            },
            Test::Number(op, value) => write!(f, "{}{value}", op.as_str()),
            Test::Between(from, to) => write!(f, "{from}..{to}"),
            Test::Flag(flag) => write!(f, "{flag}"),
            Test::Time { from: Some(from), until: Some(until) } => write!(f, "{from}..{until}"),
            Test::Time { from: Some(from), until: None } => write!(f, ">={from}"),
            Test::Time { from: None, until: Some(until) } => write!(f, "<{until}"),
            Test::Time { from: None, until: None } => f.write_str("*"),
        }
    }
}

impl ValueText<'_> {
    /// The text itself where nothing in it has a meaning, else in quotes.
    fn quoted(&self, text: &str) -> String {
        let special = |c: char| c.is_whitespace() || c.is_control() || "()\"\\*".contains(c);
        let begins = text.starts_with(['=', '<', '>', '-']);
        let keyword = matches!(text, "AND" | "OR" | "NOT");
        let colon = self.bare && text.contains(':');
        let range = text.contains("..");
        if !(text.is_empty() || text.contains(special) || begins || keyword || colon || range) {
            return text.to_owned();
        }
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }

    /// The pieces with stars between them, and `\` before all that has a meaning.
    fn escaped(&self, glob: &Glob) -> String {
        let mut text = String::new();
        for (i, piece) in glob.pieces().iter().enumerate() {
            if i > 0 {
                text.push('*');
            }
            for c in piece.chars() {
                let begins = text.is_empty() && "=<>-".contains(c);
                let special = c.is_whitespace() || "()\"\\*".contains(c) || self.bare && c == ':';
                if begins || special {
                    text.push('\\');
                }
                text.push(c);
            }
        }
        text
    }
}

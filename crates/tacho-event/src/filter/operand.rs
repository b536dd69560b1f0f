//! Given what stands after a field's colon, gives the test it means for that field.

use super::expr::{Expr, Glob, Op, Test};
use super::names::{Field, Found, How, Reading, Wrong};
use super::parse::clip;
use super::times::Stretch;
use crate::json::Number;
use crate::shape::nearest;
use crate::time::{Span, Timestamp};

/// What stands after a colon, as written.
#[derive(Debug)]
pub(super) struct Operand {
    pub(super) op: Option<Op>,
    /// What stands between its stars: one piece if it has none.
    pub(super) pieces: Vec<String>,
    /// True for a phrase: it has neither stars nor a range.
    pub(super) quoted: bool,
}

/// The condition that `operand` means for a field.
pub(super) fn read(found: &Found, operand: Operand, now: Timestamp) -> Result<Expr, Wrong> {
    let field = &found.field;
    let Operand { op, pieces, quoted } = operand;
    let plain = |test| Ok(Expr::term(field.clone(), test));
    let text = match (Glob::new(pieces.clone()), pieces.into_iter().next()) {
        (Some(_), _) if op.is_some_and(|op| op != Op::Equal) => {
            return Err(wrong("a `*` cannot be compared", "it stands for any text"));
        }
        (Some(glob), _) if glob.is_anything() => return Ok(present(field)),
        (Some(glob), _) => return like(field, glob),
        (None, text) => text.unwrap_or_default(),
    };
    if text.is_empty() && !quoted {
        return Err(wrong("nothing stands to compare with", "as in `cost:>0.5`"));
    }
    match field.reading() {
        Reading::Word(words) => match op {
            None | Some(Op::Equal) => plain(Test::Is(word(field, words, &text)?.to_owned())),
            Some(_) => Err(not_ordered(field)),
        },
        Reading::Rank(words) => ranked(field, words, op, &text),
        Reading::Id | Reading::Name => match op {
            None | Some(Op::Equal) => plain(Test::Is(text)),
            Some(_) => Err(not_ordered(field)),
        },
        Reading::Text => match op {
            None => plain(Test::Has(text)),
            Some(Op::Equal) => plain(Test::Is(text)),
            Some(_) => Err(not_ordered(field)),
        },
        Reading::Number => plain(numeric(field, op, &text, number)?),
        Reading::Millis => plain(numeric(field, op, &text, millis)?),
        Reading::Flag => match (op, text.to_ascii_lowercase().as_str()) {
            (None | Some(Op::Equal), "true") => plain(Test::Flag(true)),
            (None | Some(Op::Equal), "false") => plain(Test::Flag(false)),
            _ => {
                Err(wrong(format!("`{}` is true or false", field.name()), "as in `sensitive:true`"))
            }
        },
        Reading::Time => plain(time(found.how, op, &text, now)?),
        Reading::AnyName | Reading::AnyText => plain(any(field, op, text, quoted)?),
    }
}

fn wrong(what: impl Into<String>, hint: impl Into<String>) -> Wrong {
    (what.into(), hint.into())
}

fn not_ordered(field: &Field) -> Wrong {
    let what = format!("`{}` is text and has no greater or less", field.name());
    wrong(what, "numbers and times have; put text that begins with `<` or `>` in quotes")
}

/// Free text that is anything at all is no condition.
fn present(field: &Field) -> Expr {
    if field.is_everywhere() {
        return Expr::everything();
    }
    Expr::term(field.clone(), Test::Present)
}

fn like(field: &Field, glob: Glob) -> Result<Expr, Wrong> {
    match field.reading() {
        Reading::Word(words) | Reading::Rank(words) => {
            let pattern = super::needle::Pattern::new(&glob, false);
            let words = words.iter().filter(|word| pattern.matches(word));
            let found: Vec<Expr> = words.map(|word| is(field, word)).collect();
            if found.is_empty() { Err(no_word(field, "")) } else { Ok(Expr::any(found)) }
        }
        Reading::Number | Reading::Millis | Reading::Flag | Reading::Time => {
            let what = format!("`*` alone can stand for a value of `{}`", field.name());
            Err(wrong(what, "a range is written `1..10`"))
        }
        _ => Ok(Expr::term(field.clone(), Test::Like(glob))),
    }
}

fn is(field: &Field, word: &str) -> Expr {
    Expr::term(field.clone(), Test::Is(word.to_owned()))
}

/// The word of a closed list, in whatever case it was typed.
fn word(field: &Field, words: &[&'static str], typed: &str) -> Result<&'static str, Wrong> {
    let found = words.iter().find(|word| word.eq_ignore_ascii_case(typed));
    found.copied().ok_or_else(|| no_word(field, typed))
}

fn no_word(field: &Field, typed: &str) -> Wrong {
    let (Reading::Word(words) | Reading::Rank(words)) = field.reading() else {
        return wrong("is no word", "");
    };
    let hint = match nearest(typed, words.iter().copied()).or_else(|| begins_like(typed, words)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("one of: {}", words.join(", ")),
    };
    wrong(format!("no `{}` is called so", field.name()), hint)
}

/// `warn` for `warning`, `failed` for `failure`: the word that begins most like what was typed.
fn begins_like(typed: &str, words: &[&'static str]) -> Option<&'static str> {
    let typed = typed.to_ascii_lowercase();
    let shared = |word: &str| word.bytes().zip(typed.bytes()).take_while(|(a, b)| a == b).count();
    words.iter().copied().filter(|word| shared(word) >= 3).max_by_key(|word| shared(word))
}

/// The words of a list that compare so with one of them.
fn ranked(
    field: &Field,
    words: &[&'static str],
    op: Option<Op>,
    text: &str,
) -> Result<Expr, Wrong> {
    let edge = word(field, words, text)?;
    let rank = |word: &str| words.iter().position(|other| *other == word);
    let op = op.unwrap_or(Op::Equal);
    let found = words.iter().filter(|word| op.holds(rank(word), rank(edge)));
    let found: Vec<Expr> = found.map(|word| is(field, word)).collect();
    if found.is_empty() {
        let what = format!("nothing is {} {edge}", op.as_str());
        return Err(wrong(what, format!("the order is: {}", words.join(", "))));
    }
    Ok(Expr::any(found))
}

fn number(text: &str) -> Option<f64> {
    Number::parse(text).map(|number| number.as_f64())
}

/// Milliseconds, or a number and a unit of time: `250`, `2s`, `1.5h`.
fn millis(text: &str) -> Option<f64> {
    if let Some(plain) = number(text) {
        return Some(plain);
    }
    let (amount, unit) = text.split_at_checked(text.find(|c: char| c.is_ascii_alphabetic())?)?;
    let unit = Span::parse(&format!("1{unit}"))?;
    let millis = number(amount)? * (unit.micros() as f64) / 1000.0;
    millis.is_finite().then_some(millis)
}

fn numeric(
    field: &Field,
    op: Option<Op>,
    text: &str,
    read: fn(&str) -> Option<f64>,
) -> Result<Test, Wrong> {
    if op.is_none()
        && let Some((from, to)) = text.split_once("..")
    {
        return range(from, to, read).unwrap_or_else(|| Err(no_number(field, text)));
    }
    let value = read(text).ok_or_else(|| no_number(field, text))?;
    Ok(Test::Number(op.unwrap_or(Op::Equal), value))
}

/// `1..10`, `1..`, `..10`; `None` if an end is no number.
fn range(from: &str, to: &str, read: fn(&str) -> Option<f64>) -> Option<Result<Test, Wrong>> {
    let test = match (from, to) {
        ("", "") => return None,
        (from, "") => Test::Number(Op::GreaterOrEqual, read(from)?),
        ("", to) => Test::Number(Op::LessOrEqual, read(to)?),
        (from, to) => {
            let (from, to) = (read(from)?, read(to)?);
            if from > to {
                return Some(Err(wrong("the range ends before it begins", "as in `1..10`")));
            }
            Test::Between(from, to)
        }
    };
    Some(Ok(test))
}

fn no_number(field: &Field, text: &str) -> Wrong {
    let hint = match field.reading() {
        Reading::Millis => "milliseconds or a length of time, as in `>2s`, `250ms..1m`",
        _ => "as in `5`, `>0.5`, `1..10`",
    };
    wrong(format!("`{}` is a number, not `{}`", field.name(), clip(text)), hint)
}

fn time(how: How, op: Option<Op>, text: &str, now: Timestamp) -> Result<Test, Wrong> {
    let parse = |text: &str| {
        Stretch::parse(text, now).ok_or_else(|| {
            let hint = "as in `24h`, `today`, `2026-01`, `2026-01-31`, `2026-01-31T10:30:00Z`";
            wrong(format!("`{}` is no time", clip(text)), hint)
        })
    };
    match (how, op) {
        (How::Plain, Some(op)) => Ok(parse(text)?.compared(op)),
        (How::Since | How::Until, Some(_)) => {
            Err(wrong("`since` and `until` take a time alone", "compare with `timestamp:`"))
        }
        (How::Since, None) => Ok(parse(text)?.since()),
        (How::Until, None) => Ok(parse(text)?.until()),
        (How::Plain, None) => match text.split_once("..") {
            None => Ok(parse(text)?.at()),
            Some((from, "")) => Ok(parse(from)?.since()),
            Some(("", to)) => Ok(parse(to)?.until()),
            Some((from, to)) => parse(from)?.to(parse(to)?).ok_or_else(|| {
                wrong("nothing lies in this range", "as in `2026-01-01..2026-01-31`")
            }),
        },
    }
}

/// A member that may hold anything: numbers compare, and a range must be one of numbers.
fn any(field: &Field, op: Option<Op>, text: String, quoted: bool) -> Result<Test, Wrong> {
    if op.is_none()
        && !quoted
        && let Some((from, to)) = text.split_once("..")
        && let Some(test) = range(from, to, number)
    {
        return test;
    }
    match op {
        None if field.reading() == Reading::AnyText => Ok(Test::Has(text)),
        None | Some(Op::Equal) => Ok(Test::Is(text)),
        Some(op) => match number(&text) {
            Some(value) => Ok(Test::Number(op, value)),
            None => Err(no_number(field, &text)),
        },
    }
}

//! Given the text of a filter, gives its expression, or every problem with its place.
//!
//! ```text
//! filter  = either
//! either  = every *( "OR" every )
//! every   = 1*( ["AND"] unary )
//! unary   = *( "NOT" / "-" ) primary
//! primary = "(" either ")" / name ":" operand / word / phrase
//! operand = [ "=" / "<" / "<=" / ">" / ">=" ] ( word / phrase ) / "(" either-of-operands ")"
//! ```
//! A word ends at a space or a parenthesis, a phrase at its second `"`; `\` takes the meaning from
//! the character after it. `AND`, `OR`, `NOT` are written in capitals.

use super::expr::{Expr, Op};
use super::names::{Field, Found, How, Reading, resolve};
use super::operand::{Operand, read};
use crate::limits;
use crate::time::Timestamp;
use std::fmt;
use std::ops::Range;

/// What is wrong with a filter, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The place in the text, in bytes.
    pub span: Range<usize>,
    /// What is wrong there.
    pub what: String,
    /// What to do about it.
    pub hint: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { span, what, hint } = self;
        write!(f, "{}..{}: {what}", span.start, span.end)?;
        if hint.is_empty() { Ok(()) } else { write!(f, " ({hint})") }
    }
}

impl std::error::Error for Problem {}

pub(super) fn parse(text: &str, now: Timestamp) -> Result<Expr, Vec<Problem>> {
    if text.len() > limits::FILTER_BYTES_MAX {
        let what = format!("the filter is longer than {} bytes", limits::FILTER_BYTES_MAX);
        let span = limits::FILTER_BYTES_MAX..text.len();
        return Err(vec![Problem { span, what, hint: "ask in several steps".into() }]);
    }
    let mut parser = Parser { text, at: 0, depth: 0, now, problems: Vec::new(), stopped: false };
    parser.space();
    if parser.rest().is_empty() {
        return Ok(Expr::everything());
    }
    let mut parts = vec![parser.either(None, 0..0)];
    while parser.peek() == Some(')') {
        parser.problem(parser.at..parser.at + 1, "this parenthesis closes nothing", "remove it");
        parser.at += 1;
        parser.space();
        if !parser.rest().is_empty() {
            parts.push(parser.either(None, 0..0));
        }
    }
    if parser.problems.is_empty() {
        return Ok(Expr::all(parts));
    }
    parser.problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
    Err(parser.problems)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    now: Timestamp,
    problems: Vec<Problem>,
    /// True once the rest is not read any more.
    stopped: bool,
}

/// The field whose values stand in the parentheses that are being read; without one, whole
/// conditions stand there. An unknown field is read over.
type Context<'f> = Option<&'f Result<Found, ()>>;

impl Parser<'_> {
    /// Conditions joined by OR; `place` is where they are missed if there are none.
    fn either(&mut self, of: Context<'_>, place: Range<usize>) -> Expr {
        let mut options = vec![self.every(of, place)];
        while let Some(span) = self.keyword("OR") {
            options.push(self.every(of, span));
        }
        Expr::any(options)
    }

    /// Conditions side by side.
    fn every(&mut self, of: Context<'_>, place: Range<usize>) -> Expr {
        let start = self.at;
        let mut parts = Vec::new();
        let mut and: Option<Range<usize>> = None;
        loop {
            if let Some(span) = self.keyword("AND") {
                if parts.is_empty() || and.is_some() {
                    self.problem(span.clone(), "nothing stands before this AND", "remove it");
                }
                and = Some(span);
                continue;
            }
            if matches!(self.peek(), None | Some(')')) || self.at_keyword("OR").is_some() {
                break;
            }
            parts.push(self.unary(of));
            and = None;
        }
        match and {
            Some(span) if !parts.is_empty() => {
                self.problem(span, "nothing stands after this AND", "remove it");
            }
            None if parts.is_empty() => {
                let end = self.at_keyword("OR").map_or(place.end, |or| or.end);
                let span = if place.is_empty() { start..end.max(start) } else { place };
                self.problem(span, "a condition is missing here", "as in `status:failure`");
            }
            _ => {}
        }
        self.one_word_at_a_time(of, &parts, start);
        Expr::all(parts)
    }

    /// `status:(failure denied)` can only be a slip: a status is one word.
    fn one_word_at_a_time(&mut self, of: Context<'_>, parts: &[Expr], start: usize) {
        let Some(Ok(found)) = of else { return };
        let closed = matches!(found.field.reading(), Reading::Word(_) | Reading::Rank(_));
        let words = parts.iter().filter(|part| matches!(part, Expr::Term(_))).count();
        if closed && words > 1 {
            let what = format!("an event has one `{}`", found.field.name());
            let end = self.text.get(..self.at).map_or(self.at, |text| text.trim_end().len());
            self.problem(start..end, what, "put OR between the words");
        }
    }

    fn unary(&mut self, of: Context<'_>) -> Expr {
        let mut negative = false;
        loop {
            if let Some(span) = self.keyword("NOT") {
                negative = !negative;
                let joins = self.at_keyword("OR").or(self.at_keyword("AND")).is_some();
                if joins || matches!(self.peek(), None | Some(')')) {
                    self.problem(span, "nothing stands after this NOT", "remove it");
                    return Expr::everything();
                }
                continue;
            }
            if self.peek() != Some('-') {
                break;
            }
            let dash = self.at..self.at + 1;
            self.at += 1;
            match self.peek() {
                None | Some('-' | ')') => {}
                Some(c) if c.is_whitespace() => {}
                Some(_) => {
                    negative = !negative;
                    continue;
                }
            }
            let hint = "put a word that begins with dashes in quotes";
            self.problem(dash, "this `-` negates nothing", hint);
            self.skip_word();
            return Expr::everything();
        }
        let part = self.primary(of);
        if negative { Expr::not(part) } else { part }
    }

    fn primary(&mut self, of: Context<'_>) -> Expr {
        match (self.peek(), of) {
            (Some('('), _) => self.group(of),
            (_, Some(found)) => self.operand(found),
            (Some('"'), None) => self.operand(&Ok(everywhere())),
            (_, None) => self.condition(),
        }
    }

    fn group(&mut self, of: Context<'_>) -> Expr {
        let open = self.at..self.at + 1;
        self.at += 1;
        if !self.enter(&open) {
            return Expr::everything();
        }
        self.space();
        let inner = self.either(of, open.clone());
        self.depth -= 1;
        if self.peek() == Some(')') {
            self.at += 1;
            self.space();
        } else if !self.stopped {
            self.problem(open, "this parenthesis is never closed", "add a `)`");
        }
        inner
    }

    /// One level deeper; at the limit the rest is not read.
    fn enter(&mut self, span: &Range<usize>) -> bool {
        if self.depth == limits::FILTER_DEPTH_MAX {
            let what = format!("nested deeper than {} parentheses", limits::FILTER_DEPTH_MAX);
            self.problem(span.clone(), what, "flatten it");
            self.stop();
            return false;
        }
        self.depth += 1;
        true
    }

    /// `name:operand`, or a word of free text.
    fn condition(&mut self) -> Expr {
        let start = self.at;
        let Some(length) = name_length(self.rest()) else {
            return self.operand(&Ok(everywhere()));
        };
        let span = start..start + length;
        let name = self.text.get(span.clone()).unwrap_or("");
        self.at = span.end + 1;
        let found = resolve(name).map_err(|(what, hint)| match (name, self.rest()) {
            ("", _) => {
                self.problem(start..start + 1, "a name belongs before `:`", "as in `type:tool`")
            }
            (_, url) if url.starts_with("//") => {
                self.problem(span.clone(), what, "text with a colon in it needs quotes");
            }
            _ => self.problem(span.clone(), what, hint),
        });
        match self.peek() {
            Some('(') => self.group(Some(&found)),
            None | Some(')') => self.no_value(span, name),
            Some(c) if c.is_whitespace() => self.no_value(span, name),
            Some(_) => self.operand(&found),
        }
    }

    fn no_value(&mut self, span: Range<usize>, name: &str) -> Expr {
        let hint = format!("`{}:*` finds events that have one", clip(name));
        self.problem(span.start..span.end + 1, "nothing stands after the colon", hint);
        self.space();
        Expr::everything()
    }

    fn operand(&mut self, found: &Result<Found, ()>) -> Expr {
        let start = self.at;
        let op = if is_free(found) { None } else { self.operator() };
        if op.is_some() && self.peek() == Some('(') {
            let hint = "as in `cost:(<0.1 OR >10)`";
            self.problem(start..self.at, "a comparison belongs inside the parentheses", hint);
            return self.group(Some(found));
        }
        let quoted = self.peek() == Some('"');
        let pieces = if quoted { vec![self.phrase()] } else { self.word() };
        let span = start..self.at;
        self.end_of_operand();
        let Ok(found) = found else { return Expr::everything() };
        let operand = Operand { op, pieces, quoted };
        let expr = match read(found, operand, self.now) {
            Ok(expr) => expr,
            Err((what, hint)) => {
                self.problem(span, what, hint);
                return Expr::everything();
            }
        };
        // What becomes several conditions is written with parentheses of its own.
        if matches!(expr, Expr::Any(_)) && self.enter(&span) {
            self.depth -= 1;
        }
        expr
    }

    fn operator(&mut self) -> Option<Op> {
        let all = [Op::GreaterOrEqual, Op::LessOrEqual, Op::Greater, Op::Less, Op::Equal];
        let op = all.into_iter().find(|op| self.rest().starts_with(op.as_str()))?;
        self.at += op.as_str().len();
        Some(op)
    }

    /// The text between quotes.
    fn phrase(&mut self) -> String {
        let open = self.at;
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.next() {
            match c {
                '"' => return text,
                '\\' => text.extend(self.next()),
                _ => text.push(c),
            }
        }
        self.problem(open..self.at, "this quote is never closed", "add a `\"`");
        text
    }

    /// The pieces of a word between its stars.
    fn word(&mut self) -> Vec<String> {
        let mut pieces = Vec::new();
        let mut piece = String::new();
        while let Some(c) = self.peek() {
            if c.is_whitespace() || matches!(c, '(' | ')') {
                break;
            }
            self.next();
            match c {
                '*' => pieces.push(std::mem::take(&mut piece)),
                '\\' => piece.extend(self.next()),
                _ => piece.push(c),
            }
        }
        pieces.push(piece);
        pieces
    }

    /// What follows a value must not be glued to it.
    fn end_of_operand(&mut self) {
        match self.peek() {
            None | Some(')') => {}
            Some(c) if c.is_whitespace() => self.space(),
            Some(c) => {
                let span = self.at..self.at + c.len_utf8();
                let hint = "put a space here, or all of it in quotes";
                self.problem(span, format!("`{c}` stands where a value has ended"), hint);
                self.skip_word();
            }
        }
    }

    /// Goes on after the next space.
    fn skip_word(&mut self) {
        let rest = self.rest();
        self.at += rest.find(char::is_whitespace).unwrap_or(rest.len());
        self.space();
    }

    /// Takes the keyword that stands here.
    fn keyword(&mut self, word: &str) -> Option<Range<usize>> {
        let span = self.at_keyword(word)?;
        self.at = span.end;
        self.space();
        Some(span)
    }

    fn at_keyword(&self, word: &str) -> Option<Range<usize>> {
        let after = self.rest().strip_prefix(word)?;
        let ends = after.chars().next().is_none_or(|c| c.is_whitespace() || "()\"".contains(c));
        ends.then(|| self.at..self.at + word.len())
    }

    fn problem(&mut self, span: Range<usize>, what: impl Into<String>, hint: impl Into<String>) {
        if self.problems.len() < limits::PROBLEMS_MAX {
            self.problems.push(Problem { span, what: what.into(), hint: hint.into() });
        } else {
            // Nobody reads further: so does the parser.
            self.stop();
        }
    }

    /// Leaves the rest unread.
    fn stop(&mut self) {
        self.at = self.text.len();
        self.stopped = true;
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }
}

fn everywhere() -> Found {
    Found { field: Field::everywhere(), how: How::Plain }
}

fn is_free(found: &Result<Found, ()>) -> bool {
    found.as_ref().is_ok_and(|found| found.field.is_everywhere())
}

/// How long the name before an unescaped colon is, if the word that starts here has one.
fn name_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ':' => return Some(at),
            '(' | ')' | '"' => return None,
            c if c.is_whitespace() => return None,
            _ => {}
        }
    }
    None
}

/// What a problem quotes of a text: enough to recognise it, and nothing that a terminal obeys.
pub(super) fn clip(text: &str) -> String {
    let quiet = |c: char| match c {
        '"' | '\'' | '\\' => c.to_string(),
        _ => c.escape_debug().to_string(),
    };
    text.chars().take(40).map(quiet).collect()
}

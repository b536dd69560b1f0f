//! Given an event as far as its reader may see it, gives one line that tells what happened:
//! `Bash git log --oneline -10 -> exit 0`. Commands and pages show the same line.
//!
//! What an attacker wrote reaches the line only as visible characters ([`visible`]), and a line
//! never grows beyond what was asked for. A leaf whose content is hidden gives a shorter line, not
//! a guess.

mod outcome;
mod visible;
mod what;

pub use visible::visible;

use crate::json::{Object, Value};
use std::fmt::Write;

/// One line that tells what `event` did and how it ended, of `chars_max` characters at most.
/// `event` is a leaf, or the whole event.
pub fn line(event: &Object, chars_max: usize) -> String {
    let mut line = Line { text: String::new(), room: chars_max.saturating_mul(2) };
    what::say(event, &mut line);
    let mut end = Line { text: String::new(), room: chars_max };
    outcome::say(event, &mut end);
    join(&line.text, &end.text, chars_max)
}

/// `what -> end`; where both have no room, what happened is cut and how it ended stays.
fn join(what: &str, end: &str, chars_max: usize) -> String {
    if end.is_empty() {
        return cut(what, chars_max);
    }
    let end = cut(end, chars_max.saturating_sub(4) / 2);
    let room = chars_max.saturating_sub(end.chars().count() + 4);
    format!("{} -> {end}", cut(what, room))
}

/// The first characters of `text`, with `...` where something is left out.
fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars_max.saturating_sub(3)).collect();
    format!("{}{}", kept.trim_end(), if chars_max < 3 { "" } else { "..." })
}

/// Words with one space between them, each made visible, of bounded length.
struct Line {
    text: String,
    room: usize,
}

impl Line {
    fn word(&mut self, word: &str) -> &mut Self {
        if word.is_empty() || self.room == 0 {
            return self;
        }
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        // A megabyte of output costs no more than its beginning.
        let head: String = word.chars().take(self.room).collect();
        self.room = self.room.saturating_sub(head.chars().count() + 1);
        self.text.push_str(&visible(&head));
        self
    }

    fn some(&mut self, word: Option<&str>) -> &mut Self {
        self.word(word.unwrap_or_default())
    }

    /// A value as a word: a text as it is, anything else as JSON.
    fn value(&mut self, value: Option<&Value>) -> &mut Self {
        match value {
            None | Some(Value::Null) => self,
            Some(Value::Text(text)) => self.word(text),
            Some(other) => self.word(&other.to_json()),
        }
    }

    fn value_or(&mut self, value: Option<&Value>, word: Option<&str>) -> &mut Self {
        if value.is_some() { self.value(value) } else { self.some(word) }
    }

    fn written(&mut self, word: std::fmt::Arguments<'_>) -> &mut Self {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = text.write_fmt(word);
        self.word(&text)
    }
}

#[cfg(test)]
mod tests;

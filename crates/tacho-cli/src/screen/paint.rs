//! Colours, where the reader has them: a status is seen before it is read.

use super::Colour;

/// Paints words, or leaves them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    is_on: bool,
}

impl Paint {
    #[expect(clippy::disallowed_methods, reason = "NO_COLOR and TERM are how a terminal is asked")]
    pub(super) fn new(colour: Colour, is_terminal: bool) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        let is_on = match colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto if set("NO_COLOR") => false,
            Colour::Auto if set("CLICOLOR_FORCE") => true,
            Colour::Auto => is_terminal && !is_dumb,
        };
        Self { is_on }
    }

    /// A word that is known to be good or bad, in its colour; any other as it is.
    pub(crate) fn word(self, text: &str) -> String {
        match text {
            "success" | "yes" | "ok" => self.good(text),
            "failure" | "timeout" | "error" | "critical" | "no" => self.bad(text),
            "denied" | "partial" | "cancelled" | "retry" | "warning" | "gap" => self.odd(text),
            _ => text.to_owned(),
        }
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.with("31", text)
    }

    pub(crate) fn odd(self, text: &str) -> String {
        self.with("33", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.is_on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

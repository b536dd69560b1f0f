//! A long answer at a terminal, through the reader's own pager.

use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};

/// A pager at work.
pub(super) struct Pager {
    child: Child,
    input: Option<ChildStdin>,
}

impl Pager {
    /// Starts `$TACHO_PAGER`, else `$PAGER`, else less; none if there is none, or nobody wants one.
    #[expect(clippy::disallowed_methods, reason = "PAGER is how a terminal is asked")]
    pub(super) fn start() -> Option<Self> {
        let said = |name| std::env::var(name).ok();
        // A terminal that cannot do more than lines makes pagers complain.
        said("TERM").filter(|term| !term.is_empty() && term != "dumb")?;
        let line = said("TACHO_PAGER").or_else(|| said("PAGER"));
        let line = line.unwrap_or_else(|| "less".to_owned());
        let mut words = line.split_whitespace();
        let program = words.next().filter(|program| *program != "cat")?;
        let mut command = Command::new(program);
        command.args(words).stdin(Stdio::piped());
        if std::env::var_os("LESS").is_none() {
            // End where one page is enough, show colours, leave the text on the screen.
            command.env("LESS", "FRX");
        }
        let mut child = command.spawn().ok()?;
        let input = child.stdin.take();
        Some(Self { child, input })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.input.as_mut().map_or(Ok(()), |input| input.write_all(bytes))
    }

    pub(super) fn flush(&mut self) -> std::io::Result<()> {
        self.input.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Pager {
    /// The end of the text; then the reader reads as long as he likes.
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.wait();
    }
}

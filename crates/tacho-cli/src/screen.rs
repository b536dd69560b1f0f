//! Given rows and lines, shows them the way the reader wants: a person at a terminal gets columns
//! and colours, a program on a pipe gets NDJSON or TSV. Data goes to standard output, everything
//! else to standard error.

mod columns;
mod jq;
mod pager;
mod paint;
mod waiting;
mod when;

pub(crate) use columns::{Column, Row, Width, csv_line};
pub(crate) use paint::Paint;
pub(crate) use waiting::Waiting;
pub(crate) use when::Zone;

use crate::failure::{Exit, Failure};
use crate::given::Halves;
use jq::Jq;
use pager::Pager;
use std::borrow::Cow;
use std::io::{BufRead, BufWriter, ErrorKind, IsTerminal, Stdout, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tacho_event::json::{Object, Value};
use tacho_event::summary::visible;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Columns as wide as the terminal.
    Table,
    /// One JSON document, {"v":1,"rows":[...]}.
    Json,
    /// A JSON object a line.
    Ndjson,
    /// Comma-separated values with a header.
    Csv,
    /// Tab-separated values without a header.
    Tsv,
    /// A Markdown table.
    Md,
}

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Colour {
    /// At a terminal, unless NO_COLOR is set or TERM is `dumb`.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the reader asked for.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    pub(crate) format: Option<Format>,
    /// Members of each row that are wanted; none for all.
    pub(crate) fields: Vec<String>,
    pub(crate) jq: Option<String>,
    pub(crate) colour: Colour,
    pub(crate) zone: Zone,
    pub(crate) quiet: bool,
    pub(crate) raw: bool,
    /// A person at the terminal may be asked.
    pub(crate) asks: bool,
    /// Long answers may go through a pager.
    pub(crate) pages: bool,
}

/// What a list is, where nothing was asked for and the output is no terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nature {
    /// Events, one after the other: NDJSON on a pipe.
    Stream,
    /// A list of things: TSV on a pipe.
    List,
}

/// Where a command speaks.
pub(crate) struct Screen {
    out: BufWriter<Stdout>,
    pager: Option<Pager>,
    is_paging: Arc<AtomicBool>,
    /// What is being written, and goes when somebody interrupts.
    pub(crate) halves: Halves,
    pages: bool,
    notes: Vec<String>,
    pub(crate) format: Option<Format>,
    fields: Vec<String>,
    jq: Option<Jq>,
    pub(crate) paint: Paint,
    pub(crate) zone: Zone,
    pub(crate) width: usize,
    pub(crate) is_terminal: bool,
    quiet: bool,
    asks: bool,
    pub(crate) raw: bool,
}

impl Screen {
    pub(crate) fn new(wishes: Wishes) -> Result<Self, Failure> {
        let out = std::io::stdout();
        let is_terminal = out.is_terminal();
        let width = rustix::termios::tcgetwinsize(&out).map_or(0, |size| usize::from(size.ws_col));
        Ok(Self {
            paint: Paint::new(wishes.colour, is_terminal),
            out: BufWriter::with_capacity(1 << 16, out),
            format: wishes.format,
            fields: wishes.fields,
            jq: wishes.jq.as_deref().map(Jq::new).transpose()?,
            zone: wishes.zone,
            // What is no terminal has room.
            width: if width == 0 { 120 } else { width.clamp(40, 1000) },
            is_terminal,
            quiet: wishes.quiet,
            asks: wishes.asks,
            pager: None,
            is_paging: Arc::default(),
            halves: Halves::default(),
            notes: Vec::new(),
            // Whoever wants a form wants to keep it.
            pages: wishes.pages
                && is_terminal
                && wishes.format.is_none_or(|it| it == Format::Table),
            raw: wishes.raw,
        })
    }

    /// From here on Ctrl-C leaves a clean terminal and nothing half written, and ends with 130.
    pub(crate) fn heed_interruption(&self) {
        waiting::heed_interruption(self.is_paging.clone(), self.halves.clone());
    }

    /// The format of a list.
    pub(crate) fn format_of(&self, nature: Nature) -> Format {
        match (self.format, self.is_terminal, nature) {
            (Some(format), ..) => format,
            (None, ..) if self.jq.is_some() => Format::Ndjson,
            (None, true, _) => Format::Table,
            (None, false, Nature::Stream) => Format::Ndjson,
            (None, false, Nature::List) => Format::Tsv,
        }
    }

    /// True if the answer is wanted as JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.jq.is_some() || matches!(self.format, Some(Format::Json | Format::Ndjson))
    }

    /// Shows a list, row by row as they come.
    pub(crate) fn list(
        &mut self,
        nature: Nature,
        columns: &[Column],
        rows: impl Iterator<Item = Result<Row, Failure>>,
    ) -> Result<usize, Failure> {
        let format = self.format_of(nature);
        self.text(&columns::head(format, columns, self))?;
        let mut count = 0;
        for row in rows {
            if format == Format::Json && count > 0 {
                self.text(",")?;
            }
            self.row(nature, columns, row?)?;
            count += 1;
        }
        self.text(columns::foot(format))?;
        Ok(count)
    }

    /// Shows one row of a list.
    pub(crate) fn row(
        &mut self,
        nature: Nature,
        columns: &[Column],
        row: Row,
    ) -> Result<(), Failure> {
        let text = match self.format_of(nature) {
            Format::Json => Value::from(self.wanted(row.json)).to_json() + "\n",
            Format::Ndjson => self.lines(row.json)?,
            format => columns::line(format, columns, &row.cells, self),
        };
        self.text(&text)
    }

    /// Recorded text as it may be shown here.
    pub(crate) fn shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.raw { Cow::Borrowed(text) } else { visible(text) }
    }

    /// Shows one thing as JSON.
    pub(crate) fn json(&mut self, object: Object) -> Result<(), Failure> {
        let lines = self.lines(object)?;
        self.text(&lines)
    }

    /// Writes a line of data.
    pub(crate) fn line(&mut self, line: &str) -> Result<(), Failure> {
        self.text(line)?;
        self.text("\n")
    }

    /// Says something beside the data, to a person.
    pub(crate) fn note(&mut self, text: &str) {
        if !self.quiet {
            let _ = self.out.flush();
            if self.pager.is_some() {
                // The pager has the terminal; it is said when that is free again.
                self.notes.push(text.to_owned());
                return;
            }
            // Who closed standard error does not want to hear it.
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }

    /// From here on the answer goes through a pager, if a person reads it.
    pub(crate) fn page(&mut self) {
        if self.pages && self.jq.is_none() && self.pager.is_none() {
            // What was written before stands above.
            let _ = self.out.flush();
            self.pager = Pager::start();
            self.is_paging.store(self.pager.is_some(), Ordering::Relaxed);
        }
    }

    /// True if a person is there who can be asked.
    pub(crate) fn can_ask(&self) -> bool {
        self.asks && std::io::stdin().is_terminal()
    }

    /// Asks the person; true if the answer is yes.
    pub(crate) fn ask(&mut self, question: &str) -> bool {
        let _ = self.out.flush();
        // Who closed standard error cannot have been asked.
        if writeln!(std::io::stderr(), "{question}").is_err() {
            return false;
        }
        let mut answer = String::new();
        let _ = std::io::stdin().lock().read_line(&mut answer);
        matches!(answer.trim(), "y" | "Y" | "yes")
    }

    /// What was written reaches the reader now.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        let flushed = match &mut self.pager {
            Some(pager) => pager.flush(),
            None => self.out.flush(),
        };
        flushed.map_err(|error| silent(&error))
    }

    fn text(&mut self, text: &str) -> Result<(), Failure> {
        let written = match &mut self.pager {
            Some(pager) => pager.write(text.as_bytes()),
            None => self.out.write_all(text.as_bytes()),
        };
        written.map_err(|error| silent(&error))
    }

    fn lines(&self, object: Object) -> Result<String, Failure> {
        let object = self.wanted(object);
        match &self.jq {
            Some(jq) => jq.run(&Value::from(object)),
            None => Ok(Value::from(object).to_json() + "\n"),
        }
    }

    /// The members that are wanted: `agent.id` is the member `id` of `agent`.
    fn wanted(&self, object: Object) -> Object {
        if self.fields.is_empty() {
            return object;
        }
        let mut wanted = Object::new();
        for field in &self.fields {
            let pointer = format!("/{}", field.replace('.', "/"));
            if let Some(value) = object.at(&pointer) {
                wanted.insert(field.as_str(), value.clone());
            }
        }
        wanted
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.out.flush();
        self.pager = None;
        self.is_paging.store(false, Ordering::Relaxed);
        for note in &self.notes {
            let _ = writeln!(std::io::stderr(), "{note}");
        }
    }
}

/// Whoever reads us may stop reading: `| head` is no error.
fn silent(error: &std::io::Error) -> Failure {
    match error.kind() {
        ErrorKind::BrokenPipe => Failure::new(Exit::Yes, ""),
        _ => Failure::new(Exit::Unreachable, format!("cannot write the answer: {error}")),
    }
}

//! `tacho export`: events for other tools, all of them, with their count and digest.

use crate::failure::{Exit, Failure, Outcome};
use crate::given::{self, Halves, NewFile};
use crate::place::Place;
use crate::reader::{COLUMNS, Seen, Wanted, record_access};
use crate::screen::{Screen, Waiting, csv_line};
use sha2::{Digest, Sha256};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use tacho_event::dialect::{DIALECTS, Dialect};
use tacho_event::json::{Object, Value};
use tachograph::log::Order;

#[derive(Debug, clap::Args)]
#[command(after_help = "--to ndjson   an event a line (the usual)\n\
    --to csv      the columns of `tacho events`\n\
    --to tlog     the signed log as a directory of C2SP tlog-tiles, to be published; needs -o DIR\n\
    --to NAME     records as another system writes them: agent, agent_row, journal, interaction, \
    memory, provider, claude_code, ...")]
pub(crate) struct Ask {
    #[command(flatten)]
    wanted: Wanted,
    /// The new file or directory; else standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// In what form
    #[arg(long, value_name = "FORM", default_value = "ndjson")]
    to: String,
    /// Only this session
    #[arg(long, value_name = "ID")]
    session: Option<String>,
}

enum Form {
    Ndjson,
    Csv,
    Dialect(&'static Dialect),
    Tlog,
}

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    let form = Form::parse(&ask.to)?;
    let question = ask.wanted.read(Place::world().now())?;
    let log = place.log()?;
    if let Form::Tlog = form {
        let dir = ask.output.as_deref().ok_or_else(|| {
            Failure::usage("a published log is a directory").next("name a new one with -o DIR")
        })?;
        return tlog(place, screen, &log, dir);
    }
    let mut out = Out::new(ask.output.as_deref(), &screen.halves)?;
    if let Form::Csv = form {
        let titles: Vec<String> = COLUMNS.iter().map(|column| column.title.to_owned()).collect();
        out.write(&csv_line(&titles))?;
    }
    let query = question.query(Order::Oldest, ask.session.as_deref());
    let mut count = 0_usize;
    let waiting = Waiting::new(screen);
    for entry in log.query(query)? {
        let entry = entry?;
        waiting.tell("exporting", entry.index, log.size());
        if let Some(seen) = question.answer(&log, entry)? {
            out.write(&form.line(seen, screen, place))?;
            count += 1;
        }
    }
    waiting.end();
    let (bytes, digest) = out.end()?;
    screen.note(&format!("{count} events, {bytes} bytes, sha256 {digest}"));
    record_access(place, screen, "export", &ask.to, count);
    Ok(Exit::Yes)
}

impl Form {
    fn parse(name: &str) -> Result<Self, Failure> {
        Ok(match name {
            "ndjson" => Self::Ndjson,
            "csv" => Self::Csv,
            "tlog" => Self::Tlog,
            name => Self::Dialect(Dialect::named(name).ok_or_else(|| {
                let dialects = DIALECTS.iter().map(|dialect| dialect.name);
                let known: Vec<&str> =
                    ["ndjson", "csv", "tlog"].into_iter().chain(dialects).collect();
                Failure::usage(format!("`{name}` is no form of export"))
                    .next(format!("one of {}", known.join(", ")))
            })?),
        })
    }

    fn line(&self, seen: Seen, screen: &Screen, place: &Place) -> String {
        match self {
            Self::Csv => csv_line(&seen.row(screen).cells),
            Self::Dialect(dialect) => {
                let mut event = seen.event;
                event.insert("tenant", place.tenant.as_str());
                Value::from(dialect.write(&event)).to_json() + "\n"
            }
            Self::Ndjson | Self::Tlog => Value::from(seen.row(screen).json).to_json() + "\n",
        }
    }
}

fn tlog(place: &Place, screen: &mut Screen, log: &tachograph::Log, dir: &Path) -> Outcome {
    let head = given::fill_dir(dir, &screen.halves, |half| {
        log.export_tlog(half).map_err(super::prove::unproven)
    })?;
    if screen.is_json() {
        screen.json(Object::from([
            ("v", Value::from(1)),
            ("dir", Value::from(dir.display().to_string())),
            ("size", Value::from(head.size)),
            ("root", Value::from(head.root.to_string())),
        ]))?;
    } else {
        screen.line(&format!("{}: {} leaves, root {}", dir.display(), head.size, head.root))?;
    }
    record_access(
        place,
        screen,
        "export",
        "tlog",
        usize::try_from(head.size).unwrap_or(usize::MAX),
    );
    Ok(Exit::Yes)
}

/// Where an export goes; it is counted and hashed on its way.
struct Out {
    sink: BufWriter<Sink>,
    path: PathBuf,
    bytes: u64,
    hash: Sha256,
}

enum Sink {
    Stdout(std::io::Stdout),
    File(NewFile),
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::File(file) => file.flush(),
        }
    }
}

impl Out {
    fn new(path: Option<&Path>, halves: &Halves) -> Result<Self, Failure> {
        let sink = match path {
            Some(path) => Sink::File(NewFile::begin(path, halves)?),
            None => Sink::Stdout(std::io::stdout()),
        };
        let path = path.unwrap_or(Path::new("standard output")).to_owned();
        Ok(Self { sink: BufWriter::new(sink), path, bytes: 0, hash: Sha256::new() })
    }

    fn write(&mut self, text: &str) -> Result<(), Failure> {
        self.bytes += text.len() as u64;
        self.hash.update(text.as_bytes());
        self.sink.write_all(text.as_bytes()).map_err(|error| self.lost(&error))
    }

    fn end(mut self) -> Result<(u64, String), Failure> {
        self.sink.flush().map_err(|error| self.lost(&error))?;
        let Self { sink, path, bytes, hash } = self;
        let sink = sink.into_inner().map_err(|error| given::unwritten(&path, error.error()))?;
        if let Sink::File(file) = sink {
            file.end()?;
        }
        let digest = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok((bytes, digest))
    }

    fn lost(&self, error: &std::io::Error) -> Failure {
        // Whoever reads us may stop reading: `| head` is no error.
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Failure::new(Exit::Yes, "");
        }
        given::unwritten(&self.path, error)
    }
}

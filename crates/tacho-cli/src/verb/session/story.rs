//! A session told from its beginning: at a terminal step by step, or as Markdown for a colleague.

use crate::failure::{Exit, Failure, Outcome};
use crate::given;
use crate::place::Place;
use crate::reader::{Question, Seen, record_access, record_look};
use crate::screen::Screen;
use std::fmt::Write;
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use tacho_event::json::{Object, Value};
use tacho_event::summary::{self, visible};
use tachograph::log::{Order, Query};

#[derive(Debug, clap::Args)]
pub(crate) struct Replay {
    /// The session's id
    #[arg(value_name = "ID")]
    id: String,
    /// Wait for the return key after each step
    #[arg(long)]
    step: bool,
    /// Show what the log itself says, without content and names of people
    #[arg(long)]
    no_content: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// The session's id
    #[arg(value_name = "ID")]
    id: String,
    /// As Markdown; without, as NDJSON
    #[arg(long)]
    md: bool,
    /// The new file; else standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show what the log itself says, without content and names of people
    #[arg(long)]
    no_content: bool,
}

/// A session and what it amounts to.
struct Story {
    id: String,
    steps: Vec<Seen>,
    failed: usize,
    denied: usize,
    cost: f64,
    revealed: usize,
}

impl Story {
    fn read(place: &Place, id: &str, opens: bool) -> Result<Self, Failure> {
        let log = place.log()?;
        let question = Question { filter: None, opens };
        let query = Query { order: Order::Oldest, session: Some(id), ..Query::default() };
        let mut steps = Vec::new();
        for entry in log.query(query)? {
            steps.extend(question.answer(&log, entry?)?);
        }
        if steps.is_empty() {
            return Err(Failure::new(Exit::CannotTell, format!("no session is called `{id}`"))
                .next("`tacho session ls` lists them"));
        }
        let ended = |status: &str| {
            steps.iter().filter(|step| step.text("/outcome/status") == Some(status)).count()
        };
        let cost = |step: &Seen| step.event.at("/resources/cost_usd").and_then(Value::as_f64);
        Ok(Self {
            id: id.to_owned(),
            failed: ended("failure") + ended("timeout"),
            denied: ended("denied"),
            cost: steps.iter().filter_map(cost).sum(),
            revealed: steps.iter().filter(|step| step.revealed).count(),
            steps,
        })
    }

    /// Microseconds since the first step.
    fn since(&self, step: &Seen) -> i64 {
        let first = self.steps.first().and_then(Seen::time);
        let times = first.zip(step.time());
        times.map_or(0, |(first, time)| (time.micros() - first.micros()).max(0))
    }

    /// `47 events in 4:32.0, 3 failed, 1 denied, $0.34 estimated`
    fn told(&self) -> String {
        let lasted = self.steps.last().map_or(0, |last| self.since(last));
        let (count, failed, denied) = (self.steps.len(), self.failed, self.denied);
        let (lasted, cost) = (clock(lasted), self.cost);
        format!(
            "{count} events in {lasted}, {failed} failed, {denied} denied, ${cost:.2} estimated"
        )
    }
}

impl Seen {
    fn text(&self, pointer: &str) -> Option<&str> {
        self.event.at(pointer).and_then(Value::as_str)
    }

    /// Whether a reader should stop here: `*` a decision, `!` what went wrong, `?` what is unknown.
    fn sign(&self) -> char {
        match (self.text("/action/type"), self.text("/outcome/status")) {
            (Some("gap"), _) => '?',
            (Some("decision" | "approval" | "stop" | "alert"), _) => '*',
            (_, Some("failure" | "denied" | "timeout")) | (Some("error"), _) => '!',
            _ => ' ',
        }
    }

    /// What stood to choose from, a line each.
    fn options(&self) -> Vec<String> {
        let options = self.event.at("/action/decision/options_considered");
        let options = options.and_then(Value::as_list).unwrap_or_default();
        let chosen = self.text("/action/decision/chosen");
        let line = |option: &Value| {
            let name = option.at("/option").and_then(Value::as_str)?;
            let score = option.at("/score").and_then(Value::as_f64).unwrap_or(0.0);
            let bar = "#".repeat((score.clamp(0.0, 1.0) * 10.0).round() as usize);
            let why = option.at("/reasoning").and_then(Value::as_str).unwrap_or("");
            let mark = if chosen == Some(name) { "chosen" } else { "" };
            Some(format!("{name:16} {score:.2} {bar:10} {mark:6} {why}"))
        };
        options.iter().filter_map(line).collect()
    }
}

/// `4:32.0`
fn clock(micros: i64) -> String {
    let tenths = micros / 100_000;
    format!("{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}

pub(crate) fn replay(place: &Place, screen: &mut Screen, ask: &Replay) -> Outcome {
    let story = Story::read(place, &ask.id, !ask.no_content)?;
    if screen.is_json() {
        return replay_json(place, screen, story);
    }
    let agent = story.steps.iter().find_map(|step| step.text("/agent/id")).unwrap_or("-");
    if !ask.step {
        screen.page();
    }
    let title = screen.shown(&format!("{agent}  {}", story.id)).into_owned();
    let title = screen.paint.bold(&title);
    screen.line(&title)?;
    screen.line(&story.told())?;
    let mut input = std::io::stdin().lock();
    let waits = ask.step && std::io::stdin().is_terminal();
    for step in &story.steps {
        let sign = step.sign();
        let room = screen.width.saturating_sub(14);
        let what = summary::line(&step.event, room);
        let shown = screen.shown(&what);
        let what = match sign {
            '!' => screen.paint.bad(&shown),
            '*' | '?' => screen.paint.odd(&shown),
            _ => shown.into_owned(),
        };
        screen.line(&format!("{:>9}  {sign} {what}", clock(story.since(step))))?;
        for option in step.options() {
            let option = screen.shown(&option).trim_end().to_owned();
            screen.line(&format!("{:14}{option}", ""))?;
        }
        if waits {
            screen.flush()?;
            let mut line = String::new();
            if input.read_line(&mut line).unwrap_or(0) == 0 {
                break;
            }
        }
    }
    record_look(place, screen, &ask.id, story.revealed);
    Ok(Exit::Yes)
}

/// A step a line, with the milliseconds since the first.
fn replay_json(place: &Place, screen: &mut Screen, story: Story) -> Outcome {
    let (id, revealed) = (story.id.clone(), story.revealed);
    let since: Vec<i64> = story.steps.iter().map(|step| story.since(step) / 1000).collect();
    for (step, since) in story.steps.into_iter().zip(since) {
        let sign = match step.sign() {
            '!' => "wrong",
            '*' => "decision",
            '?' => "gap",
            _ => "plain",
        };
        screen.json(Object::from([
            ("v", Value::from(1)),
            ("since_ms", Value::from(since)),
            ("sign", Value::from(sign)),
            ("event", Value::from(step.event)),
        ]))?;
    }
    record_look(place, screen, &id, revealed);
    Ok(Exit::Yes)
}

pub(crate) fn export(place: &Place, screen: &mut Screen, ask: &Export) -> Outcome {
    let story = Story::read(place, &ask.id, !ask.no_content)?;
    let count = story.steps.len();
    let text = if ask.md {
        markdown(&story, screen)
    } else {
        let lines = story.steps.into_iter().map(|step| {
            Value::from(Object::from([("v", Value::from(1)), ("event", step.event.into())]))
                .to_json()
        });
        lines.fold(String::new(), |text, line| text + &line + "\n")
    };
    match &ask.output {
        Some(path) => {
            given::write_new(path, text.as_bytes(), &screen.halves)?;
            screen.note(&format!("{}: {count} events", path.display()));
        }
        None => screen.line(text.trim_end())?,
    }
    record_access(place, screen, "export", &ask.id, count);
    Ok(Exit::Yes)
}

fn markdown(story: &Story, screen: &Screen) -> String {
    let mut text = format!("# Session {}\n\n{}.\n\n", plain(&story.id), plain(&story.told()));
    text += "| at | agent | what | status |\n|---|---|---|---|\n";
    for step in &story.steps {
        let at = step.time().map_or_else(|| "-".to_owned(), |time| screen.zone.show(time));
        let agent = plain(step.text("/agent/id").unwrap_or("-"));
        let what = plain(&summary::line(&step.event, 200));
        let status = plain(step.text("/outcome/status").unwrap_or("-"));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {at} | {agent} | {what} | {status} |");
    }
    text
}

/// Recorded text without power over the page: no marks, no links, no lines.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for c in visible(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '|' | '#' | '!' | '&') {
            plain.push('\\');
        }
        plain.push(c);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_text_marks_nothing_in_markdown() {
        assert_eq!(plain("![x](u) <b> a|b `c`"), "\\!\\[x\\](u) \\<b\\> a\\|b \\`c\\`");
    }

    #[test]
    fn time_is_told_as_a_clock_does() {
        assert_eq!([clock(0), clock(61_250_000)], ["0:00.0", "1:01.2"]);
    }
}

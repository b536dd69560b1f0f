//! `tacho verify`: is the log unchanged, is anything missing, what could not be seen.

use crate::anchoring::{read_policy, trusted};
use crate::failure::{Exit, Failure, Outcome};
use crate::given;
use crate::place::Place;
use crate::screen::{Screen, Waiting};
use std::path::{Path, PathBuf};
use tacho_event::json::{Object, Value};
use tacho_tree::VerifierKey;
use tacho_tree::audit::{Anchored, Finding, Report, Verdict};
use tacho_tree::stamp::rfc3339;
use tachograph::sign::{Demand, Keys, Signer};
use tachograph::store::Store;
use tachograph::verify::{Options, Verified, verify};

/// A note is some hundred bytes; a file of kept ones may be longer.
const NOTES_BYTES_MAX: u64 = 1 << 20;

/// Findings of one kind that are listed for a person.
const LISTED_MAX: usize = 20;

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 unchanged, 1 changed, 3 cannot tell.\n\
    Who trusts nobody here runs `tacho-verify log DIR`, or keeps notes: `tacho checkpoint show`.")]
pub(crate) struct Ask {
    /// A signed note that was kept elsewhere: the log must still contain that history
    #[arg(long, value_name = "FILE")]
    against: Vec<PathBuf>,
    /// A public key that is trusted, as text or a file of such lines; else those beside the log
    #[arg(long, value_name = "KEY")]
    vkey: Vec<String>,
    /// A witness that must have seen the log: its public key, as text or a file of such lines
    #[arg(long, value_name = "KEY")]
    witness: Vec<String>,
    /// The witnesses and how many of them must agree, as a C2SP tlog-policy
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Fail, too, if anything that should be there is missing
    #[arg(long)]
    complete: bool,
}

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    let store = place.open()?;
    if place.bring_in(&store, Demand::Due).is_err() {
        screen.note("note: what was recorded last could not be brought in; the check goes on");
    }
    let mut against = Vec::new();
    for path in &ask.against {
        against.push((path.display().to_string(), given::read(path, NOTES_BYTES_MAX)?));
    }
    let mut anchors = trusted(place)?;
    anchors.demanded = keys(&ask.witness)?;
    if let Some(path) = &ask.policy {
        anchors.policy = Some(read_policy(path)?);
    }
    let waiting = Waiting::new(screen);
    let verified = verify(
        &store,
        place.tenant.as_str(),
        &Options {
            keys: keys(&ask.vkey)?,
            against,
            marks: marks(place, &store),
            anchors,
            progress: &|progress| waiting.tell("verifying", progress.done, progress.of),
            ..Options::default()
        },
    );
    waiting.end();
    let verdict =
        if ask.complete { verified.verdict().max(verified.complete()) } else { verified.verdict() };
    if screen.is_json() {
        screen.json(as_json(&verified, verdict))?;
    } else {
        show(screen, &verified, ask.complete)?;
    }
    Ok(exit(verdict))
}

pub(crate) fn exit(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Yes => Exit::Yes,
        Verdict::No => Exit::No,
        Verdict::CannotTell => Exit::CannotTell,
    }
}

/// Keys as text, or the lines of files.
pub(crate) fn keys(given: &[String]) -> Result<Vec<VerifierKey>, Failure> {
    let mut keys = Vec::new();
    for text in given {
        if let Ok(key) = VerifierKey::parse(text) {
            keys.push(key);
            continue;
        }
        let bytes = given::read(Path::new(text), NOTES_BYTES_MAX)?;
        for line in String::from_utf8_lossy(&bytes).lines() {
            keys.push(VerifierKey::parse(line).map_err(|error| {
                Failure::usage(format!("{text} holds a line that is no key: {error}"))
                    .next("lines as `tacho keys export` prints them")
            })?);
        }
    }
    Ok(keys)
}

/// What the owner of the keys wrote down of what he signed.
fn marks(place: &Place, store: &Store) -> Vec<(String, tacho_tree::Head)> {
    let mark = || {
        let files = store.files().as_ref();
        let keys = Keys::open(files, &place.keys_dir(store)).ok()?;
        let highwater = keys.highwater(files).ok()??;
        let origin = Signer::new(store, keys, None).origin(place.tenant.as_str()).ok()?;
        Some(("the high-water mark".to_owned(), highwater.get(&origin)?.head))
    };
    mark().into_iter().collect()
}

fn as_json(verified: &Verified, verdict: Verdict) -> Object {
    let mut object = report_json(&verified.report);
    object.insert("verdict", verdict.as_str());
    object.insert("stored", verified.extent.stored);
    object.insert("signed", verified.extent.signed);
    object.insert("unsigned", verified.extent.unsigned());
    object.insert("unintegrated", verified.extent.unintegrated);
    object.insert("complete", verified.complete().as_str());
    let anchors: Vec<Value> = verified.anchors.iter().map(anchored).collect();
    object.insert("anchors", Value::List(anchors));
    if let Some(gaps) = &verified.gaps {
        object.insert("gaps", report_json(gaps));
    }
    if let Some(coverage) = &verified.coverage {
        object.insert("coverage", coverage.to_json());
    }
    object
}

fn anchored(anchored: &Anchored) -> Value {
    let or_null = |number: Option<u64>| number.map_or(Value::Null, Value::from);
    Value::from(Object::from([
        ("kind", Value::from(anchored.kind.as_str())),
        ("name", Value::from(anchored.name.as_str())),
        ("count", Value::from(anchored.count)),
        ("size", Value::from(anchored.size)),
        ("time", anchored.time.map_or(Value::Null, |time| Value::from(rfc3339(time)))),
        ("checked", or_null(anchored.checked)),
    ]))
}

/// The report as the offline verifier gives it.
pub(crate) fn report_json(report: &Report) -> Object {
    tacho_verify::to_json(report)
}

fn show(screen: &mut Screen, verified: &Verified, complete: bool) -> Result<(), Failure> {
    let extent = verified.extent;
    let mark = mark(screen, verified.verdict());
    let answer = match verified.verdict() {
        Verdict::Yes => "unchanged",
        Verdict::No => "CHANGED",
        Verdict::CannotTell => "cannot tell",
    };
    let counts = format!("{} events, {} of them signed", extent.stored, extent.signed);
    screen.line(&format!("{mark} {answer}: {counts}"))?;
    list(screen, &verified.report.findings, verified.report.more)?;
    for fact in &verified.report.facts {
        screen.line(&format!("  {}", screen.shown(fact)))?;
    }
    if let Some(gaps) = &verified.gaps {
        let count = gaps.findings.len() as u64 + gaps.more;
        if count == 0 {
            screen.line(&format!("{} nothing is missing", screen.paint.good("\u{2714}")))?;
        } else {
            let mark = screen.paint.odd("\u{25cb}");
            screen.line(&format!("{mark} gaps: {count}"))?;
            if complete {
                list(screen, &gaps.findings, gaps.more)?;
            } else {
                screen.note("`--complete` lists the gaps, and fails because of them");
            }
        }
    }
    for (source, agent, seen) in verified.coverage.iter().flat_map(|coverage| coverage.rows()) {
        let source = if source.is_empty() { "no source" } else { source };
        let agent = if agent.is_empty() { "no agent" } else { agent };
        let what = format!("{source}, {agent}: {} events", seen.events);
        let until = screen.zone.show(seen.last);
        let line = format!("  seen  {}, last {until}", screen.shown(&what));
        screen.line(&line)?;
    }
    for limit in &verified.report.limits {
        let dim = screen.paint.dim(&format!("  not shown here: {limit}"));
        screen.line(&dim)?;
    }
    Ok(())
}

pub(crate) fn mark(screen: &Screen, verdict: Verdict) -> String {
    match verdict {
        Verdict::Yes => screen.paint.good("\u{2714}"),
        Verdict::No => screen.paint.bad("\u{2718}"),
        Verdict::CannotTell => screen.paint.odd("?"),
    }
}

pub(crate) fn list(screen: &mut Screen, all: &[Finding], more: u64) -> Result<(), Failure> {
    for one in all.iter().take(LISTED_MAX) {
        let place = one.spot.to_string();
        let code = screen.paint.bad(one.code.as_str());
        screen.line(&format!("  {code} at {}", screen.shown(&place)))?;
        screen.line(&format!("    {}; {}", screen.shown(&one.what), one.code.hint()))?;
    }
    let left = all.len().saturating_sub(LISTED_MAX) as u64 + more;
    if left > 0 {
        screen.line(&format!("  and {left} more; --json lists them"))?;
    }
    Ok(())
}

//! `tacho bundle`: some events with their proofs in one file, for who trusts nobody here.

use crate::failure::{Exit, Failure, Outcome};
use crate::given;
use crate::place::Place;
use crate::reader::{Wanted, record_access};
use crate::screen::{Screen, Waiting};
use crate::verb::verify::{exit, keys, list, mark, report_json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tacho_event::json::{self, Object, Value};
use tacho_event::privacy::Class;
use tacho_verify::bundle::BUNDLE_BYTES_MAX;
use tachograph::bundle::{BundleError, Choice};
use tachograph::log::{Order, Query};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Ask {
    /// Put events with their proofs into one file
    Create(Create),
    /// Say what a bundle holds, without believing it
    Inspect(File),
    /// Check a bundle; `tacho-verify bundle` does the same without this program
    Verify(Verify),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    #[command(flatten)]
    wanted: Wanted,
    /// The new file
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Only this session
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Show these, too: content, identity, evidence; without, the leaves alone
    #[arg(long = "with", value_name = "CLASS", value_delimiter = ',')]
    classes: Vec<String>,
    /// What to call it; a title proves nothing
    #[arg(long, value_name = "TEXT", default_value = "")]
    title: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct File {
    /// The bundle
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// The bundle
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A public key that is trusted, as text or a file of such lines; else those in the bundle
    #[arg(long, value_name = "KEY")]
    vkey: Vec<String>,
}

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    match ask {
        Ask::Create(ask) => create(place, screen, &ask),
        Ask::Inspect(ask) => inspect(screen, &ask.file),
        Ask::Verify(ask) => verify(screen, &ask),
    }
}

fn create(place: &Place, screen: &mut Screen, ask: &Create) -> Outcome {
    let classes: Vec<Class> =
        ask.classes.iter().map(|name| class(name)).collect::<Result<_, _>>()?;
    let question = ask.wanted.read(Place::world().now())?;
    let log = place.log()?;
    // A filter may ask for what only the parts say: the question is put to the opened event.
    let mut chosen = BTreeSet::new();
    let query = question.query(Order::Newest, ask.session.as_deref());
    let waiting = Waiting::new(screen);
    for entry in log.query(query)? {
        let entry = entry?;
        waiting.tell("choosing", log.size().saturating_sub(entry.index), log.size());
        let seen = question.answer(&log, entry)?;
        chosen.extend(seen.and_then(|seen| seen.event.str("id").map(str::to_owned)));
    }
    let filter = |leaf: &Object| leaf.str("id").is_some_and(|id| chosen.contains(id));
    let query = Query { filter: Some(&filter), ..query };
    let choice = Choice { query, classes: &classes, title: &ask.title, coverage: None };
    let bundle = log.bundle(&choice);
    waiting.end();
    let bundle = bundle.map_err(|error| match error {
        BundleError::Prove(error) => super::prove::unproven(error),
        error => Failure::usage(error.to_string()).next("a narrower filter"),
    })?;
    if bundle.indexes.is_empty() {
        return Err(Failure::new(Exit::CannotTell, "no signed event was chosen")
            .next("`tacho events` with the same filter shows what there is"));
    }
    given::write_new(&ask.output, &bundle.bytes, &screen.halves)?;
    let count = bundle.indexes.len();
    if screen.is_json() {
        screen.json(Object::from([
            ("v", Value::from(1)),
            ("file", Value::from(ask.output.display().to_string())),
            ("events", Value::from(count as u64)),
            ("disclosures", Value::from(bundle.disclosures as u64)),
            ("unsigned", Value::from(bundle.unsigned)),
            ("bytes", Value::from(bundle.bytes.len() as u64)),
        ]))?;
    } else {
        screen.line(&format!(
            "{}: {count} events, {} disclosures",
            ask.output.display(),
            bundle.disclosures
        ))?;
        if classes.is_empty() {
            screen.note("leaves alone: `--with content` or `--with identity` shows what they hide");
        }
        if bundle.unsigned > 0 {
            screen.note(&format!("{} chosen events are not signed yet: left out", bundle.unsigned));
        }
    }
    record_access(place, screen, "export", "bundle", count);
    Ok(Exit::Yes)
}

fn class(name: &str) -> Result<Class, Failure> {
    Class::ALL.into_iter().find(|class| class.as_str() == name).ok_or_else(|| {
        Failure::usage(format!("`{name}` is no class")).next("content, identity or evidence")
    })
}

fn verify(screen: &mut Screen, ask: &Verify) -> Outcome {
    let bytes = given::read(&ask.file, BUNDLE_BYTES_MAX)?;
    let report = tacho_verify::bundle::check(&bytes, &keys(&ask.vkey)?);
    if screen.is_json() {
        screen.json(report_json(&report))?;
        return Ok(exit(report.verdict()));
    }
    let answer = match report.verdict() {
        tacho_tree::audit::Verdict::Yes => "the bundle holds",
        tacho_tree::audit::Verdict::No => "the bundle does NOT hold",
        tacho_tree::audit::Verdict::CannotTell => "cannot tell",
    };
    let mark = mark(screen, report.verdict());
    screen.line(&format!("{mark} {answer}"))?;
    list(screen, &report.findings, report.more)?;
    for fact in &report.facts {
        screen.line(&format!("  {}", screen.shown(fact)))?;
    }
    for limit in &report.limits {
        let dim = screen.paint.dim(&format!("  not shown here: {limit}"));
        screen.line(&dim)?;
    }
    Ok(exit(report.verdict()))
}

fn inspect(screen: &mut Screen, file: &Path) -> Outcome {
    let bytes = given::read(file, BUNDLE_BYTES_MAX)?;
    let no_bundle = || Failure::new(Exit::CannotTell, format!("{} is no bundle", file.display()));
    let Some(Ok(Value::Object(manifest))) = manifest(&bytes).map(json::read) else {
        return Err(no_bundle());
    };
    if screen.is_json() {
        screen.json(manifest)?;
        return Ok(Exit::Yes);
    }
    let number = |name: &str| manifest.get(name).and_then(Value::as_i64).unwrap_or(0);
    let title = manifest.str("title").unwrap_or("");
    screen.line(&format!("title        {}", screen.shown(title)))?;
    screen.line(&format!("events       {}", number("events")))?;
    screen.line(&format!("disclosures  {}", number("disclosures")))?;
    for member in manifest.get("members").and_then(Value::as_list).unwrap_or_default() {
        let name = member.at("/name").and_then(Value::as_str).unwrap_or("");
        let size = member.at("/size").and_then(Value::as_i64).unwrap_or(0);
        if !name.starts_with("proofs/") {
            screen.line(&format!("{size:12}  {}", screen.shown(name)))?;
        }
    }
    screen.note("nothing of this was checked: `tacho bundle verify` does");
    Ok(Exit::Yes)
}

/// The first member of the archive: name at 0, size in octal at 124, bytes from 512.
fn manifest(bytes: &[u8]) -> Option<&[u8]> {
    let name = bytes.get(..100)?;
    if !name.starts_with(b"manifest.json\0") {
        return None;
    }
    let size = str::from_utf8(bytes.get(124..135)?).ok()?;
    let size = usize::from_str_radix(size.trim_matches(['\0', ' ']), 8).ok()?;
    bytes.get(512..512_usize.checked_add(size)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_manifest_is_read_beyond_the_file() {
        let mut header = vec![0; 512];
        header[..14].copy_from_slice(b"manifest.json\0");
        header[124..135].copy_from_slice(b"77777777777");
        assert_eq!(manifest(&header), None);
        header[124..135].copy_from_slice(b"00000000002");
        header.extend_from_slice(b"{}");
        assert_eq!(manifest(&header), Some(b"{}".as_slice()));
        assert_eq!(manifest(b"manifest.json"), None);
    }
}

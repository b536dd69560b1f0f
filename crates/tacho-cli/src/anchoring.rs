//! Given the settings `anchor.*`, gives the anchors of the logs and whose word counts.

use crate::failure::{Exit, Failure};
use crate::given;
use crate::place::Place;
use crate::settings;
use std::path::PathBuf;
use std::sync::Arc;
use tacho_event::Span;
use tacho_tree::{KeyName, Policy};
use tachograph::anchor::{Anchor, Anchors, Cadence, Carrier, Command, Speaks};
use tachograph::verify::Trusted;

/// The longest policy of witnesses that is read.
const POLICY_BYTES_MAX: u64 = tacho_tree::limits::POLICY_BYTES_MAX as u64;

/// The anchors that the user's file names.
pub(crate) fn anchors(place: &Place) -> Result<Anchors, Failure> {
    let mut anchors = Anchors { policy: policy(place)?, ..Anchors::default() };
    if let (Some(policy), Some(words)) = (&anchors.policy, words(place, "anchor.witness.exec")) {
        for (_, key, url) in policy.witnesses() {
            let carrier = carrier(&words, Speaks::Status, key.name().as_str(), url)?;
            anchors.all.push(Anchor::witness(key.clone(), carrier));
        }
    }
    if let Some(words) = words(place, "anchor.tsa.exec") {
        let carrier = carrier(&words, Speaks::ExitCode, "tsa", None)?;
        anchors.all.push(Anchor::stamp(name("tsa")?, carrier));
    }
    if let Some(words) = words(place, "anchor.exec") {
        let carrier = carrier(&words, Speaks::ExitCode, "exec", None)?;
        anchors.all.push(Anchor::copy(name("exec")?, carrier));
    }
    for anchor in &mut anchors.all {
        let own = match anchor.cadence {
            Cadence::HOURLY => "anchor.tsa.every",
            _ => "anchor.every",
        };
        let seconds = settings::said(place, own).and_then(|text| text.parse::<i64>().ok());
        if let Some(seconds) = seconds {
            anchor.cadence.every = Span::from_secs(seconds);
        }
    }
    Ok(anchors)
}

/// Whose word counts when a log is verified.
pub(crate) fn trusted(place: &Place) -> Result<Trusted, Failure> {
    let certificates = path(place, "anchor.tsa.certificates");
    Ok(Trusted { policy: policy(place)?, certificates, ..Trusted::default() })
}

pub(crate) fn read_policy(path: &std::path::Path) -> Result<Policy, Failure> {
    let bytes = given::read(path, POLICY_BYTES_MAX)?;
    Policy::parse(&bytes).map_err(|error| {
        Failure::usage(format!("{} is no policy: {error}", path.display()))
            .next("lines `witness NAME VKEY [URL]`, then `quorum NAME`")
    })
}

fn policy(place: &Place) -> Result<Option<Policy>, Failure> {
    path(place, "anchor.witnesses").map(|path| read_policy(&path)).transpose()
}

fn path(place: &Place, name: &str) -> Option<PathBuf> {
    let text = settings::said(place, name)?;
    Some(match text.strip_prefix("~/") {
        Some(below) => place.home.join(below),
        None => PathBuf::from(text),
    })
}

fn words(place: &Place, name: &str) -> Option<Vec<String>> {
    let text = settings::said(place, name)?;
    Some(text.split_whitespace().map(str::to_owned).collect())
}

fn carrier(
    words: &[String],
    speaks: Speaks,
    name: &str,
    url: Option<&str>,
) -> Result<Arc<dyn Carrier>, Failure> {
    let command = Command::new(words, speaks, name, url);
    let command = command.map_err(|error| Failure::usage(error.to_string()))?;
    Ok(Arc::new(command))
}

fn name(text: &str) -> Result<KeyName, Failure> {
    KeyName::new(text).map_err(|error| Failure::new(Exit::Bug, error.to_string()))
}

//! Given a file of trusted logs, witnesses and a quorum, says whether a checkpoint has the
//! signatures it needs: C2SP `tlog-policy`.
//!
//! ```text
//! log tacho.example.com/acme+e99b1a4a+ASBYulQ/OMuk4akSbunMAe5zNBA2FQnhNWhyg0JaxLIR
//! witness w1 witness.example.com/w1+<id>+<key> https://witness.example.com
//! witness w2 witness.example.org/w2+<id>+<key>
//! group both all w1 w2
//! quorum both
//! ```
//! People write these files, so blanks, empty lines and `#` comments are read as the format allows;
//! what is written here has none.

use std::collections::BTreeSet;
use std::fmt;

use crate::checkpoint::{self, Checkpoint, OpenError};
use crate::key::{Kind, VerifierKey};
use crate::limits::{POLICY_BYTES_MAX, POLICY_LINES_MAX};
use crate::line::{Malformed, decimal};
use crate::note::Note;

/// Which logs are believed, and how many witnesses have to agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Keys of logs, then keys of witnesses.
    keys: Vec<VerifierKey>,
    definitions: Vec<Definition>,
    /// The name that must be satisfied; `None` for the predefined `none`.
    quorum: Option<String>,
}

/// A line other than the quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Definition {
    Log { vkey: VerifierKey, url: Option<String> },
    Witness { name: String, vkey: VerifierKey, url: Option<String> },
    Group { name: String, threshold: Threshold, members: Vec<String> },
}

/// How many members a group needs. Kept as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Threshold {
    All,
    Any,
    AtLeast(usize),
}

impl Policy {
    /// A policy that believes these log keys alone and asks for no witness: what a log's owner
    /// hands out first.
    pub fn of_logs(logs: &[VerifierKey]) -> Result<Policy, Malformed> {
        let mut policy = Policy { keys: Vec::new(), definitions: Vec::new(), quorum: None };
        for vkey in logs {
            policy
                .define(Definition::Log { vkey: vkey.clone(), url: None })
                .map_err(|why| malformed(0, why))?;
        }
        Ok(policy)
    }

    /// The same policy, which believes these logs too.
    #[must_use]
    pub fn with_logs(&self, logs: &[VerifierKey]) -> Policy {
        let mut policy = self.clone();
        for vkey in logs {
            // One that stands in it already is believed already; one that is no log's is not.
            let _ = policy.define(Definition::Log { vkey: vkey.clone(), url: None });
        }
        policy
    }

    /// Reads a policy file.
    pub fn parse(bytes: &[u8]) -> Result<Policy, Malformed> {
        if bytes.len() > POLICY_BYTES_MAX {
            return Err(malformed(0, "is too long"));
        }
        let text = str::from_utf8(bytes).map_err(|_| malformed(0, "is not UTF-8"))?;
        let text = text.strip_suffix('\n').ok_or(malformed(0, "does not end with a newline"))?;
        let mut policy = Policy { keys: Vec::new(), definitions: Vec::new(), quorum: None };
        let mut quorum_line = false;
        for (number, line) in (1..).zip(text.split('\n')) {
            let at = |why| malformed(number, why);
            if line.bytes().any(|byte| byte != b'\t' && byte.is_ascii_control()) {
                return Err(at("has a control character"));
            }
            let words: Vec<&str> =
                line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
            match words.as_slice() {
                [] => {}
                [first, ..] if first.starts_with('#') => {}
                ["quorum", name] => {
                    if std::mem::replace(&mut quorum_line, true) {
                        return Err(at("is a second quorum"));
                    }
                    policy.set_quorum(name).map_err(at)?;
                }
                words => policy.define(Definition::parse(words).map_err(at)?).map_err(at)?,
            }
        }
        if quorum_line { Ok(policy) } else { Err(malformed(0, "has no quorum")) }
    }

    /// Adds a line whose names stand in lines before it, and whose own name and key are new.
    fn define(&mut self, definition: Definition) -> Result<(), &'static str> {
        if self.definitions.len() >= POLICY_LINES_MAX {
            return Err("is one line too many");
        }
        if let Some(name) = definition.name()
            && (name == "none" || self.definition(name).is_some())
        {
            return Err("has a name that is taken");
        }
        match &definition {
            Definition::Log { vkey, .. } => self.add_key(vkey, Kind::Log)?,
            Definition::Witness { vkey, .. } => self.add_key(vkey, Kind::Witness)?,
            Definition::Group { members, threshold, .. } => {
                self.check_group(*threshold, members)?;
            }
        }
        self.definitions.push(definition);
        Ok(())
    }

    fn add_key(&mut self, vkey: &VerifierKey, kind: Kind) -> Result<(), &'static str> {
        if vkey.kind() != kind {
            return Err("has a key that is not made for this");
        }
        let same = |known: &VerifierKey| {
            known.kind() == kind && known.public_bytes() == vkey.public_bytes()
        };
        if self.keys.iter().any(same) {
            return Err("has a key that stands in a line above");
        }
        self.keys.push(vkey.clone());
        Ok(())
    }

    fn check_group(&self, threshold: Threshold, members: &[String]) -> Result<(), &'static str> {
        let needed = threshold.of(members.len());
        if members.is_empty() || needed == 0 || needed > members.len() {
            return Err("needs more members than it has, or none");
        }
        let wanted: BTreeSet<&str> = members.iter().map(String::as_str).collect();
        if wanted.len() < members.len() {
            return Err("has a member twice");
        }
        if !wanted.iter().all(|member| self.definition(member).is_some()) {
            return Err("has a member that no line above defines");
        }
        let taken = |definition: &Definition| match definition {
            Definition::Group { members, .. } => {
                members.iter().any(|member| wanted.contains(member.as_str()))
            }
            _ => false,
        };
        if self.definitions.iter().any(taken) {
            return Err("has a member of another group");
        }
        Ok(())
    }

    fn set_quorum(&mut self, name: &str) -> Result<(), &'static str> {
        if name != "none" && self.definition(name).is_none() {
            return Err("names what no line above defines");
        }
        self.quorum = Some(name.to_owned()).filter(|name| name != "none");
        Ok(())
    }

    fn definition(&self, name: &str) -> Option<&Definition> {
        self.definitions.iter().find(|definition| definition.name() == Some(name))
    }

    /// All keys the policy knows.
    pub fn keys(&self) -> &[VerifierKey] {
        &self.keys
    }

    /// Witnesses and where to reach them, as far as the file says.
    pub fn witnesses(&self) -> impl Iterator<Item = (&str, &VerifierKey, Option<&str>)> {
        self.definitions.iter().filter_map(|definition| match definition {
            Definition::Witness { name, vkey, url } => Some((name.as_str(), vkey, url.as_deref())),
            _ => None,
        })
    }

    /// Whether a quorum of witnesses is asked for at all.
    pub fn needs_witnesses(&self) -> bool {
        self.quorum.is_some()
    }

    /// Opens a checkpoint that one of the logs signed and enough witnesses cosigned.
    pub fn open(&self, note: &Note) -> Result<Checkpoint, PolicyError> {
        let opened = checkpoint::open(note, &self.keys).map_err(PolicyError::Checkpoint)?;
        let mut satisfied = BTreeSet::new();
        // A line only names lines before it, so one pass decides them all.
        for definition in &self.definitions {
            let holds = match definition {
                Definition::Log { .. } => false,
                Definition::Witness { vkey, .. } => {
                    opened.signers.iter().any(|signer| signer.key == vkey)
                }
                Definition::Group { threshold, members, .. } => {
                    let agree = members.iter().filter(|member| satisfied.contains(member.as_str()));
                    agree.count() >= threshold.of(members.len())
                }
            };
            if holds {
                satisfied.extend(definition.name());
            }
        }
        match &self.quorum {
            Some(name) if !satisfied.contains(name.as_str()) => Err(PolicyError::NoQuorum),
            _ => Ok(opened.checkpoint),
        }
    }
}

impl Threshold {
    fn of(self, members: usize) -> usize {
        match self {
            Threshold::All => members,
            Threshold::Any => 1,
            Threshold::AtLeast(count) => count,
        }
    }
}

impl Definition {
    fn parse(words: &[&str]) -> Result<Definition, &'static str> {
        let key = |vkey| VerifierKey::parse(vkey).map_err(|_| "has a key that cannot be read");
        let url = |rest: &[&str]| match rest {
            [] => Ok(None),
            [url] => Ok(Some((*url).to_owned())),
            _ => Err("has a word too many"),
        };
        match words {
            ["log", vkey, rest @ ..] => Ok(Definition::Log { vkey: key(vkey)?, url: url(rest)? }),
            ["witness", name, vkey, rest @ ..] => {
                let name = (*name).to_owned();
                Ok(Definition::Witness { name, vkey: key(vkey)?, url: url(rest)? })
            }
            ["group", name, threshold, members @ ..] => {
                let threshold = match *threshold {
                    "all" => Threshold::All,
                    "any" => Threshold::Any,
                    count => {
                        let count = decimal(count, POLICY_LINES_MAX as u64);
                        Threshold::AtLeast(count.ok_or("has no threshold")? as usize)
                    }
                };
                let members = members.iter().map(|member| (*member).to_owned()).collect();
                Ok(Definition::Group { name: (*name).to_owned(), threshold, members })
            }
            _ => Err("is not a log, witness, group or quorum"),
        }
    }

    fn name(&self) -> Option<&str> {
        match self {
            Definition::Log { .. } => None,
            Definition::Witness { name, .. } | Definition::Group { name, .. } => Some(name),
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for definition in &self.definitions {
            match definition {
                Definition::Log { vkey, url } => write_words(f, ["log"], vkey, url)?,
                Definition::Witness { name, vkey, url } => {
                    write_words(f, ["witness", name], vkey, url)?;
                }
                Definition::Group { name, threshold, members } => {
                    writeln!(f, "group {name} {threshold} {}", members.join(" "))?;
                }
            }
        }
        writeln!(f, "quorum {}", self.quorum.as_deref().unwrap_or("none"))
    }
}

fn write_words<const N: usize>(
    f: &mut fmt::Formatter<'_>,
    words: [&str; N],
    vkey: &VerifierKey,
    url: &Option<String>,
) -> fmt::Result {
    write!(f, "{} {vkey}", words.join(" "))?;
    url.iter().try_for_each(|url| write!(f, " {url}"))?;
    writeln!(f)
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Threshold::All => f.write_str("all"),
            Threshold::Any => f.write_str("any"),
            Threshold::AtLeast(count) => count.fmt(f),
        }
    }
}

fn malformed(line: usize, why: &'static str) -> Malformed {
    Malformed { what: "policy", line, why }
}

/// Why a checkpoint does not satisfy a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyError {
    /// No known log signed it, or some known key signed badly.
    Checkpoint(OpenError),
    /// Too few witnesses cosigned it.
    NoQuorum,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PolicyError::Checkpoint(error) => error.fmt(f),
            PolicyError::NoQuorum => f.write_str("too few witnesses cosigned the checkpoint"),
        }
    }
}

impl std::error::Error for PolicyError {}

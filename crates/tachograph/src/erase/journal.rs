//! The journal of an erasure: what was asked and how far it came, beside the keys.
//!
//! ```text
//! <keys>/erase/<ticket>        one JSON object: whom, and why; written once; 0600
//! <keys>/erase/<ticket>.step   one JSON object: step, generation, days, sums; replaced at each step
//! <keys>/erase/<ticket>.plan   what will be written over in day files (`plan`)
//! <keys>/erase/lock            held by whoever erases
//! ```
//!
//! A file that is replaced leaves its old bytes on the disk: what names people is written once, and
//! zeros are written over it in the end. Only this is a command: nothing that stands in an event
//! ever makes the vault erase.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tacho_event::json::{self, Object, Value};
use tacho_event::privacy::Class;
use tacho_tree::Hash;

use super::scope::{Scope, Target};
use super::sums::{Sum, hex, unhex};
use crate::error::{Doing, Error};
use crate::files::replace::{Steps, create_afresh, replace, unfinished};
use crate::files::shred::{DOOMED, shred, shred_in_place};
use crate::files::{Files, Point, read_small, write_all_at};
use crate::limits::JOURNAL_BYTES_MAX;
use crate::vault::VaultError;
use crate::world::World;

/// How far an erasure came; each step may be done again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// It is to be announced, and the keys to be replaced.
    Begun,
    /// New keys hold; what is to be written over is to be found.
    Rotated,
    /// It is known what is to be written over.
    Planned,
    /// Nothing is left but the old keys.
    Written,
    /// It was said that it is done.
    Told,
}

const STEPS: [(Step, &str); 5] = [
    (Step::Begun, "begun"),
    (Step::Rotated, "rotated"),
    (Step::Planned, "planned"),
    (Step::Written, "written"),
    (Step::Told, "told"),
];

/// An erasure under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Journal {
    pub(crate) ticket: [u8; 16],
    pub(crate) step: Step,
    /// The key generation it leads to.
    pub(crate) generation: u32,
    pub(crate) targets: Vec<Target>,
    pub(crate) reason: String,
    /// Random names of the people among the targets, by tenant.
    pub(crate) names: Vec<(String, [u8; 16])>,
    /// Days whose keys are replaced, by tenant.
    pub(crate) fresh: Vec<(String, Class, u32)>,
    /// Days whose keys are to be replaced in another round.
    pub(crate) later: Vec<(String, Class, u32)>,
    /// Days that expire; of an expiry alone.
    pub(crate) days: Vec<(String, Class, u32)>,
    /// How many leaves each tenant had when its days were announced.
    pub(crate) until: BTreeMap<String, u64>,
    /// What each tenant lost.
    pub(crate) sums: BTreeMap<String, Vec<(Class, Sum)>>,
}

/// The tickets of erasures under way.
pub(crate) fn tickets(files: &dyn Files, keys: &Path) -> Result<Vec<[u8; 16]>, VaultError> {
    let names = crate::files::grow::list_if_there(files, &dir(keys))?;
    let ticket = |name: &String| unhex(name)?.try_into().ok();
    Ok(names.iter().filter_map(ticket).collect())
}

/// Shreds what a crash left: journals and plans that never got their names name people too, and so
/// do plans without a journal. What a killed process removed stays away.
pub(crate) fn tidy(files: &dyn Files, keys: &Path) -> Result<(), VaultError> {
    let dir = dir(keys);
    let names = crate::files::grow::list_if_there(files, &dir)?;
    let is_orphan = |name: &str| match name.strip_suffix(".plan").or(name.strip_suffix(STEP)) {
        Some(ticket) => !names.iter().any(|name| name == ticket),
        None => name.ends_with(".tmp") || name.ends_with(DOOMED),
    };
    let orphans: Vec<&String> = names.iter().filter(|name| is_orphan(name)).collect();
    for name in &orphans {
        shred_in_place(files, &dir.join(name))?;
    }
    // Also where nothing is left: it may have come to the last removal, and to no sync.
    if !names.is_empty() {
        files.sync_dir(&dir, Point::JournalGoneDirSync).doing("sync", &dir)?;
    }
    Ok(())
}

/// The directory of journals.
pub(crate) fn dir(keys: &Path) -> PathBuf {
    keys.join("erase")
}

impl Journal {
    /// A journal that nobody has written yet.
    pub(crate) fn new(world: &dyn World, reason: &str) -> Self {
        Self {
            ticket: tacho_event::random(&world),
            step: Step::Begun,
            generation: 0,
            targets: Vec::new(),
            reason: reason.to_owned(),
            names: Vec::new(),
            fresh: Vec::new(),
            later: Vec::new(),
            days: Vec::new(),
            until: BTreeMap::new(),
            sums: BTreeMap::new(),
        }
    }

    pub(crate) fn path(&self, keys: &Path) -> PathBuf {
        dir(keys).join(hex(&self.ticket))
    }

    fn step_path(&self, keys: &Path) -> PathBuf {
        dir(keys).join(format!("{}{STEP}", hex(&self.ticket)))
    }

    pub(crate) fn plan_path(&self, keys: &Path) -> PathBuf {
        dir(keys).join(format!("{}.plan", hex(&self.ticket)))
    }

    /// Writes down whom, and why: from here on it will be done.
    pub(crate) fn begin(&self, files: &dyn Files, keys: &Path) -> Result<(), VaultError> {
        self.write(files, keys)?;
        let path = self.path(keys);
        let (new, dir) = (unfinished(&path), dir(keys));
        let file = create_afresh(files, &new)?;
        // It names people: a power cut must not take its name and leave what it says on the disk,
        // where nobody could write zeros over it any more.
        files.sync_dir(&dir, Point::JournalDirSync).doing("sync", &dir)?;
        let whom = Value::Object(self.whom()).to_json();
        write_all_at(file.as_ref(), whom.as_bytes(), 0).doing("write", &new)?;
        file.sync_data(Point::JournalSync).doing("sync", &new)?;
        files.rename(&new, &path, Point::JournalRename).doing("rename", &new)?;
        Ok(files.sync_dir(&dir, Point::JournalDirSync).doing("sync", &dir)?)
    }

    /// Writes down how far it came.
    pub(crate) fn write(&self, files: &dyn Files, keys: &Path) -> Result<(), VaultError> {
        replace_by(files, &self.step_path(keys), self.how_far())
    }

    /// Destroys it: all is done.
    pub(crate) fn end(&self, files: &dyn Files, keys: &Path) -> Result<(), VaultError> {
        // It loses its name first, too: a run that is interrupted here would read half a plan.
        shred(files, &self.plan_path(keys))?;
        // Without this nothing is under way; what is left then is nobody's.
        shred(files, &self.path(keys))?;
        shred_in_place(files, &self.step_path(keys))?;
        let dir = dir(keys);
        Ok(files.sync_dir(&dir, Point::JournalGoneDirSync).doing("sync", &dir)?)
    }

    /// Every journal that stands there, in the order of tickets.
    pub(crate) fn all(files: &dyn Files, keys: &Path) -> Result<Vec<Self>, VaultError> {
        let dir = dir(keys);
        let names = crate::files::grow::list_if_there(files, &dir)?;
        let mut journals = Vec::new();
        for name in names.iter().filter(|name| unhex(name).is_some_and(|id| id.len() == 16)) {
            let path = dir.join(name);
            let read = |path: &Path| -> Result<Option<Value>, Error> {
                let bytes = read_small(files, path, JOURNAL_BYTES_MAX).doing("read", path)?;
                Ok(json::read(&bytes).ok())
            };
            let step = dir.join(format!("{name}{STEP}"));
            let journal = match (read(&path)?, read(&step)?) {
                (Some(whom), Some(how_far)) => Self::from_json(&whom, &how_far),
                _ => None,
            };
            let what = "it is no journal of an erasure";
            journals.push(journal.ok_or(VaultError::Damaged { path, what })?);
        }
        Ok(journals)
    }

    fn whom(&self) -> Object {
        let targets = self.targets.iter().map(|target| {
            let tenant = Value::from(target.tenant.as_str());
            Value::Object(Object::from([("tenant", tenant), ("scope", target.scope.to_json())]))
        });
        let names = self
            .names
            .iter()
            .map(|(tenant, name)| Value::from(vec![tenant.as_str(), hex(name).as_str()]));
        Object::from([
            ("v", Value::from(1)),
            ("ticket", hex(&self.ticket).as_str().into()),
            ("reason", self.reason.as_str().into()),
            ("targets", list(targets)),
            ("names", list(names)),
        ])
    }

    fn how_far(&self) -> Object {
        let step = STEPS.iter().find(|(step, _)| *step == self.step).map_or("", |(_, word)| word);
        let days = |days: &[(String, Class, u32)]| {
            list(days.iter().map(|(tenant, class, day)| {
                let class = Value::from(u64::from(class.byte()));
                list([Value::from(tenant.as_str()), class, Value::from(u64::from(*day))])
            }))
        };
        let sums = self.sums.iter().flat_map(|(tenant, sums)| {
            sums.iter().map(move |(class, sum)| {
                let class = u64::from(class.byte());
                let root = hex(sum.root.as_bytes());
                let (count, root) = (Value::from(sum.count), Value::from(root.as_str()));
                list([Value::from(tenant.as_str()), Value::from(class), count, root])
            })
        });
        let until = self.until.iter();
        let until = until.map(|(tenant, size)| list([tenant.as_str().into(), (*size).into()]));
        Object::from([
            ("v", Value::from(1)),
            ("step", step.into()),
            ("generation", u64::from(self.generation).into()),
            ("fresh", days(&self.fresh)),
            ("later", days(&self.later)),
            ("days", days(&self.days)),
            ("until", list(until)),
            ("sums", list(sums)),
        ])
    }

    fn from_json(whom: &Value, how_far: &Value) -> Option<Self> {
        let (whom, object) = (whom.as_object()?, how_far.as_object()?);
        let lists = |name: &str| object.get(name).or(whom.get(name)).and_then(Value::as_list);
        let step = object.str("step")?;
        let mut sums: BTreeMap<String, Vec<(Class, Sum)>> = BTreeMap::new();
        for sum in lists("sums")? {
            let [tenant, class, count, root] = sum.as_list()? else { return None };
            let root = Hash::from_bytes(unhex(root.as_str()?)?.try_into().ok()?);
            let count = u64::try_from(count.as_i64()?).ok()?;
            let sum = Sum { count, root };
            sums.entry(tenant.as_str()?.to_owned()).or_default().push((class_of(class)?, sum));
        }
        Some(Self {
            ticket: unhex(whom.str("ticket")?)?.try_into().ok()?,
            step: STEPS.iter().find(|(_, word)| *word == step)?.0,
            generation: u32::try_from(object.get("generation")?.as_i64()?).ok()?,
            reason: whom.str("reason")?.to_owned(),
            targets: lists("targets")?.iter().map(target).collect::<Option<_>>()?,
            names: lists("names")?.iter().map(name).collect::<Option<_>>()?,
            fresh: lists("fresh")?.iter().map(day).collect::<Option<_>>()?,
            later: lists("later")?.iter().map(day).collect::<Option<_>>()?,
            days: lists("days")?.iter().map(day).collect::<Option<_>>()?,
            until: lists("until")?.iter().map(until).collect::<Option<_>>()?,
            sums,
        })
    }
}

/// How the name of what tells the step ends.
const STEP: &str = ".step";

fn replace_by(files: &dyn Files, path: &Path, object: Object) -> Result<(), VaultError> {
    let steps = Steps {
        sync: Point::JournalSync,
        rename: Point::JournalRename,
        dir: Some(Point::JournalDirSync),
    };
    Ok(replace(files, path, Value::Object(object).to_json().as_bytes(), steps)?)
}

fn list(values: impl IntoIterator<Item = Value>) -> Value {
    Value::List(values.into_iter().collect())
}

fn class_of(value: &Value) -> Option<Class> {
    Class::from_byte(u8::try_from(value.as_i64()?).ok()?)
}

fn target(value: &Value) -> Option<Target> {
    let object = value.as_object()?;
    let tenant = object.str("tenant")?.to_owned();
    Some(Target { tenant, scope: Scope::from_json(object.get("scope")?)? })
}

fn name(value: &Value) -> Option<(String, [u8; 16])> {
    let [tenant, name] = value.as_list()? else { return None };
    Some((tenant.as_str()?.to_owned(), unhex(name.as_str()?)?.try_into().ok()?))
}

fn day(value: &Value) -> Option<(String, Class, u32)> {
    let [tenant, class, day] = value.as_list()? else { return None };
    let day = u32::try_from(day.as_i64()?).ok()?;
    Some((tenant.as_str()?.to_owned(), class_of(class)?, day))
}

fn until(value: &Value) -> Option<(String, u64)> {
    let [tenant, size] = value.as_list()? else { return None };
    Some((tenant.as_str()?.to_owned(), u64::try_from(size.as_i64()?).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_is_read_back() {
        let sum = Sum { count: 3, root: Hash::from_bytes([7; 32]) };
        let target = |scope| Target { tenant: "acme".to_owned(), scope };
        let journal = Journal {
            ticket: [9; 16],
            step: Step::Planned,
            generation: 4,
            targets: vec![
                target(Scope::Subject("a\"b".to_owned())),
                target(Scope::Events(vec!["e-1".to_owned(), "e-2".to_owned()])),
            ],
            reason: "asked".to_owned(),
            names: vec![("acme".to_owned(), [1; 16])],
            fresh: vec![("acme".to_owned(), Class::Identity, 20_777)],
            later: vec![("acme".to_owned(), Class::Content, 20_778)],
            days: vec![("acme".to_owned(), Class::Content, 20_700)],
            until: BTreeMap::from([("acme".to_owned(), 77)]),
            sums: BTreeMap::from([("acme".to_owned(), vec![(Class::Content, sum)])]),
        };
        let (whom, how_far) = (journal.whom().into(), journal.how_far().into());
        assert_eq!(Journal::from_json(&whom, &how_far), Some(journal));
    }
}

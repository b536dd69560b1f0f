//! Legal holds: what must not be erased, nor expire, until somebody lifts it.
//!
//! ```text
//! <keys>/holds    one JSON object a line: {"id":"case-7","scope":{..},"tenant":"acme","why":".."}
//! ```
//!
//! A hold names people, so it lies with the keys. A scope that is absent holds the whole tenant.

use std::path::{Path, PathBuf};

use tacho_event::json::{self, Object, Value};

use super::scope::Scope;
use crate::error::Doing;
use crate::files::replace::{Steps, replace};
use crate::files::{Files, Point, read_small};
use crate::limits::HOLDS_BYTES_MAX;
use crate::vault::VaultError;

/// One hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its name, the case it belongs to.
    pub id: String,
    /// The tenant.
    pub tenant: String,
    /// What of it; all of it if none.
    pub scope: Option<Scope>,
    /// Why.
    pub why: String,
}

fn path(keys: &Path) -> PathBuf {
    keys.join("holds")
}

/// The holds that stand.
pub(crate) fn all(files: &dyn Files, keys: &Path) -> Result<Vec<Hold>, VaultError> {
    let path = path(keys);
    let bytes = match read_small(files, &path, HOLDS_BYTES_MAX) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        outcome => outcome.doing("read", &path)?,
    };
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let holds: Option<Vec<Hold>> = lines.map(parse).collect();
    // A hold that cannot be read holds: nothing is destroyed beside it.
    holds.ok_or(VaultError::Damaged { path, what: "a line is no hold" })
}

/// Lets exactly these holds stand.
pub(crate) fn write(files: &dyn Files, keys: &Path, holds: &[Hold]) -> Result<(), VaultError> {
    let text: String = holds.iter().map(line).collect();
    let steps =
        Steps { sync: Point::HoldSync, rename: Point::HoldRename, dir: Some(Point::HoldDirSync) };
    Ok(replace(files, &path(keys), text.as_bytes(), steps)?)
}

fn line(hold: &Hold) -> String {
    let mut object = Object::from([
        ("id", hold.id.as_str()),
        ("tenant", hold.tenant.as_str()),
        ("why", hold.why.as_str()),
    ]);
    if let Some(scope) = &hold.scope {
        object.insert("scope", scope.to_json());
    }
    let mut line = Value::Object(object).to_json();
    line.push('\n');
    line
}

fn parse(line: &[u8]) -> Option<Hold> {
    let value = json::read(line).ok()?;
    let object = value.as_object()?;
    let scope = match object.get("scope") {
        None => None,
        Some(scope) => Some(Scope::from_json(scope)?),
    };
    let text = |name: &str| object.str(name).map(str::to_owned);
    Some(Hold { id: text("id")?, tenant: text("tenant")?, scope, why: text("why")? })
}

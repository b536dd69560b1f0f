//! Files for people: exports, reports, daily logs. They lie outside the store, follow the log and
//! can be made again from it; nothing is evidence because it stands here.
#![expect(
    clippy::disallowed_methods,
    reason = "what is written for people lies outside the store and is not synced like evidence"
)]

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tacho_event::json::{self, Object, Value};
use tacho_event::uuid_text;
use tachograph::Store;

use crate::error::Error;

/// A document larger than this is not read back.
pub const DOCUMENT_BYTES_MAX: u64 = 256 << 20;

/// Says on which path an operation failed.
pub(crate) trait On<T> {
    fn on(self, doing: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T> On<T> for io::Result<T> {
    fn on(self, doing: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error::Paper { doing, path: path.to_owned(), source })
    }
}

/// The store of programs that name none: `TACHO_STORE`, else `$XDG_DATA_HOME/tachograph`, else
/// `~/.local/share/tachograph`.
///
/// # Errors
/// That the environment names neither a store nor a home.
pub fn default_store() -> Result<PathBuf, Error> {
    let home = || named("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    let data = || named("XDG_DATA_HOME").map(PathBuf::from).or_else(home);
    let store = named("TACHO_STORE").map(PathBuf::from);
    store.or_else(|| data().map(|data| data.join("tachograph"))).ok_or_else(|| Error::Missing {
        what: "environment variable",
        name: "TACHO_STORE".to_owned(),
    })
}

/// The keys of a store whose user names no place for them, where the command `tacho` looks too:
/// `TACHO_KEYS`, else `$XDG_CONFIG_HOME/tachograph/keys/INSTALLATION`, else the same in
/// `~/.config`; none without a home.
pub fn default_keys(store: &Store) -> Option<PathBuf> {
    let path = |name: &str| named(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = || path("XDG_CONFIG_HOME").or_else(|| Some(path("HOME")?.join(".config")));
    let name = uuid_text(*store.installation()).replace('-', "");
    let own = || config().map(|config| config.join("tachograph/keys").join(name));
    named("TACHO_KEYS").map(PathBuf::from).or_else(own)
}

/// A variable of the environment that says something.
fn named(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Makes a directory and those above it.
///
/// # Errors
/// What the system said.
pub fn make_dir(dir: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(dir).on("create", dir)
}

/// Writes a whole file: a reader sees the old one or the new one, never half of one.
///
/// # Errors
/// What the system said.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    if let Some(dir) = dir {
        make_dir(dir)?;
    }
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let draft = PathBuf::from(draft);
    let written = File::create(&draft).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_data()
    });
    written.on("write", &draft)?;
    std::fs::rename(&draft, path).on("rename", &draft)
}

/// Writes a JSON document, indented as people read it.
///
/// # Errors
/// What the system said.
pub fn write_json(path: &Path, value: &Value) -> Result<(), Error> {
    let mut text = String::new();
    indent(value, 0, &mut text);
    text.push('\n');
    write(path, text.as_bytes())
}

/// Reads a whole file; none if there is none.
///
/// # Errors
/// What the system said, or that the file is too large.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Ok(stat) if stat.len() > DOCUMENT_BYTES_MAX => {
            Err(io::Error::from(ErrorKind::FileTooLarge)).on("read", path)
        }
        outcome => outcome.map(|_| ()).on("read", path),
    }?;
    std::fs::read(path).on("read", path).map(Some)
}

/// Reads a JSON document; none if there is no file.
///
/// # Errors
/// What the system said, or that it is no JSON.
pub fn read_json(path: &Path) -> Result<Option<Value>, Error> {
    let Some(bytes) = read(path)? else { return Ok(None) };
    let value = json::read(&bytes).map_err(|error| io::Error::other(error.to_string()));
    value.on("read", path).map(Some)
}

/// The length of a file; none if there is none.
///
/// # Errors
/// What the system said.
pub fn length(path: &Path) -> Result<Option<u64>, Error> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        outcome => outcome.on("read", path).map(|stat| Some(stat.len())),
    }
}

/// Appends to a file that had `length` bytes; what stands behind them is cut off first.
///
/// # Errors
/// What the system said.
pub(crate) fn append_at(path: &Path, length: u64, bytes: &[u8]) -> Result<(), Error> {
    let open = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    let mut file = open.on("open", path)?;
    let write = |file: &mut File| {
        file.set_len(length)?;
        io::Seek::seek(file, io::SeekFrom::Start(length))?;
        file.write_all(bytes)?;
        file.sync_data()
    };
    write(&mut file).on("write", path)
}

/// Packs a file into `path.gz` and removes it.
///
/// # Errors
/// What the system said.
pub(crate) fn gzip(path: &Path) -> Result<PathBuf, Error> {
    let mut name = path.as_os_str().to_owned();
    name.push(".gz");
    let packed = PathBuf::from(name);
    let pack = || -> io::Result<()> {
        let mut from = File::open(path)?;
        let to = File::create(&packed)?;
        let mut writer = flate2::write::GzEncoder::new(to, flate2::Compression::default());
        io::copy(&mut from, &mut writer)?;
        writer.finish()?.sync_data()
    };
    pack().on("compress", path)?;
    remove(path)?;
    Ok(packed)
}

/// Removes a file that is there or not.
///
/// # Errors
/// What the system said.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        outcome => outcome.on("remove", path),
    }
}

/// Renames a file.
///
/// # Errors
/// What the system said.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::rename(from, to).on("rename", from)
}

/// The names of the files in a directory, sorted; none if there is no directory.
///
/// # Errors
/// What the system said.
pub fn list(dir: &Path) -> Result<Vec<String>, Error> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        outcome => outcome.on("read", dir)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.on("read", dir)?;
        if entry.file_type().on("read", dir)?.is_file() {
            names.extend(entry.file_name().into_string());
        }
    }
    names.sort();
    Ok(names)
}

/// A name that can be part of a file's name: an id of ours or of a caller's, no path.
///
/// # Errors
/// That it cannot.
pub fn file_name(name: &str) -> Result<&str, Error> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.:@+".contains(&b);
    let is_name = (1..=128).contains(&name.len()) && name.bytes().all(fits);
    let is_name = is_name && !name.starts_with('.');
    if is_name { Ok(name) } else { Err(Error::NoFileName(name.chars().take(128).collect())) }
}

/// One line of JSON with the members in `order` first, as the system that is followed writes them.
pub(crate) fn line(record: &Object, order: &[&str]) -> String {
    let named = order.iter().filter_map(|name| record.get(name).map(|value| (*name, value)));
    let rest = record.iter().filter(|(name, _)| !order.contains(name));
    let mut text = String::from("{");
    for (name, value) in named.chain(rest) {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&Value::from(name).to_json());
        text.push(':');
        text.push_str(&value.to_json());
    }
    text.push_str("}\n");
    text
}

/// One line of comma-separated values (RFC 4180). A text that a spreadsheet would run as a formula
/// is kept from it by an apostrophe.
pub(crate) fn csv_line<'v>(cells: impl IntoIterator<Item = Option<&'v Value>>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|cell| csv_cell(cell)).collect();
    format!("{}\r\n", cells.join(","))
}

fn csv_cell(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => return String::new(),
        Some(Value::Text(text)) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => {
            format!("'{text}")
        }
        Some(Value::Text(text)) => text.to_string(),
        Some(other) => other.to_json(),
    };
    if text.contains(['"', ',', '\n', '\r']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

fn indent(value: &Value, depth: usize, out: &mut String) {
    let pad = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    match value {
        Value::List(list) if !list.is_empty() => {
            for (i, one) in list.iter().enumerate() {
                out.push(if i == 0 { '[' } else { ',' });
                pad(out, depth + 1);
                indent(one, depth + 1, out);
            }
            pad(out, depth);
            out.push(']');
        }
        Value::Object(object) if !object.is_empty() => {
            for (i, (name, one)) in object.iter().enumerate() {
                out.push(if i == 0 { '{' } else { ',' });
                pad(out, depth + 1);
                out.push_str(&Value::from(name).to_json());
                out.push_str(": ");
                indent(one, depth + 1, out);
            }
            pad(out, depth);
            out.push('}');
        }
        other => out.push_str(&other.to_json()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_as_rfc_4180_says_and_formulas_are_disarmed() {
        let cells = [
            Value::from("a,\"b\"\n"),
            Value::from("=1+1"),
            Value::from(-1),
            Value::Null,
            Object::from([("a", 1)]).into(),
        ];
        let line = csv_line(cells.iter().map(Some));
        assert_eq!(line, "\"a,\"\"b\"\"\n\",'=1+1,-1,,\"{\"\"a\"\":1}\"\r\n");
    }

    #[test]
    fn a_name_that_would_leave_its_directory_is_none() {
        for name in ["", ".", "..", "../x", "a/b", "a\\b", "a\0", ".hidden", "a b"] {
            assert!(file_name(name).is_err(), "{name}");
        }
        for name in ["my_session_001", "0190b5c2-7e1f-7000-8000-000000000000", "a.b:c@d+e"] {
            assert_eq!(file_name(name).unwrap(), name);
        }
    }

    #[test]
    fn a_line_has_the_members_in_the_order_of_the_system_that_is_followed() {
        let record = Object::from([("action", "a"), ("timestamp", "t"), ("zone", "z")]);
        let expected = "{\"timestamp\":\"t\",\"action\":\"a\",\"zone\":\"z\"}\n";
        assert_eq!(line(&record, &["timestamp", "action"]), expected);
    }
}

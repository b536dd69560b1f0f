//! Given the keys of days and subjects, gives the lines of `vault.keys.jsonl`, and back.
//!
//! ```text
//! {"generation":3,"v":1}
//! {"class":1,"day":20777,"kind":"day","pk":"..","sig":"..","sk":".."}
//! {"class":2,"day":20777,"kind":"day","pk":"..","second":true,"sig":"..","sk":".."}
//! {"class":0,"find":"..","kind":"subject","pk":"..","ref":"..","sig":"..","sk":".."}
//!
//! sk    HPKE(pk_master, "tacho/v1/row\0" || kind u8 || class u8 || (day u32 | ref 16) || origin,
//!            secret 32 || the subject's id as it is looked up)
//! sig   the log key's statement "tacho/v1/row" over
//!       kind u8 || class u8 || (day u32 | ref 16) || pk 32 || find 32 or zeros || sk || origin
//! find  HMAC-SHA256(index.key, the subject's id as it is looked up)
//! ```
//!
//! The second key of a day took the place of one that was destroyed: parts that were sealed under
//! that may still come, and open for nobody. Binary members are base64url. Kind 1 is a day, 2 a
//! subject; the class of a subject is 0, for one key opens all classes. A row that is not signed by
//! the log key opens nothing and seals nothing.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};
use tacho_event::json::{self, Object, Value};
use tacho_event::privacy::{Class, base64url, from_base64url};
use tacho_tree::{LogKey, VerifierKey};
use zeroize::Zeroizing;

use super::cipher::{Key, Sealed, hpke_open, hpke_seal, public_of, random_key};
use crate::world::World;

const ROW: &[u8] = b"tacho/v1/row\0";
const SIGNED: &str = "tacho/v1/row";
/// A longer line is no row of ours: 64 KiB.
const LINE_BYTES_MAX: usize = 64 << 10;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Name {
    /// One class of one day.
    Day(Class, u32),
    /// A subject, by a random name.
    Subject([u8; 16]),
}

/// One key: public, and sealed to the master.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) name: Name,
    pub(crate) public: [u8; 32],
    /// Where a subject is found; zeros for a day.
    pub(crate) find: [u8; 32],
    /// Whether it took the place of another one of its day, under which parts may still come.
    /// Nobody signs that: who would change it can take the row away.
    pub(crate) is_second: bool,
    sealed: Vec<u8>,
    signature: [u8; 64],
}

/// Who makes rows: the public master key, the log key, and the origin that all is bound to.
#[derive(Clone, Copy)]
pub(crate) struct Maker<'a> {
    pub(crate) master: &'a [u8; 32],
    pub(crate) log: &'a LogKey,
    pub(crate) origin: &'a str,
    pub(crate) world: &'a dyn World,
}

impl Name {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Name::Day(class, day) => [&[1, class.byte()][..], &day.to_be_bytes()].concat(),
            Name::Subject(name) => [&[2, 0][..], name].concat(),
        }
    }

    fn info(&self, origin: &str) -> Vec<u8> {
        [ROW, &self.bytes(), origin.as_bytes()].concat()
    }
}

impl Maker<'_> {
    /// A new key; `id` is the subject's, empty for a day.
    pub(crate) fn make(&self, name: Name, find: [u8; 32], id: &str) -> Option<Row> {
        let secret = random_key(self.world);
        self.seal((name, public_of(&secret)?), find, &secret, id)
    }

    /// The row of a known secret.
    pub(crate) fn seal(
        &self,
        (name, public): (Name, [u8; 32]),
        find: [u8; 32],
        secret: &Key,
        id: &str,
    ) -> Option<Row> {
        let plaintext = Zeroizing::new([secret.as_slice(), id.as_bytes()].concat());
        let sealed = hpke_seal(self.master, &name.info(self.origin), &plaintext, self.world)?;
        let mut row = Row { name, public, find, is_second: false, sealed, signature: [0; 64] };
        row.signature = self.log.sign_statement(SIGNED, &row.signed(self.origin));
        Some(row)
    }
}

impl Row {
    /// The same, which took the place of another one or did not.
    pub(crate) fn with_second(self, is_second: bool) -> Self {
        Self { is_second, ..self }
    }

    fn signed(&self, origin: &str) -> Vec<u8> {
        let parts = [&self.name.bytes()[..], &self.public, &self.find, &self.sealed];
        [&parts.concat()[..], origin.as_bytes()].concat()
    }

    /// Whether one of the log's keys signed it.
    fn is_signed(&self, origin: &str, log: &[VerifierKey], verified: &mut Verified) -> bool {
        let body = self.signed(origin);
        let is_signed_by = |key: &VerifierKey| {
            let print = self.print(key, &body);
            let good = verified.has(&print) || key.verify_statement(SIGNED, &body, &self.signature);
            good && verified.note(print)
        };
        log.iter().any(is_signed_by)
    }

    /// What stands for this row, signed by this key.
    fn print(&self, key: &VerifierKey, body: &[u8]) -> [u8; 32] {
        let hash = Sha256::new().chain_update(key.public_bytes()).chain_update(self.signature);
        hash.chain_update(body).finalize().into()
    }

    /// The secret, and the subject's id.
    pub(crate) fn open(
        &self,
        origin: &str,
        master: &Key,
    ) -> Result<(Key, Zeroizing<String>), Sealed> {
        let plain = hpke_open(master, &self.name.info(origin), &self.sealed)?;
        let (secret, id) = plain.split_first_chunk::<32>().ok_or(Sealed)?;
        let secret = Zeroizing::new(*secret);
        if public_of(&secret) != Some(self.public) {
            return Err(Sealed);
        }
        let id = str::from_utf8(id).map_err(|_| Sealed)?;
        Ok((secret, Zeroizing::new(id.to_owned())))
    }

    /// The row's line, with its end.
    pub(crate) fn line(&self) -> String {
        let mut object = Object::from([
            ("pk", base64url(&self.public)),
            ("sig", base64url(&self.signature)),
            ("sk", base64url(&self.sealed)),
        ]);
        match &self.name {
            Name::Day(class, day) => {
                object.insert("kind", "day");
                object.insert("class", u64::from(class.byte()));
                object.insert("day", u64::from(*day));
                if self.is_second {
                    object.insert("second", true);
                }
            }
            Name::Subject(name) => {
                object.insert("kind", "subject");
                object.insert("class", 0);
                object.insert("ref", base64url(name));
                object.insert("find", base64url(&self.find));
            }
        }
        line(object)
    }

    fn parse(object: &Object) -> Option<Self> {
        let bytes = |name: &str| from_base64url(object.str(name)?);
        let name = match object.str("kind")? {
            "day" => {
                let class = u8::try_from(object.get("class")?.as_i64()?).ok()?;
                let day = u32::try_from(object.get("day")?.as_i64()?).ok()?;
                Name::Day(Class::from_byte(class)?, day)
            }
            "subject" => Name::Subject(bytes("ref")?.try_into().ok()?),
            _ => return None,
        };
        let find = match name {
            Name::Day(..) => [0; 32],
            Name::Subject(_) => bytes("find")?.try_into().ok()?,
        };
        Some(Self {
            name,
            public: bytes("pk")?.try_into().ok()?,
            find,
            is_second: object.get("second").and_then(Value::as_bool) == Some(true),
            sealed: bytes("sk")?,
            signature: bytes("sig")?.try_into().ok()?,
        })
    }
}

/// Rows of one tenant whose signatures were found good, or that were made here: rows are read
/// several times while keys are replaced, and a signature takes 50 microseconds.
#[derive(Debug, Default)]
pub(crate) struct Verified {
    before: HashSet<[u8; 32]>,
    now: HashSet<[u8; 32]>,
}

impl Verified {
    /// Begins another reading: what that does not meet is forgotten with the one after.
    pub(crate) fn turn(&mut self) {
        self.before = std::mem::take(&mut self.now);
    }

    /// Takes in rows that were made with this key.
    pub(crate) fn trust<'a>(&mut self, rows: impl IntoIterator<Item = &'a Row>, by: &Maker<'_>) {
        let print = |row: &Row| row.print(by.log.verifier(), &row.signed(by.origin));
        self.now.extend(rows.into_iter().map(print));
    }

    fn has(&self, print: &[u8; 32]) -> bool {
        self.now.contains(print) || self.before.contains(print)
    }

    fn note(&mut self, print: [u8; 32]) -> bool {
        self.now.insert(print);
        true
    }
}

/// The rows of one tenant, as far as they are signed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    pub(crate) generation: u32,
    pub(crate) rows: HashMap<Name, Row>,
    /// Subjects by where they are found.
    pub(crate) found: HashMap<[u8; 32], [u8; 16]>,
    /// Lines that are no rows, or that no key of the log signed.
    pub(crate) refused: u64,
    /// Whether the last line ends: an interrupted append does not.
    pub(crate) is_ended: bool,
}

impl Rows {
    /// Reads what [`Rows::text`] wrote and rows were appended to.
    pub(crate) fn parse(
        text: &[u8],
        origin: &str,
        log: &[VerifierKey],
        verified: &mut Verified,
    ) -> Option<Self> {
        let mut lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let head = object(lines.next()?)?;
        let generation = u32::try_from(head.get("generation")?.as_i64()?).ok()?;
        let is_ended = text.ends_with(b"\n");
        let mut rows = Self { generation, is_ended, ..Self::default() };
        for line in lines {
            let row = object(line).as_ref().and_then(Row::parse);
            match row.filter(|row| row.is_signed(origin, log, verified)) {
                Some(row) => rows.put(row),
                None => rows.refused += 1,
            }
        }
        Some(rows)
    }

    /// Takes in a row; the first of a name counts.
    pub(crate) fn put(&mut self, row: Row) {
        if self.rows.contains_key(&row.name) {
            return;
        }
        if let Name::Subject(name) = row.name {
            self.found.entry(row.find).or_insert(name);
        }
        self.rows.insert(row.name, row);
    }

    /// The whole file.
    pub(crate) fn text(&self) -> String {
        let mut text = line(Object::from([("generation", u64::from(self.generation)), ("v", 1)]));
        let mut rows: Vec<&Row> = self.rows.values().collect();
        rows.sort_by_key(|row| row.name);
        rows.iter().for_each(|row| text.push_str(&row.line()));
        text
    }
}

fn line(object: Object) -> String {
    let mut line = Value::Object(object).to_json();
    line.push('\n');
    line
}

fn object(line: &[u8]) -> Option<Object> {
    if line.len() > LINE_BYTES_MAX {
        return None;
    }
    match json::read(line).ok()? {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

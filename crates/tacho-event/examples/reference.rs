//! Prints the reference of the event, as the code says it: each file after a line `=== path`.
//!
//! Members, filters, redaction and the schema come from their tables; limits and words are read
//! from the source that declares them, where each stands below its sentence. The examples of
//! redaction are those its tests hold it to.

use std::fmt::Write as _;
use std::io::Write as _;
use tacho_event::filter::{self, Classes, EXAMPLES, Field, Name, Reading};
use tacho_event::privacy::scan::{PatternSpec, REPLACEMENT, Scanner};
use tacho_event::schema::{disclosure, event_schema, kind_name};
use tacho_event::shape::{EVENT, Member, walk};

const LIMITS: &str = include_str!("../src/limits.rs");
const WORDS: &str = include_str!("../src/words.rs");
const SECRETS: &str = include_str!("../fixtures/privacy/secrets.txt");
const PATTERNS: &str = include_str!("../fixtures/privacy/patterns.txt");

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for (path, content) in [
        ("event-schema.json", schema()),
        ("filter.md", filters()),
        ("limits.md", limits()),
        ("members.md", members()),
        ("redaction.md", redaction()),
        ("words.md", words()),
    ] {
        write!(out, "=== {path}\n{content}")?;
    }
    Ok(())
}

fn schema() -> String {
    let value = serde_json::Value::from(&event_schema());
    format!("{value:#}\n")
}

const MEMBERS: &str = "\
# Members of an event

What a source may say, and where it is kept. The leaf is hashed, kept and seen by everybody who
sees the log; a disclosure is salted, erasable, and opened by those who may. `public` members stay
in the leaf, `content` and `identity` in the disclosure that the table names. A public name or id
that is no public string (`[A-Za-z0-9._:/@+-]{1,128}`, no e-mail address) is kept in `detail`, and
the leaf shows `other` or a stand-in.

Members below an `open object`, a `list of objects`, an `object` or `any value` may have any name;
those listed are the usual ones. Everything else belongs under `metadata`.

";

fn members() -> String {
    let mut page = MEMBERS.to_owned();
    let columns = ["member", "holds", "class", "disclosure", "meaning"];
    let mut rows = Vec::new();
    walk(EVENT, &mut |path, member: &'static Member| {
        rows.push([
            format!("`{path}`"),
            kind_name(&member.kind).to_owned(),
            member.home.class().to_owned(),
            disclosure(member.home).unwrap_or("").to_owned(),
            member.doc.to_owned(),
        ]);
    });
    table(&mut page, columns, rows);
    page
}

const FILTERS: &str = "\
# Filters

One language for the command line, the page, rules and saved views.

| written | finds events |
| --- | --- |
| `field:value` | whose field is this value |
| `field:\"two words\"` | the same, for a value with spaces or characters that mean something |
| `field:=value` | whose field is exactly this, where `field:value` looks within |
| `field:ops/*` | whose field has this form from its first to its last character; `*` is any text |
| `field:>5`, also `>=`, `<`, `<=` | whose number, time or severity compares so |
| `field:1..5`, also `1..`, `..5` | whose number or time lies in this range, both ends included |
| `field:(a OR b)` | with one of several values |
| `field:*` | that have the field |
| `word`, `\"a phrase\"` | in which this stands anywhere |
| `a b`, `a AND b` | that match both |
| `a OR b` | that match either; AND binds closer |
| `-a`, `NOT a` | that do not match |
| `(a OR b) c` | grouped |
| `git\\ *` | `\\` takes the meaning from the next character |

`AND`, `OR` and `NOT` are written in capitals. Names of fields may be written in any case.

**How a value is compared.** Ids, keys and tenants are exact. All other text is compared without
regard to case. Names, identifiers, labels, metadata and changes must be the value as a whole; what
went in and what came out (`command`, `error`, `action.tool`, `outcome.result`) is looked for
within. A word of a closed list must be one of its words. A text that reads as a number or a boolean
equals that, too. A list matches if one of its elements does, an object if a value inside it does.

**Times** are UTC unless they name an offset. `24h`, `7d`, `now-90m` count back from now. `today`,
`yesterday`, `2026-01-31` and `2026-01` are a day or a month with its end: `until:2026-01-31`
includes the 31st. A time of day is an instant: `until:2026-01-31T10:00` stops just before it, and
`since:2026-01-31T10:00` goes on without overlap. `at:` finds what lies within the stretch that is
written, be it a month or a millisecond. Units are `us`, `ms`, `s`, `m`, `h`, `d`, `w` and `y` (365
days).

**What is hidden.** Where content or identity is not opened, expired or erased, a filter about it
says neither yes nor no: `user:alice` does not find the event and neither does `-user:alice`. A
member that an event does not have is no such case: `-user:alice` finds events without a user. The
last column of the table tells what must be seen to be sure of an answer.

";

fn filters() -> String {
    let mut page = FILTERS.to_owned();
    page.push_str("## Fields\n\n");
    let columns = ["field", "members", "read as", "meaning", "looks at"];
    let names = filter::names().into_iter();
    table(&mut page, columns, names.map(|name| field(&name)));
    page.push_str("\nEvery member is a field by its full path as well: `resources.cost_usd`, ");
    page.push_str("`labels.environment`,\n`action.tool.parameters.command`, `metadata.a.b`.\n");
    page.push_str("\n## Examples\n\n");
    let examples = EXAMPLES.iter();
    let examples = examples.map(|(text, meaning)| [format!("`{text}`"), (*meaning).to_owned()]);
    table(&mut page, ["filter", "finds"], examples);
    page
}

fn field(name: &Name) -> [String; 5] {
    let (reading, classes) = match Field::named(name.name) {
        None => ("", Classes::ALL),
        Some(field) => {
            let classes = field.places().iter().map(|place| place.classes);
            (reading(field.reading()), classes.fold(Classes::NONE, Classes::or))
        }
    };
    let members: Vec<String> = name.paths.iter().map(|path| format!("`{path}`")).collect();
    let mut members = if members.is_empty() { "all".to_owned() } else { members.join(", ") };
    if !name.only.is_empty() {
        let _ = write!(members, " of type {}", name.only.join(" or "));
    }
    let looks = match (classes.content, classes.identity) {
        (false, false) => "leaf",
        (true, false) => "content",
        (false, true) => "identity",
        (true, true) => "content, identity",
    };
    [format!("`{}`", name.name), members, reading.into(), name.doc.into(), looks.into()]
}

fn reading(reading: Reading) -> &'static str {
    match reading {
        Reading::Id => "id, exact",
        Reading::Name => "name, whole",
        Reading::Text => "text, within",
        Reading::Word(_) => "word",
        Reading::Rank(_) => "word with an order",
        Reading::Number => "number",
        Reading::Millis => "milliseconds or `2s`",
        Reading::Flag => "true or false",
        Reading::Time => "time",
        Reading::AnyName => "any value, whole",
        Reading::AnyText => "any value, text within",
    }
}

fn limits() -> String {
    let mut page = "# Limits of an event\n\n".to_owned();
    let rows = documented(LIMITS, |line| {
        let (name, value) = line.strip_prefix("pub const ")?.split_once(" = ")?;
        let (name, _) = name.split_once(':')?;
        Some((name, product(value.strip_suffix(';')?)?))
    });
    let row =
        |(doc, (name, value)): (String, (&str, u64))| [format!("`{name}`"), value.to_string(), doc];
    table(&mut page, ["limit", "value", "of what"], rows.into_iter().map(row));
    page
}

/// The value of `16 * 1024`.
fn product(text: &str) -> Option<u64> {
    text.split('*').map(|factor| factor.trim().replace('_', "").parse::<u64>().ok()).product()
}

fn words() -> String {
    let mut page = "# Words of closed lists\n".to_owned();
    for list in WORDS.split("\nwords! {\n").skip(1) {
        let title = list.lines().next().and_then(|line| line.trim().strip_prefix("/// "));
        let _ = write!(page, "\n## {}\n\n", title.unwrap_or_default().trim_end_matches('.'));
        let rows = documented(list, |line| {
            let (_, word) = line.split_once(" = \"")?;
            word.strip_suffix("\",")
        });
        let rows = rows.into_iter().map(|(doc, word)| [format!("`{word}`"), doc]);
        table(&mut page, ["word", "meaning"], rows);
    }
    page
}

const REDACTION: &str = "\
# Redaction

What is taken for a secret, and what stands in its place. Rules look at values, never at JSON text;
they apply to every string of an event, to numbers, to names of members, and to what was recorded of
a malformed event. What stands under a sensitive name (`password`, `X-Api-Key`, `client_secret`) is
replaced whole, whatever it is; `detail` then counts it under `sensitive-name`.

In the examples `{alnum:36}` is 36 random letters and digits, likewise `lower`, `upper`, `base32`,
`base58`, `base64`, `hex`, `HEX`, `digits`, `letters` and `url` (base64url); `{nl}` is a line break,
and `{}` is nothing: it keeps a secret from standing in this file in one piece.
";

fn redaction() -> String {
    let mut page = REDACTION.to_owned();
    page.push_str("\n## Patterns of a configuration that names none\n\n");
    page.push_str("Case does not count; the whole match is replaced.\n\n");
    let defaults = PatternSpec::defaults();
    let patterns = defaults.iter().map(|spec| (&*spec.id, format!("`{}`", spec.pattern)));
    rules(&mut page, patterns, PATTERNS);
    page.push_str("\n## The table of secrets\n\n");
    page.push_str(
        "Always on, whatever a configuration adds. Only the secret part is replaced.\n\n",
    );
    rules(&mut page, Scanner::table().map(|(id, about)| (id, about.to_owned())), SECRETS);
    page
}

/// Each rule with the first hit and the first near miss of its fixture.
fn rules<'r>(page: &mut String, rules: impl Iterator<Item = (&'r str, String)>, fixture: &str) {
    let rows = rules.map(|(id, finds)| {
        let lines = fixture.split(&format!("[{id}]\n")).nth(1).unwrap_or_default();
        let case =
            |kind| lines.lines().find_map(|line| line.strip_prefix(kind)).unwrap_or_default();
        let hit = case("hit  ");
        let plain = hit.replace("<<", "").replace(">>", "");
        [format!("`{id}`"), finds, code(&plain), code(&replaced(hit)), code(case("miss "))]
    });
    table(page, ["rule", "finds", "of this", "leaves this", "and keeps this"], rows);
}

/// A hit with its marked secrets replaced.
fn replaced(hit: &str) -> String {
    let mut parts = hit.split("<<");
    let before = parts.next().unwrap_or_default().to_owned();
    parts.fold(before, |text, marked| {
        let after = marked.split_once(">>").map_or("", |(_, after)| after);
        text + REPLACEMENT + after
    })
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

/// What `read` finds in lines of source, each with the doc comment above it.
fn documented<'s, T>(source: &'s str, read: impl Fn(&'s str) -> Option<T>) -> Vec<(String, T)> {
    let mut doc: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for line in source.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            doc.push(text);
            continue;
        }
        if let Some(item) = read(line) {
            found.push((doc.join(" "), item));
        }
        doc.clear();
    }
    found
}

fn table<const N: usize>(
    page: &mut String,
    columns: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) {
    let mut line = |cells: [&str; N]| {
        let cells = cells.map(|cell| cell.replace('|', "\\|"));
        let _ = writeln!(page, "| {} |", cells.join(" | "));
    };
    line(columns);
    line(["---"; N]);
    for row in rows {
        line(row.each_ref().map(String::as_str));
    }
}

//! `tacho status`: what is there, how far it is safe, what stands in the way. Changes nothing.

use crate::failure::{Exit, Failure, Outcome};
use crate::hooks::{self, Hooked};
use crate::place::Place;
use crate::retaining::terms;
use crate::screen::Screen;
use std::path::Path;
use tacho_event::json::{Object, Value};
use tacho_event::privacy::Class;
use tacho_event::{Span, Timestamp, uuid_text};
use tacho_tap::ring::Trace;
use tachograph::files::{Files, Kind};
use tachograph::log::{Order, Query};
use tachograph::reseal::{self, Aim};
use tachograph::retain::{Sizes, Terms};
use tachograph::stop::{Lease, Stops};
use tachograph::store::Store;
use tachograph::{Error, Log};

/// What is told.
struct Status {
    installation: String,
    format: u32,
    tenant: String,
    bytes: u64,
    events: u64,
    last: Option<Timestamp>,
    unintegrated: u64,
    unsigned: u64,
    keys: Option<String>,
    stops: Result<Vec<Lease>, Error>,
    hooks: Vec<Hooked>,
    /// Failures of hooks that no agent noticed, the oldest first.
    failures: Vec<Trace>,
    /// What is kept how long, or why that cannot be told.
    terms: Result<Terms, Failure>,
    /// When the next day of parts is due to go, and of which class.
    expiry: Option<(Timestamp, Class)>,
    /// Day files that begin as another preset had them kept.
    kept_otherwise: u64,
    /// Bytes of the tenant's log, parts and all.
    log_bytes: u64,
}

pub(crate) fn run(place: &Place, screen: &mut Screen) -> Outcome {
    let store = place.open()?;
    let status = Status::read(place, &store)?;
    if screen.is_json() {
        screen.json(status.json(place))?;
    } else {
        status.show(place, screen)?;
    }
    Ok(Exit::Yes)
}

impl Status {
    fn read(place: &Place, store: &Store) -> Result<Self, Failure> {
        let log = Log::of(store, place.tenant.as_str())?;
        let newest = Query { order: Order::Newest, ..Query::default() };
        let last = log.query(newest)?.next().transpose()?;
        let last = last.and_then(|entry| Timestamp::parse(entry.leaf.str("timestamp")?));
        let signed = log.signed_head().map_or(0, |(_, head)| head.size);
        let keys = place.keys_dir(store);
        let ring = tacho_tap::ring::read(&tacho_tap::ring::place(&place.state_dir));
        let terms = terms(place);
        let expiry = match &terms {
            Ok(terms) => expiry(terms, &log)?,
            Err(_) => None,
        };
        let aim = Aim::of(place.preset);
        Ok(Self {
            kept_otherwise: reseal::glance(store, place.tenant.as_str(), aim)?,
            terms,
            expiry,
            log_bytes: Sizes::of(store.files().as_ref(), log.places())?.total(),
            installation: uuid_text(*store.installation()),
            format: store.version(),
            tenant: log.tenant().to_owned(),
            bytes: size(store.files().as_ref(), &place.store_dir),
            events: log.size(),
            last,
            unintegrated: log.size() - log.integrated().size(),
            unsigned: log.size().saturating_sub(signed),
            keys: keys.is_dir().then(|| keys.display().to_string()),
            stops: Stops::new(store, Place::world()).status(),
            hooks: hooks::installed(place, &log)?,
            failures: ring.unwrap_or_default(),
        })
    }

    /// What the log may have before something is said or goes.
    fn bytes_max(&self) -> Option<u64> {
        self.terms.as_ref().ok().and_then(|terms| terms.size_bytes_max)
    }

    fn json(&self, place: &Place) -> Object {
        let hooks: Vec<Value> = self.hooks.iter().map(|hooked| hooked.json().into()).collect();
        let expires = self.expiry.map(|(time, _)| time.to_string());
        let class = self.expiry.map(|(_, class)| class.as_str());
        Object::from([
            ("v", Value::from(1)),
            ("store", Value::from(place.store_dir.display().to_string())),
            ("format", Value::from(i64::from(self.format))),
            ("installation", Value::from(self.installation.as_str())),
            ("tenant", Value::from(self.tenant.as_str())),
            ("preset", Value::from(place.preset.terms().name)),
            ("kept_otherwise", Value::from(self.kept_otherwise)),
            ("bytes", Value::from(self.bytes)),
            ("events", Value::from(self.events)),
            ("last", Value::from(self.last.map(|time| time.to_string()))),
            ("unintegrated", Value::from(self.unintegrated)),
            ("unsigned", Value::from(self.unsigned)),
            ("keys", Value::from(self.keys.clone())),
            ("stops", Value::from(self.stops.as_ref().map_or(1, Vec::len) as u64)),
            ("stops_readable", Value::from(self.stops.is_ok())),
            ("hooks", Value::from(hooks)),
            ("hook_failures", failures(&self.failures)),
            ("next_expiry", Value::from(expires)),
            ("next_expiry_class", Value::from(class)),
            ("log_bytes", Value::from(self.log_bytes)),
            ("log_bytes_max", Value::from(self.bytes_max())),
            ("retention_problem", Value::from(self.terms.as_ref().err().map(|one| one.told().0))),
        ])
    }

    fn show(&self, place: &Place, screen: &mut Screen) -> Result<(), Failure> {
        let last = self.last.map_or_else(|| "none yet".to_owned(), |time| screen.zone.show(time));
        let bytes = self.bytes as f64 / 1e6;
        let dir = place.store_dir.display();
        let expiry = match (&self.terms, self.expiry) {
            (Err(failure), _) => screen.paint.bad(&failure.told().0),
            (_, Some((time, class))) => {
                format!("{} of {}", screen.zone.show(time), class.as_str())
            }
            _ => "nothing is due".to_owned(),
        };
        let max = self.bytes_max().map_or_else(String::new, |max| {
            let percent = self.log_bytes.saturating_mul(100) / max.max(1);
            format!(" of {:.1} MB, {percent} %", max as f64 / 1e6)
        });
        let (unsigned, unintegrated) = (self.unsigned, self.unintegrated);
        let rows = [
            ("store", format!("{dir}, {bytes:.1} MB")),
            ("log", format!("{} of {}", self.tenant, self.installation)),
            ("events", format!("{}, the last {last}", self.events)),
            ("open tail", format!("{unsigned} not signed, {unintegrated} not integrated")),
            ("power loss", "`os` acks not synced yet can be lost; `disk` acks cannot".to_owned()),
            ("keys", self.keys.clone().unwrap_or_else(|| "none here".to_owned())),
            ("preset", self.preset(place, screen)),
            ("next expiry", expiry),
            ("log's size", format!("{:.1} MB{max}", self.log_bytes as f64 / 1e6)),
        ];
        for (name, text) in rows {
            screen.line(&format!("{name:12} {text}"))?;
        }
        self.show_hooks(screen)?;
        self.show_stops(screen)
    }

    /// The preset, and whether what is there is kept as it says.
    fn preset(&self, place: &Place, screen: &Screen) -> String {
        let name = place.preset.terms().name;
        let (files, how) = match (self.kept_otherwise, Aim::of(place.preset)) {
            (0, _) => return name.to_owned(),
            (files, Aim::Sealed) => (files, "plain"),
            (files, Aim::Open) => (files, "sealed"),
        };
        let told = format!("{files} day files are still {how}: `tacho reseal`");
        format!("{name}; {}", screen.paint.odd(&told))
    }

    fn show_hooks(&self, screen: &mut Screen) -> Result<(), Failure> {
        if self.hooks.is_empty() {
            screen.line(&format!("{:12} no host calls the recorder", "hooks"))?;
        }
        for hooked in &self.hooks {
            let text = hooked.told(&screen.zone);
            let text = if hooked.works { text } else { screen.paint.bad(&text) };
            screen.line(&format!("{:12} {text}", "hooks"))?;
        }
        if let Some(latest) = self.failures.last() {
            let at = Timestamp::parse(&latest.at);
            let at = at.map_or_else(|| latest.at.clone(), |time| screen.zone.show(time));
            let count = self.failures.len();
            let text = format!("{count} failed unnoticed, the latest {at}: {}", latest.what);
            let text = screen.shown(&text).into_owned();
            let text = screen.paint.odd(&text);
            screen.line(&format!("{:12} {text}", ""))?;
        }
        Ok(())
    }

    fn show_stops(&self, screen: &mut Screen) -> Result<(), Failure> {
        let leases = match &self.stops {
            Ok(leases) if leases.is_empty() => vec!["none".to_owned()],
            Ok(leases) => leases
                .iter()
                .map(|lease| screen.paint.odd(&screen.shown(&lease.to_string())))
                .collect(),
            Err(_) => vec![screen.paint.bad("the leases are damaged: everybody is stopped")],
        };
        for text in leases {
            screen.line(&format!("{:12} {text}", "stops"))?;
        }
        Ok(())
    }
}

fn failures(traces: &[Trace]) -> Value {
    let latest = traces.last().map_or(Value::Null, |latest| {
        Object::from([
            ("at", Value::from(latest.at.as_str())),
            ("code", Value::from(latest.code.as_str())),
            ("host", Value::from(latest.host.as_str())),
            ("what", Value::from(latest.what.as_str())),
        ])
        .into()
    });
    Object::from([("count", Value::from(traces.len() as u64)), ("latest", latest)]).into()
}

/// When the first day that is kept is due: its last moment, and as many days as it is kept.
fn expiry(terms: &Terms, log: &Log) -> Result<Option<(Timestamp, Class)>, Error> {
    let (content, identity) = (terms.content.days(), terms.identity.days());
    let kept = [(Class::Content, content), (Class::Identity, identity)];
    let mut next = None;
    for (class, days) in kept {
        let Some(days) = days else { continue };
        let Some(first) = log.part_files().days(class)?.into_iter().min() else { continue };
        let day = i64::from(first) + i64::from(days) + 1;
        let due = Timestamp::from_micros(0).plus(Span::from_micros(day * 86_400_000_000));
        if next.is_none_or(|(soonest, _)| due < soonest) {
            next = Some((due, class));
        }
    }
    Ok(next)
}

/// Bytes of the files below a directory. What goes away meanwhile does not count.
fn size(files: &dyn Files, dir: &Path) -> u64 {
    let mut bytes = 0;
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for name in files.list(&dir).unwrap_or_default() {
            let path = dir.join(name);
            match files.stat(&path) {
                Ok(stat) if stat.kind == Kind::Directory => dirs.push(path),
                Ok(stat) => bytes += stat.len,
                Err(_) => {}
            }
        }
    }
    bytes
}

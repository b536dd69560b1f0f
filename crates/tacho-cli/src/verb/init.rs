//! `tacho init`: a store, its keys outside it, and an event whose proof was checked.

mod from;

use crate::failure::{Exit, Failure, Outcome};
use crate::given;
use crate::place::{Place, no_preset};
use crate::screen::Screen;
use crate::settings;
use crate::verb::doctor::HOMES;
use crate::verb::install;
use from::Converted;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tacho_event::json::{Object, Value};
use tacho_event::privacy::Preset;
use tacho_event::{Draft, json};
use tachograph::files::OsFiles;
use tachograph::sign::{Demand, Keys, SignError};
use tachograph::store::{OpenError, Remote};
use tachograph::vault::Custody;
use tachograph::{Ack, Log, Store};

#[derive(Debug, clap::Args)]
#[command(after_help = "Doing it again changes nothing: what is there stays.")]
pub(crate) struct Ask {
    /// How much is kept and for how long: development, production, compliance or minimal
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// Convert the audit configuration of another logger; every key of it is accounted for
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Have Claude Code call the recorder around everything it does
    #[arg(long)]
    claude_code: bool,
    /// Do not ask before writing
    #[arg(long, short)]
    yes: bool,
}

/// What is there, and what will be.
struct Plan {
    store: bool,
    keys: PathBuf,
    makes_keys: bool,
    /// The user's configuration, if it is to be written: the lines that come, and the whole.
    config: Option<(PathBuf, Vec<String>, String)>,
}

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    let from = ask.from.as_deref().map(from::read).transpose()?.unwrap_or_default();
    let asked = ask.preset.clone().or_else(|| from.says("preset"));
    let preset = match &asked {
        None => place.preset,
        Some(name) => Preset::parse(name).ok_or_else(|| no_preset(name))?,
    };
    let place = &match from.says("store") {
        Some(dir) => place.with_usual_store(PathBuf::from(dir)),
        None => place.clone(),
    };
    let plan = Plan::new(place, preset, asked.is_some(), &from)?;
    let around = around(place);
    if !screen.is_json() {
        from.show(screen)?;
        plan.show(place, screen, preset)?;
        for line in &around {
            screen.line(&format!("  found  {}", screen.shown(line)))?;
        }
        if ask.claude_code {
            install::run(place, screen, install::Ask::claude_code(true))?;
        }
        screen.flush()?;
    }
    if (plan.writes() || ask.claude_code) && !ask.yes {
        confirm(screen)?;
    }
    let place = place.with_preset(preset);
    let store = plan.carry_out(&place)?;
    if ask.claude_code {
        install::run(&place, screen, install::Ask::claude_code(false))?;
    }
    let proven = prove(&place, &store, plan.writes())?;
    if screen.is_json() {
        screen.json(Object::from([
            ("v", Value::from(1)),
            ("store", Value::from(place.store_dir.display().to_string())),
            ("keys", Value::from(place.keys_dir(&store).display().to_string())),
            ("preset", Value::from(preset.terms().name)),
            ("wrote", Value::from(plan.writes())),
            ("found", Value::from(around)),
            ("from", from.json()),
            ("proven", Value::from(proven.index)),
            ("vkey", Value::from(proven.vkey)),
        ]))?;
        return Ok(Exit::Yes);
    }
    let good = screen.paint.good("\u{2714}");
    let Proven { index, size, vkey } = proven;
    screen.line(&format!("{good} event {index} of {size} is in the log, and its proof holds"))?;
    screen.line(&format!("  signed by {vkey}"))?;
    screen.note("next: `tacho log tool Bash` records, `tacho events` lists, `tacho verify` checks");
    Ok(Exit::Yes)
}

impl Plan {
    fn new(
        place: &Place,
        preset: Preset,
        is_preset_asked: bool,
        from: &Converted,
    ) -> Result<Self, Failure> {
        let store = match Store::open(Arc::new(OsFiles), &place.store_dir, Remote::Refused) {
            Ok(store) => Some(store),
            Err(OpenError::Missing(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let keys = match &store {
            Some(store) => place.keys_dir(store),
            None => place.named_keys().unwrap_or_else(|| place.keys_home.join("<installation>")),
        };
        let file = place.config_file();
        if is_preset_asked && file.exists() && preset != place.preset {
            let what = format!("{} says another preset", file.display());
            return Err(Failure::usage(what)
                .because(format!("preset = \"{}\"", place.preset.terms().name))
                .next("`tacho config set preset NAME`"));
        }
        let before = match file.exists() {
            true => String::from_utf8_lossy(&given::read(&file, 256 << 10)?).into_owned(),
            false => String::new(),
        };
        let usual = (!file.exists()).then(|| ("preset", preset.terms().name.to_owned()));
        let mut text = before.clone();
        let mut lines = Vec::new();
        let named =
            from.settings.iter().filter(|(name, _)| *name != "preset" || !before.is_empty());
        for (name, value) in usual.into_iter().chain(named.cloned()) {
            text = settings::set(&text, name, &value);
            lines.push(format!("{name} = \"{value}\""));
        }
        let config = (text != before).then_some((file, lines, text));
        let makes_keys = store.as_ref().is_none_or(|store| {
            matches!(Keys::open(store.files().as_ref(), &keys), Err(SignError::NoKey(_)))
        });
        Ok(Self { store: store.is_none(), makes_keys, keys, config })
    }

    fn writes(&self) -> bool {
        self.store || self.makes_keys || self.config.is_some()
    }

    fn show(&self, place: &Place, screen: &mut Screen, preset: Preset) -> Result<(), Failure> {
        let verb = |makes| if makes { "  make " } else { "  have " };
        screen.line(&format!("{}  {}", verb(self.store), place.store_dir.display()))?;
        screen.line(&format!("{}  {}", verb(self.makes_keys), self.keys.display()))?;
        let file = place.config_file();
        screen.line(&format!("{}  {}", verb(self.config.is_some()), file.display()))?;
        for line in self.config.iter().flat_map(|(_, lines, _)| lines) {
            screen.line(&format!("         + {}", screen.shown(line)))?;
        }
        screen.line(&format!("  preset {}: {}", preset.terms().name, told(preset)))
    }

    fn carry_out(&self, place: &Place) -> Result<Store, Failure> {
        let store = place.create()?;
        let refused = |error: SignError| Failure::new(Exit::NotAllowed, error.to_string());
        let dir = place.keys_dir(&store);
        if Custody::seals(place.preset) {
            place.custody(&store).create(place.tenant.as_str())?;
        }
        match Keys::create(&store, Place::world().as_ref(), &dir) {
            Ok(_) => {}
            Err(SignError::KeyExists(_)) => {
                Keys::open(store.files().as_ref(), &dir).map_err(refused)?;
            }
            Err(error) => return Err(refused(error)),
        }
        if let Some((path, _, text)) = &self.config {
            given::make_dir(path.parent())?;
            given::replace(path, text.as_bytes())?;
        }
        Ok(store)
    }
}

/// `events 30 days, content 30 days, people 30 days`
fn told(preset: Preset) -> String {
    let terms = preset.terms();
    let days = |days: Option<u32>| days.map_or("never".to_owned(), |days| format!("{days} days"));
    let (content, people) = (days(terms.content_days), days(terms.identity_days));
    format!("events {} days, content {content}, people {people}", terms.leaf_days)
}

fn confirm(screen: &mut Screen) -> Result<(), Failure> {
    let refused = |why: &str| {
        Err(Failure::usage("nothing was written").because(why).next("`tacho init --yes`"))
    };
    match screen.can_ask() {
        false => refused("nobody is there to be asked"),
        true if screen.ask("write this? [y/N]") => Ok(()),
        true => refused("it was not wanted"),
    }
}

/// Agents and their servers on this machine: what could be recorded.
fn around(place: &Place) -> Vec<String> {
    let agents = HOMES.iter().filter_map(|(host, dir)| {
        let dir = place.home.join(dir);
        dir.is_dir().then(|| format!("{} ({})", host.as_str(), dir.display()))
    });
    let home = [".claude.json", ".cursor/mcp.json", ".gemini/settings.json"];
    let files = home.iter().map(|file| place.home.join(file));
    let files = files.chain([".mcp.json", ".vscode/mcp.json"].map(PathBuf::from));
    agents.chain(files.filter_map(|file| servers(&file))).collect()
}

/// How many MCP servers a file names.
fn servers(file: &Path) -> Option<String> {
    if !file.is_file() {
        return None;
    }
    let document = json::read(&given::read(file, 4 << 20).ok()?).ok()?;
    let named = document.at("/mcpServers").or_else(|| document.at("/servers"))?;
    let count = named.as_object()?.len();
    (count > 0).then(|| format!("{count} MCP servers ({})", file.display()))
}

struct Proven {
    index: u64,
    size: u64,
    vkey: String,
}

/// Records an event if anything was made, and checks the proof of the last one that is signed.
fn prove(place: &Place, store: &Store, is_new: bool) -> Result<Proven, Failure> {
    // Whoever was interrupted before has made everything and proven nothing.
    if is_new || Log::of(store, place.tenant.as_str())?.checkpoint()?.is_none() {
        let draft = Draft::health("init").succeeded();
        place.recorder(store)?.record_as(draft, Ack::Disk)?;
    }
    place.bring_in(store, Demand::Keep)?;
    let log = Log::of(store, place.tenant.as_str())?;
    let (_, head) = log.signed_head().map_err(super::prove::unproven)?;
    let index = head.size.saturating_sub(1);
    let proof = log.prove(index).map_err(super::prove::unproven)?;
    let keys = tachograph::sign::vkeys(store.files().as_ref(), log.places())?;
    let held = proof.check(&keys);
    held.map_err(|error| Failure::new(Exit::No, format!("the proof does not hold: {error}")))?;
    let vkey = keys.last().map(ToString::to_string).unwrap_or_default();
    Ok(Proven { index, size: head.size, vkey })
}

//! `tacho init`: a store, its keys outside it, and an event whose proof was checked.

use crate::failure::{Exit, Failure, Outcome};
use crate::given;
use crate::place::{Place, no_preset};
use crate::screen::Screen;
use crate::verb::install;
use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tacho_event::json::{Object, Value};
use tacho_event::privacy::Preset;
use tacho_event::{Draft, json};
use tacho_tap::host::Host;
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
    /// The user's configuration, if it is to be made.
    config: Option<(PathBuf, String)>,
}

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    let preset = match &ask.preset {
        None => place.preset,
        Some(name) => Preset::parse(name).ok_or_else(|| no_preset(name))?,
    };
    let plan = Plan::new(place, preset, ask.preset.is_some())?;
    let around = around(place);
    if !screen.is_json() {
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
    fn new(place: &Place, preset: Preset, is_preset_asked: bool) -> Result<Self, Failure> {
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
        let text = format!("preset = \"{}\"\n", preset.terms().name);
        let config = (!file.exists()).then_some((file, text));
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
        if let Some((_, text)) = &self.config {
            screen.line(&format!("         + {}", text.trim_end()))?;
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
        if let Some((path, text)) = &self.config {
            given::make_dir(path.parent())?;
            given::write(path, text.as_bytes())?;
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
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return refused("nobody is there to be asked");
    }
    screen.note("write this? [y/N]");
    let mut answer = String::new();
    let _ = stdin.lock().read_line(&mut answer);
    if matches!(answer.trim(), "y" | "Y" | "yes") { Ok(()) } else { refused("it was not wanted") }
}

/// Agents and their servers on this machine: what could be recorded.
fn around(place: &Place) -> Vec<String> {
    let dirs = [
        (Host::ClaudeCode, ".claude"),
        (Host::Codex, ".codex"),
        (Host::Cursor, ".cursor"),
        (Host::Copilot, ".copilot"),
        (Host::Gemini, ".gemini"),
        (Host::OpenHands, ".openhands"),
        (Host::Qwen, ".qwen"),
        (Host::Goose, ".config/goose"),
    ];
    let agents = dirs.iter().filter_map(|(host, dir)| {
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

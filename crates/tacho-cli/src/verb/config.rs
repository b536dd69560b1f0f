//! `tacho config`: what holds, who said so, and what the file says that nobody understands.

use crate::failure::{Exit, Failure, Outcome};
use crate::given;
use crate::place::Place;
use crate::reader::user;
use crate::retaining::terms_of;
use crate::screen::{Column, Nature, Row, Screen, Width};
use crate::settings::{Setting, check, check_project, near, set, settings};
use std::path::Path;
use tacho_event::json::{Object, Value};
use tacho_event::{ActorType, Draft};
use tacho_tap::surroundings::{expand, variable};
use tachograph::Ack;
use tachograph::files::OsFiles;
use tachograph::retain::ROWS;
use tachograph::store::{Remote, Store};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Ask {
    /// What holds now: every setting, or one
    Get {
        /// The setting
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
    /// Write a setting into your tacho.toml; the change is recorded
    Set {
        /// The setting
        #[arg(value_name = "NAME")]
        name: String,
        /// Its value
        #[arg(value_name = "VALUE")]
        value: String,
    },
    /// Name what your tacho.toml, or the project's, says in vain; exit with 1 if there is any
    Check,
    /// What a setting means, and who may say it
    Explain {
        /// The setting
        #[arg(value_name = "NAME")]
        name: String,
    },
}

const VALUES: &[Column] = &[
    Column { title: "setting", width: Width::Chars(28) },
    Column { title: "value", width: Width::Rest },
];

/// A file of a few lines.
const FILE_BYTES_MAX: u64 = 256 * 1024;

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    match ask {
        Ask::Get { name } => {
            let wanted = name.as_deref().map(named).transpose()?;
            if let Some(setting) = wanted.filter(|_| !screen.is_json()) {
                screen.line(&setting.value(place))?;
                return Ok(Exit::Yes);
            }
            let rows =
                settings().filter(|one| wanted.as_ref().is_none_or(|it| it.name == one.name));
            let rows: Vec<_> = rows.map(|one| Ok(row(&one, place))).collect();
            screen.list(Nature::List, VALUES, rows.into_iter())?;
            Ok(Exit::Yes)
        }
        Ask::Set { name, value } => change(place, screen, &name, &value),
        Ask::Check => unheeded(place, screen),
        Ask::Explain { name } => {
            let setting = named(&name)?;
            if screen.is_json() {
                screen.json(explained(&setting, place))?;
                return Ok(Exit::Yes);
            }
            screen.line(&format!("{}: {}", setting.name, setting.about))?;
            screen.line(&format!("  now       {}", setting.value(place)))?;
            screen.line(&format!("  option    {}", setting.option.unwrap_or("-")))?;
            screen.line(&format!("  variable  {}", setting.variable.unwrap_or("-")))?;
            screen.line(&format!("  file      {}", place.config_file().display()))?;
            let project = place.project.as_ref().filter(|_| setting.in_project);
            let project = project.map_or("-".to_owned(), |it| it.file.display().to_string());
            screen.line(&format!("  project   {project}"))?;
            screen.line(&format!("  else      {}", setting.usual))?;
            screen.line(&format!("  wants     {}", setting.wants))?;
            Ok(Exit::Yes)
        }
    }
}

fn named(name: &str) -> Result<Setting, Failure> {
    Setting::named(name).ok_or_else(|| {
        let failure = Failure::usage(format!("no setting is called `{name}`"));
        match near(name) {
            Some(near) => failure.next(format!("`{near}`")),
            None => failure.next("`tacho config get` lists them"),
        }
    })
}

fn explained(setting: &Setting, place: &Place) -> Object {
    Object::from([
        ("v", Value::from(1)),
        ("setting", Value::from(setting.name)),
        ("about", Value::from(setting.about)),
        ("value", Value::from(setting.value(place))),
        ("option", Value::from(setting.option)),
        ("variable", Value::from(setting.variable)),
        ("file", Value::from(place.config_file().display().to_string())),
        ("else", Value::from(setting.usual)),
        ("wants", Value::from(setting.wants)),
        ("in_project", Value::from(setting.in_project)),
    ])
}

fn row(setting: &Setting, place: &Place) -> Row {
    let value = setting.value(place);
    let json = Object::from([
        ("v", Value::from(1)),
        ("setting", Value::from(setting.name)),
        ("value", Value::from(value.as_str())),
    ]);
    Row { json, cells: vec![setting.name.to_owned(), value] }
}

fn file(path: &Path) -> Result<String, Failure> {
    if !path.exists() {
        return Ok(String::new());
    }
    String::from_utf8(given::read(path, FILE_BYTES_MAX)?)
        .map_err(|_| Failure::new(Exit::CannotTell, format!("{} is no text", path.display())))
}

fn unheeded(place: &Place, screen: &mut Screen) -> Outcome {
    let path = place.config_file();
    let mut found: Vec<_> =
        check(&file(&path)?).into_iter().map(|one| (path.clone(), one)).collect();
    if let Some(project) = &place.project {
        let vain = check_project(&project.text, place.own_level(), place.most_level());
        found.extend(vain.into_iter().map(|one| (project.file.clone(), one)));
    }
    for (path, one) in &found {
        if screen.is_json() {
            screen.json(Object::from([
                ("v", Value::from(1)),
                ("file", Value::from(path.display().to_string())),
                ("line", Value::from(one.line as u64)),
                ("why", Value::from(one.why.as_str())),
            ]))?;
        } else {
            let why = screen.shown(&one.why).into_owned();
            screen.line(&format!("{}:{}: {why}", path.display(), one.line))?;
        }
    }
    Ok(if found.is_empty() { Exit::Yes } else { Exit::No })
}

fn change(place: &Place, screen: &mut Screen, name: &str, value: &str) -> Outcome {
    let setting = named(name)?;
    let meant = expand(value, &variable).unwrap_or_else(|_| value.to_owned());
    if !(setting.is_fit)(setting.name, &meant) || value.contains(['"', '\\', '\n']) {
        return Err(Failure::usage(format!("`{value}` is no {name}")).next(setting.wants));
    }
    let path = place.config_file();
    let before = file(&path)?;
    let after = set(&before, name, value);
    if before == after {
        return Ok(Exit::Yes);
    }
    if ROWS.iter().any(|row| row.name == name) {
        terms_of(place, &after)?;
    }
    given::make_dir(path.parent())?;
    given::replace(&path, after.as_bytes())?;
    record(place, screen, name, value);
    screen.note(&format!("{}: {name} = \"{value}\"", path.display()));
    Ok(Exit::Yes)
}

/// A changed setting is an event in the log that stood before the change.
fn record(place: &Place, screen: &mut Screen, name: &str, value: &str) {
    let Ok(store) = Store::open(std::sync::Arc::new(OsFiles), &place.store_dir, Remote::Refused)
    else {
        return;
    };
    let draft = Draft::admin(&format!("config.{name}"))
        .actor(ActorType::User, &user())
        .after(value)
        .succeeded();
    let recorded =
        place.recorder(&store).and_then(|recorder| Ok(recorder.record_as(draft, Ack::Disk)?));
    if recorded.is_err() {
        screen.note("note: this change could not be recorded");
    }
}

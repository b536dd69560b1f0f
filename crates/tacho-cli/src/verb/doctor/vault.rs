//! What the doctor looks at among keys, signatures and erasures.

use super::state::is_missing;
use super::{Found, Scene};
use crate::failure::{Exit, Failure};
use crate::place::Place;
use crate::vault::{eraser, keys as keys_of, ring_restored};
use crate::verb::reseal::tenants;
use tacho_event::{Span, Timestamp};
use tachograph::erase::{Eraser, Keep};
use tachograph::reseal::{self, Aim};
use tachograph::sign::{Demand, Keys, SignError};
use tachograph::store::Store;
use tachograph::vault::{KeyRing, VaultError};
use tachograph::{Log, sign};

pub(super) fn keys(scene: &Scene<'_>) -> Result<Vec<Found>, Failure> {
    if is_missing(scene) {
        return Ok(Vec::new());
    }
    let store = scene.place.open()?;
    let dir = scene.place.keys_dir(&store);
    if dir.starts_with(&scene.place.store_dir) {
        let what = format!("{} lies in the store: a copy of the store signs", dir.display());
        return Ok(vec![Found::Bad(what, format!("move it: `mv {} ...`, --keys", dir.display()))]);
    }
    Ok(vec![match Keys::open(store.files().as_ref(), &dir) {
        Ok(_) => Found::Good(dir.display().to_string()),
        Err(SignError::NoKey(_)) if was_signed(scene, &store)? => Found::Bad(
            format!("the keys of this log are not in {}", dir.display()),
            "name their directory with --keys DIR, or put them back: new keys sign another log"
                .to_owned(),
        ),
        Err(error @ SignError::NoKey(_)) => Found::Bad(
            error.to_string(),
            "`tacho init`, or `tacho doctor --fix`: nothing is signed until then".to_owned(),
        ),
        Err(error) => Found::Bad(error.to_string(), "see what it names".to_owned()),
    }])
}

/// True if somebody signed this log.
fn was_signed(scene: &Scene<'_>, store: &Store) -> Result<bool, Failure> {
    let log = Log::of(store, scene.place.tenant.as_str())?;
    let keys = sign::vkeys(store.files().as_ref(), log.places())?;
    Ok(!keys.is_empty() || log.checkpoint()?.is_some())
}

pub(super) fn make_keys(scene: &Scene<'_>) -> Result<String, Failure> {
    if is_missing(scene) {
        return Ok(String::new());
    }
    let store = scene.place.open()?;
    let dir = scene.place.keys_dir(&store);
    let is_lost = matches!(Keys::open(store.files().as_ref(), &dir), Err(SignError::NoKey(_)));
    if !is_lost || was_signed(scene, &store)? {
        return Ok(String::new());
    }
    Keys::create(&store, Place::world().as_ref(), &dir)
        .map_err(|error| Failure::new(Exit::NotAllowed, error.to_string()))?;
    Ok(format!("made {}", dir.display()))
}

/// What is older must be signed.
const HOUR: Span = Span::from_micros(-3_600_000_000);

pub(super) fn signed(scene: &Scene<'_>) -> Result<Vec<Found>, Failure> {
    if is_missing(scene) {
        return Ok(Vec::new());
    }
    let store = scene.place.open()?;
    let log = Log::of(&store, scene.place.tenant.as_str())?;
    let signed = log.signed_head().map_or(0, |(_, head)| head.size);
    let first = log.get(signed)?;
    let first = first.and_then(|entry| Timestamp::parse(entry.leaf.str("timestamp")?));
    let told = format!("{signed} of {} events", log.size());
    let limit = Place::world().now().plus(HOUR);
    Ok(vec![match first.filter(|time| *time < limit) {
        Some(time) => Found::Bad(
            format!("{told}; the oldest that is not is of {time}"),
            "`tacho checkpoint publish` as who has the keys".to_owned(),
        ),
        None => Found::Good(told),
    }])
}

pub(super) fn sign(scene: &Scene<'_>) -> Result<String, Failure> {
    let store = scene.place.open()?;
    keys_of(scene.place, &store)?;
    scene.place.bring_in(&store, Demand::Keep)?;
    Ok("integrated and signed".to_owned())
}

/// Where the vault is; none where nothing was sealed or erased.
fn has_vault(scene: &Scene<'_>, store: &Store) -> bool {
    scene.place.keys_dir(store).join("vault.msk").exists()
}

pub(super) fn erasures(scene: &Scene<'_>) -> Result<Vec<Found>, Failure> {
    if is_missing(scene) {
        return Ok(Vec::new());
    }
    let store = scene.place.open()?;
    if !has_vault(scene, &store) {
        return Ok(Vec::new());
    }
    let keys = keys_of(scene.place, &store)?;
    let dir = keys.dir().join("erase");
    let half = store.files().list(&dir).unwrap_or_default();
    let half = half.iter().filter(|name| name.ends_with(".journal")).count();
    Ok(vec![match KeyRing::open(&store, Place::world(), keys, None) {
        Err(error @ VaultError::NotApplied { .. }) => Found::Bad(
            error.to_string(),
            "`tacho doctor --fix` or `tacho restore --apply` erases again".to_owned(),
        ),
        Err(error) => return Err(error.into()),
        Ok(_) if half > 0 => Found::Bad(
            format!("{half} erasures were interrupted"),
            "`tacho doctor --fix` goes on with them".to_owned(),
        ),
        Ok(_) => Found::Good("all are done".to_owned()),
    }])
}

pub(super) fn apply(scene: &Scene<'_>) -> Result<String, Failure> {
    let store = scene.place.open()?;
    if !has_vault(scene, &store) {
        return Ok(String::new());
    }
    let ring = ring_restored(scene.place, &store)?;
    let applied = Eraser::new(&store, Place::world(), ring).apply()?;
    let resumed = eraser(scene.place, &store)?.resume()?.len();
    Ok(format!("{applied} erasures applied, {resumed} gone on with"))
}

/// What is wrong with the clock as the vault sees it.
pub(super) fn clock(scene: &Scene<'_>) -> Result<Option<Found>, Failure> {
    let store = scene.place.open()?;
    if scene.place.read_only || !has_vault(scene, &store) {
        return Ok(None);
    }
    let Ok(mut eraser) = eraser(scene.place, &store) else { return Ok(None) };
    let keep = Keep { content_days: None, identity_days: None };
    Ok(match eraser.due(scene.place.tenant.as_str(), keep) {
        Err(error @ VaultError::Clock(_)) => Some(Found::Bad(
            format!("{error}; until then nothing expires"),
            "set it, then `tacho doctor --clock-is-right`".to_owned(),
        )),
        _ => None,
    })
}

pub(super) fn confirm_clock(place: &Place) -> Result<(), Failure> {
    let store = place.open()?;
    Ok(eraser(place, &store)?.confirm_clock()?)
}

pub(super) fn kept(scene: &Scene<'_>) -> Result<Vec<Found>, Failure> {
    if is_missing(scene) {
        return Ok(Vec::new());
    }
    let store = scene.place.open()?;
    let aim = Aim::of(scene.place.preset);
    let (mut parts, mut files) = (0, 0);
    for tenant in tenants(&store)? {
        let plan = reseal::plan(&store, &tenant, aim)?;
        parts += plan.parts();
        files += plan.due.len();
    }
    let preset = scene.place.preset.terms().name;
    let next = "`tacho reseal --dry-run`, then `tacho reseal --yes`".to_owned();
    Ok(vec![match aim {
        _ if files == 0 => Found::Good(format!("as the preset {preset} says")),
        Aim::Sealed => Found::Bad(
            format!("{parts} parts in {files} files are plain, and the preset {preset} seals"),
            next,
        ),
        Aim::Open => Found::Odd(
            format!("{parts} parts in {files} files are sealed; the preset {preset} keeps plain"),
            next,
        ),
    }])
}

pub(super) fn anchors(scene: &Scene<'_>) -> Result<Vec<Found>, Failure> {
    if is_missing(scene) || !scene.place.preset.terms().expects_anchors {
        return Ok(Vec::new());
    }
    let preset = scene.place.preset.terms().name;
    Ok(vec![Found::Odd(
        format!("the preset {preset} expects copies of checkpoints outside; none is known here"),
        "`tacho checkpoint show > NOTE`, kept where this machine cannot write".to_owned(),
    )])
}

//! Given the settings of retention in the user's file, gives how long and how much is kept.

use crate::failure::Failure;
use crate::place::Place;
use crate::settings::{Setting, said, said_in};
use tacho_tap::surroundings::{expand, variable};
use tachograph::retain::{KeepError, ROWS, Terms, Written};

/// The terms of every tenant here: the preset's, what the user's file says, the rules that bind.
pub(crate) fn terms(place: &Place) -> Result<Terms, Failure> {
    resolved(place, &written(&|name| said(place, name))?)
}

/// The terms if the user's file said this: what a rule forbids is not written first.
pub(crate) fn terms_of(place: &Place, text: &str) -> Result<Terms, Failure> {
    resolved(place, &written(&|name| said_in(text, name))?)
}

fn resolved(place: &Place, written: &Written) -> Result<Terms, Failure> {
    Terms::resolve(place.preset, written).map_err(|error| {
        Failure::usage(error.to_string())
            .next("`tacho config get` lists what is set, `tacho config set NAME VALUE` changes it")
    })
}

/// What the user's file says. What is not understood is refused: a typing error in it must not
/// let go what somebody meant to keep.
fn written(said: &dyn Fn(&str) -> Option<String>) -> Result<Written, Failure> {
    let mut written = Written::default();
    for (name, value) in ROWS.iter().filter_map(|row| Some((row.name, said(row.name)?))) {
        let value = expand(&value, &variable).map_err(|unset| {
            Failure::usage(format!("`{name}` names ${{{unset}}}, which is not set"))
        })?;
        if written.set(name, &value) != Some(true) {
            let wants = Setting::named(name).map_or("", |setting| setting.wants);
            return Err(Failure::usage(format!("`{name}` wants {wants}, not `{value}`"))
                .next(format!("`tacho config set {name} VALUE`")));
        }
    }
    Ok(written)
}

/// Whether the user's file says it.
pub(crate) fn is_written(place: &Place, name: &str) -> bool {
    said(place, name).is_some()
}

impl From<KeepError> for Failure {
    fn from(error: KeepError) -> Self {
        use crate::failure::Exit;
        let what = error.to_string();
        match error {
            KeepError::Vault(error) => error.into(),
            KeepError::Moved { .. } => Self::new(Exit::Unreachable, what)
                .next("`tacho retention plan` says what is due now"),
            _ => Self::new(Exit::NotAllowed, what)
                .next("`tacho doctor` says what stands in the way of signing"),
        }
    }
}

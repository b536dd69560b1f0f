//! Given the house, installs what its tests need, or names it loudly with the command to type.
//! What is missing never fails the build: the tests that need it skip, and say so.

mod debian;
mod python;

use crate::Stop;
use crate::house::House;

/// `cargo x setup`
pub(crate) fn run(house: &House, options: &[String]) -> Result<bool, Stop> {
    if !options.is_empty() {
        return Err(Stop::Usage("takes no options".to_owned()));
    }
    // Programs first: a Python that cannot make environments is one of them.
    debian::install();
    python::install(house);
    Ok(true)
}

/// Says what is missing so that nobody overlooks it.
fn warn(what: &str, command: &str) {
    println!(
        "!! MISSING: {what}\n!! tests that need it are skipped; to have them run:\n!!   {command}"
    );
}

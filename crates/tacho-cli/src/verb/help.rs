//! `tacho completions` and `tacho man`: what shells and readers of manuals want.

use crate::failure::{Exit, Failure, Outcome};
use crate::screen::Screen;

#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// The shell that completes
    #[arg(value_name = "SHELL")]
    shell: clap_complete::Shell,
}

pub(crate) fn completions(
    screen: &mut Screen,
    mut tree: clap::Command,
    ask: &Completions,
) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(ask.shell, &mut tree, "tacho", &mut script);
    screen.line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Exit::Yes)
}

/// The manual page of the whole command, in roff.
pub(crate) fn man(screen: &mut Screen, tree: clap::Command) -> Outcome {
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(tree).render(&mut page);
    rendered.map_err(|error| Failure::new(Exit::Bug, error.to_string()))?;
    screen.line(String::from_utf8_lossy(&page).trim_end())?;
    Ok(Exit::Yes)
}

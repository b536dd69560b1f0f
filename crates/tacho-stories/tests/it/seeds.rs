//! Every JSON and YAML sample of the five texts has a golden fixture.
//!
//! The texts lie beside the project, in the folder `TACHO_SEEDS` or `../shared/seeds`; they are
//! not part of it. A sample and its fixture are the same value, once what
//! [`samples`](crate::samples) names is normalised; one sample is no YAML and is named here.

use crate::samples::{Sample, samples, stands_for};
use std::path::{Path, PathBuf};
use tacho_event::json::{Value, read};

#[test]
fn every_sample_of_the_seeds_has_a_golden_fixture() {
    let Some(folder) = tacho_testkit::seeds() else { return };
    let fixtures = fixtures();
    let mut texts: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    texts.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    texts.sort();
    assert_eq!(texts.len(), 5, "{}", folder.display());
    let (mut found, mut missing) = (0, Vec::new());
    for text in texts {
        let name = text.file_name().unwrap().to_str().unwrap().to_owned();
        for sample in samples(&std::fs::read_to_string(&text).unwrap()) {
            found += 1;
            if let Err(why) = fixture_of(&sample, &fixtures) {
                missing.push(format!("{name}:{}: {why}\n{}", sample.line, sample.text));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n\n"));
    // Texts that lost their fences would pass without this.
    assert_eq!(found, 18);
}

/// The folder of this crate.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn fixture_of(sample: &Sample, fixtures: &[(String, Value)]) -> Result<(), &'static str> {
    if let Some(name) = stands_for(sample) {
        let (_, fixture) = fixtures.iter().find(|(n, _)| n == name).ok_or("its fixture is gone")?;
        let said = fixture.to_json();
        let members = sample.text.lines().filter_map(|line| line.trim().split_once(':'));
        let mut names = members
            .map(|(name, _)| name.trim_start_matches("- "))
            .filter(|name| !name.starts_with('#'));
        return match names.find(|name| !said.contains(&format!("\"{name}\":"))) {
            None => Ok(()),
            Some(_) => Err("the fixture lacks a member"),
        };
    }
    let value = sample.value().ok_or("is neither JSON nor YAML")?;
    let same = fixtures.iter().any(|(_, fixture)| *fixture == value);
    if same { Ok(()) } else { Err("has no golden fixture") }
}

/// Every golden input, by `folder/file`.
fn fixtures() -> Vec<(String, Value)> {
    let root = root().join("../tacho-event/fixtures/dialects");
    let mut fixtures = Vec::new();
    for folder in std::fs::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        for file in std::fs::read_dir(&folder).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if name.ends_with(".in.json") {
                let folder = folder.file_name().unwrap().to_str().unwrap();
                let value = read(&std::fs::read(&path).unwrap()).unwrap();
                fixtures.push((format!("{folder}/{name}"), value));
            }
        }
    }
    fixtures
}

//! Given the workspace, gives what `cargo metadata` knows: packages, edges, targets, licences.

use std::path::{Path, PathBuf};

use crate::Stop;
use crate::house::House;
use crate::json::Value;
use crate::stream;

/// What the house is built for; what others need elsewhere is not looked at.
const PLATFORMS: &[&str] =
    &["x86_64-unknown-linux-gnu", "aarch64-apple-darwin", "x86_64-pc-windows-msvc"];

/// What `cargo metadata` told.
#[derive(Debug, Default)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
}

/// One package, ours or another's.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The licence expression of its manifest.
    pub(crate) license: Option<String>,
    /// Relative to the root for members, absolute for others.
    pub(crate) manifest: PathBuf,
    pub(crate) is_member: bool,
    /// In `default-members`: the light ring.
    pub(crate) is_default: bool,
    /// Not `publish = false`.
    pub(crate) is_published: bool,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
}

/// One line of a manifest's dependencies.
#[derive(Debug)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Build,
    Dev,
}

/// Something cargo builds: `kind` is `lib`, `bin`, `test`, `bench`, `example`, `custom-build`, ...
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: String,
    /// Relative to the root for members, absolute for others.
    pub(crate) path: PathBuf,
    pub(crate) has_doc_tests: bool,
}

/// A package that is compiled into what is published.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shipped {
    pub(crate) name: String,
    pub(crate) version: String,
}

impl Shipped {
    /// `sha2 v0.11.1`, a line of `cargo tree`; what else stands there says where it comes from.
    fn read(line: &str) -> Option<Shipped> {
        let mut words = line.split_whitespace();
        let name = words.next()?.to_owned();
        let version = words.next()?.strip_prefix('v')?.to_owned();
        Some(Shipped { name, version })
    }
}

impl Metadata {
    /// The members alone; needs no registry.
    pub(crate) fn of_members(house: &House) -> Result<Metadata, Stop> {
        Metadata::load(house, &["metadata", "--format-version", "1", "--no-deps"])
    }

    /// Members and everything they need on the platforms of the house.
    pub(crate) fn of_everything(house: &House) -> Result<Metadata, Stop> {
        let filters = PLATFORMS.iter().flat_map(|platform| ["--filter-platform", platform]);
        let words: Vec<&str> =
            ["metadata", "--format-version", "1"].into_iter().chain(filters).collect();
        Metadata::load(house, &words)
    }

    /// Name and version of every package that is compiled into what is published, on any of the
    /// platforms; what tests, build scripts and macros need is not among them.
    pub(crate) fn shipped(&self, house: &House) -> Result<Vec<Shipped>, Stop> {
        let published = self.members().filter(|member| member.is_published);
        let mut words = vec!["tree", "--edges", "normal,no-proc-macro", "--prefix", "none"];
        words.extend(published.flat_map(|member| ["--package", &member.name]));
        words.extend(PLATFORMS.iter().flat_map(|platform| ["--target", platform]));
        let lines = stream::output(&mut house.cargo(&words))?;
        Ok(lines.lines().filter_map(Shipped::read).collect())
    }

    /// The targets of a package that lies in the house but outside the workspace.
    pub(crate) fn of_outsider(house: &House, manifest: &str) -> Result<Metadata, Stop> {
        let words = ["metadata", "--format-version", "1", "--no-deps", "--manifest-path", manifest];
        Metadata::load(house, &words)
    }

    fn load(house: &House, words: &[&str]) -> Result<Metadata, Stop> {
        let text = stream::output(&mut house.cargo(words))?;
        let root = house.root.to_string_lossy();
        Metadata::read(&text, &root)
            .map_err(|problem| Stop::Failed(format!("cargo metadata: {problem}")))
    }

    /// Reads the JSON of `cargo metadata`; paths below `root` become relative to it.
    pub(crate) fn read(text: &str, root: &str) -> Result<Metadata, String> {
        let json = Value::read(text)?;
        let has = |list: &str, id: &str| {
            json.items(list).iter().any(|item| matches!(item, Value::Text(text) if text == id))
        };
        let mut packages = Vec::new();
        for package in json.items("packages") {
            let id = required(package, "id")?;
            packages.push(Package {
                name: required(package, "name")?,
                version: required(package, "version")?,
                license: package.text("license").map(str::to_owned),
                manifest: below(root, &required(package, "manifest_path")?),
                is_member: has("workspace_members", &id),
                is_default: has("workspace_default_members", &id),
                is_published: package.get("publish") != Some(&Value::Array(Vec::new())),
                dependencies: read_all(package.items("dependencies"), read_dependency)?,
                targets: read_all(package.items("targets"), |target| read_target(target, root))?,
            });
        }
        Ok(Metadata { packages })
    }

    /// Whether a member has this manifest, named from the root.
    pub(crate) fn has_manifest(&self, path: &str) -> bool {
        self.members().any(|member| member.manifest == Path::new(path))
    }

    /// The packages of this workspace.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.is_member)
    }
}

fn read_all<T>(
    items: &[Value],
    read: impl Fn(&Value) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    items.iter().map(read).collect()
}

fn read_dependency(dependency: &Value) -> Result<Dependency, String> {
    Ok(Dependency { name: required(dependency, "name")?, kind: read_kind(dependency) })
}

fn read_kind(owner: &Value) -> Kind {
    match owner.text("kind") {
        Some("dev") => Kind::Dev,
        Some("build") => Kind::Build,
        _ => Kind::Normal,
    }
}

fn read_target(target: &Value, root: &str) -> Result<Target, String> {
    let Some(Value::Text(kind)) = target.items("kind").first() else {
        return Err("a target without a kind".to_owned());
    };
    Ok(Target {
        name: required(target, "name")?,
        kind: kind.clone(),
        path: below(root, &required(target, "src_path")?),
        has_doc_tests: target.get("doctest") == Some(&Value::Bool(true)),
    })
}

fn required(owner: &Value, name: &str) -> Result<String, String> {
    owner.text(name).map(str::to_owned).ok_or_else(|| format!("no text `{name}`"))
}

fn below(root: &str, path: &str) -> PathBuf {
    match path.strip_prefix(root).and_then(|rest| rest.strip_prefix('/')) {
        Some(rest) => PathBuf::from(rest),
        None => PathBuf::from(path),
    }
}

#[cfg(test)]
impl Metadata {
    /// A workspace for tests, one line a package, `!` before what only its tests use:
    /// `tacho-event: serde !tacho-testkit`.
    pub(crate) fn sample(lines: &[&str]) -> Metadata {
        let package = |line: &&str| {
            let (name, used) = line.split_once(':').unwrap();
            let dependency = |word: &str| Dependency {
                name: word.trim_start_matches('!').to_owned(),
                kind: if word.starts_with('!') { Kind::Dev } else { Kind::Normal },
            };
            Package {
                name: name.to_owned(),
                version: "1.0.0".to_owned(),
                license: Some("MIT".to_owned()),
                manifest: PathBuf::from(format!("crates/{name}/Cargo.toml")),
                is_member: true,
                is_default: true,
                is_published: true,
                dependencies: used.split_whitespace().map(dependency).collect(),
                targets: vec![Target {
                    name: name.to_owned(),
                    kind: "lib".to_owned(),
                    path: PathBuf::from(format!("crates/{name}/src/lib.rs")),
                    has_doc_tests: true,
                }],
            }
        };
        Metadata { packages: lines.iter().map(package).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{
      "packages": [
        {"id": "path+a", "name": "a", "version": "0.1.0", "license": "MIT",
         "manifest_path": "/home/me/house/crates/a/Cargo.toml", "publish": [],
         "dependencies": [{"name": "b", "kind": null}, {"name": "c", "kind": "dev"}],
         "targets": [{"name": "a", "kind": ["lib"], "doctest": true,
                      "src_path": "/home/me/house/crates/a/src/lib.rs"}]},
        {"id": "reg+b", "name": "b", "version": "2.0.0", "license": null,
         "manifest_path": "/elsewhere/b/Cargo.toml", "dependencies": [], "targets": []}],
      "workspace_members": ["path+a"], "workspace_default_members": ["path+a"]}"#;

    #[test]
    fn members_and_targets_are_read() {
        let metadata = Metadata::read(TEXT, "/home/me/house").unwrap();
        let members: Vec<_> = metadata.members().collect();
        assert_eq!(members.len(), 1);
        assert!(members[0].is_default);
        assert_eq!(members[0].targets[0].path, PathBuf::from("crates/a/src/lib.rs"));
        assert_eq!(members[0].dependencies[1].kind, Kind::Dev);
        assert_eq!(metadata.packages[1].license, None);
        assert_eq!(metadata.packages[1].manifest, PathBuf::from("/elsewhere/b/Cargo.toml"));
        assert!(!members[0].is_published && metadata.packages[1].is_published);
    }

    #[test]
    fn shipped_packages_are_read_from_the_tree() {
        let shipped = |line| Shipped::read(line).map(|Shipped { name, version }| (name, version));
        let expected = Some(("digest".to_owned(), "0.11.3".to_owned()));
        assert_eq!(shipped("digest v0.11.3 (*)"), expected);
        assert_eq!(shipped("digest v0.11.3"), expected);
        assert_eq!(shipped(""), None);
    }

    #[test]
    fn other_text_is_a_problem_not_an_empty_workspace() {
        assert!(Metadata::read(r#"{"packages": [{"id": "a"}]}"#, "/").is_err());
    }
}

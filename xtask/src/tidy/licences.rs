//! Everything built or tested with is under a licence that lets anyone use the whole.

use super::{Finding, Subject};

/// What may be linked into a program under Apache-2.0 OR MIT without asking more of its users.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Packages whose manifest does not say it: name and what their licence file says.
const SPELLED_OUT: &[(&str, &str)] = &[];

pub(super) fn check(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &subject.everything.packages {
        let spelled = SPELLED_OUT.iter().find(|(name, _)| *name == package.name);
        let licence = spelled.map(|(_, licence)| *licence).or(package.license.as_deref());
        let message = match licence {
            None => "names no licence".to_owned(),
            Some(licence) if !is_allowed(licence) => format!("is under `{licence}`"),
            Some(_) => continue,
        };
        let message = format!("{} {} {message}", package.name, package.version);
        findings.push(Finding::new("Cargo.lock", 1, message));
    }
    findings
}

/// `A OR B`: one is enough; `A AND B`: both. `/` is how `OR` used to be written.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any_of(&mut rest) == Some(true) && rest.is_empty()
}

/// None, here and below: this is no expression.
fn any_of(rest: &mut &[&str]) -> Option<bool> {
    let mut allowed = all_of(rest)?;
    while let ["OR", after @ ..] = rest {
        *rest = after;
        allowed |= all_of(rest)?;
    }
    Some(allowed)
}

fn all_of(rest: &mut &[&str]) -> Option<bool> {
    let mut allowed = one(rest)?;
    while let ["AND", after @ ..] = rest {
        *rest = after;
        allowed &= one(rest)?;
    }
    Some(allowed)
}

fn one(rest: &mut &[&str]) -> Option<bool> {
    match rest {
        ["(", after @ ..] => {
            *rest = after;
            let allowed = any_of(rest)?;
            let [")", after @ ..] = rest else { return None };
            *rest = after;
            Some(allowed)
        }
        [name, "WITH", exception, after @ ..] => {
            *rest = after;
            Some(ALLOWED.contains(&format!("{name} WITH {exception}").as_str()))
        }
        [name, after @ ..] => {
            *rest = after;
            Some(ALLOWED.contains(name))
        }
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Metadata;

    #[test]
    fn expressions_are_weighed() {
        let good = [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0 OR MIT",
            "(MIT OR GPL-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR MIT",
            "MIT AND (ISC AND (Zlib OR X))",
        ];
        for expression in good {
            assert!(is_allowed(expression), "{expression}");
        }
        let bad = [
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT",
            "MIT)",
            "",
            "MIT OR",
            "OR MIT",
            "GPL-2.0 WITH Classpath-exception-2.0",
            "(GPL-2.0 OR MIT) AND AGPL-3.0",
        ];
        for expression in bad {
            assert!(!is_allowed(expression), "{expression}");
        }
    }

    #[test]
    fn a_package_without_or_under_another_licence_is_found() {
        let mut everything = Metadata::sample(&["a:", "b:", "c:"]);
        let licences = [None, Some("SSPL-1.0".to_owned()), Some("MIT".to_owned())];
        for (package, licence) in everything.packages.iter_mut().zip(licences) {
            package.license = licence;
        }
        let subject = Subject { everything, ..Subject::default() };
        let messages: Vec<_> = check(&subject).into_iter().map(|f| f.message).collect();
        assert_eq!(messages, ["a 1.0.0 names no licence", "b 1.0.0 is under `SSPL-1.0`"]);
    }
}

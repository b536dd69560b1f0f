//! Rules from outside, as minimum periods: a setting that is shorter is refused.
//!
//! A profile helps not to delete too early. It is no legal advice, and keeping logs long enough is
//! one duty among many: `docs/guides/retention.md` says what each of them leaves to its reader.

/// A rule that asks for logs to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// Regulation (EU) 2024/1689, articles 19(1) and 26(6): at least six months.
    EuAiAct,
    /// HIPAA, 45 CFR 164.316(b)(2)(i): six years.
    Hipaa,
    /// PCI DSS 4.0.1, requirement 10.5.1: twelve months, three of them at hand.
    Pci,
}

/// What a profile asks for, in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minimum {
    /// Its name in configuration.
    pub name: &'static str,
    /// The rule, as an error names it.
    pub rule: &'static str,
    /// Leaves.
    pub leaf_days: u32,
    /// Content.
    pub content_days: u32,
    /// Identity.
    pub identity_days: u32,
    /// Days before anything may be cold: what must be at hand.
    pub online_days: u32,
}

impl Profile {
    /// Every profile, in the order of the documentation.
    pub const ALL: [Profile; 3] = [Profile::EuAiAct, Profile::Hipaa, Profile::Pci];

    /// The profile of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.minimum().name == name)
    }

    /// What it asks for.
    pub const fn minimum(self) -> Minimum {
        match self {
            // The longest six months have 184 days, the shortest 181; the act says "at least six
            // months". Who it was is left to data protection law, which the act does not touch.
            Profile::EuAiAct => Minimum {
                name: "eu-ai-act",
                rule: "Regulation (EU) 2024/1689 (AI Act), articles 19(1) and 26(6): logs are kept \
                       for at least six months",
                leaf_days: 183,
                content_days: 183,
                identity_days: 0,
                online_days: 0,
            },
            // Six years with two leap days among them.
            Profile::Hipaa => Minimum {
                name: "hipaa",
                rule: "HIPAA, 45 CFR 164.316(b)(2)(i): documentation is kept for six years",
                leaf_days: 2_192,
                content_days: 2_192,
                identity_days: 2_192,
                online_days: 0,
            },
            Profile::Pci => Minimum {
                name: "pci",
                rule: "PCI DSS 4.0.1, requirement 10.5.1: audit logs are kept for twelve months, \
                       the last three of them at hand",
                leaf_days: 365,
                content_days: 365,
                identity_days: 365,
                online_days: 92,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_found_by_its_name() {
        for profile in Profile::ALL {
            assert_eq!(Profile::parse(profile.minimum().name), Some(profile));
        }
        assert_eq!(Profile::parse("gdpr"), None);
    }
}

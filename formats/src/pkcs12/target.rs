//! The programs that PKCS#12 files are made for: what each is known to read, and therefore which
//! profile it needs.
//!
//! One table, `target/programs.txt`, serves `--for`, `certstow check` and docs/profiles.md. "Not known
//! to read" is as far as it goes where nothing was measured: a vendor that says nothing, and that
//! nobody reports success with, counts as not reading.

use std::sync::LazyLock;

use super::facts::Facts;
use super::profile::{Iterations, Profile};
use crate::certificate::Certificate;

mod rule;
mod table;
mod text;

use rule::{Objection, Rule};
use table::{PROGRAMS, ROWS, Row};

/// Whether a program reads something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// It does.
    Yes,
    /// It is not known to.
    No,
    /// Under a condition: "from 3.4 on", "with -legacy".
    Only(&'static str),
}

/// A program, from one version to another, and the profile it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The word after `--for`.
    pub name: &'static str,
    /// The program and the versions meant.
    pub description: &'static str,
    /// The best profile it opens.
    pub profile: Profile,
}

impl Target {
    /// Whether the program opens files of this profile, at iterations it accepts.
    pub fn opens(&self, profile: Profile) -> Support {
        opens(self.name, profile)
    }

    /// Whether the program reads the certificate alone, without its path.
    pub fn reads_no_path(&self) -> bool {
        rows_about(self.name).any(|row| row.rule == Rule::CertificatesOver(1))
    }

    /// Why the program does not open a file that certstow writes for this certificate, in a sentence
    /// that calls it "it". `None` if nothing is known to be in its way, `certificate` being `None`
    /// where only profile and iterations are known.
    pub fn objection(
        &self,
        profile: Profile,
        iterations: Iterations,
        certificate: Option<&Certificate>,
    ) -> Option<String> {
        self.objection_to(&Facts::of_written(profile, iterations, certificate))
    }

    /// The first thing about a file that the program is not known to read.
    pub(super) fn objection_to(&self, facts: &Facts) -> Option<String> {
        rows_about(self.name).find_map(|row| {
            Some(match row.rule.objection(facts)? {
                Objection::Sentence(sentence) => sentence,
                Objection::Unread(what) => match (row.condition, row.version) {
                    (Some(condition), _) => format!("it reads {what} only {condition}"),
                    (None, Some(_)) => format!("it does not read {what}"),
                    (None, None) => format!("it is not known to read {what}"),
                },
            })
        })
    }
}

fn rows_about(program: &str) -> impl Iterator<Item = &'static Row> {
    ROWS.iter().filter(move |row| row.is_about(program))
}

fn opens(program: &str, profile: Profile) -> Support {
    let facts = Facts::of_written(profile, profile.iterations(), None);
    let mut support = Support::Yes;
    for row in rows_about(program).filter(|row| row.rule.objection(&facts).is_some()) {
        match row.condition {
            Some(condition) => support = Support::Only(condition),
            None => return Support::No,
        }
    }
    support
}

static TARGETS: LazyLock<Vec<Target>> = LazyLock::new(|| {
    let target = |program: &table::Program| Target {
        name: program.name,
        description: program.description,
        profile: match opens(program.name, Profile::Modern) {
            Support::Yes => Profile::Modern,
            _ => Profile::Compatible,
        },
    };
    PROGRAMS.iter().map(target).collect()
});

/// Every program certstow knows of, in the order of docs/profiles.md.
pub fn targets() -> &'static [Target] {
    &TARGETS
}

/// The program of this name.
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::KeyTraits;
    use crate::testing::identities;

    #[test]
    fn target_opens_its_own_profile() {
        for target in targets() {
            assert_eq!(
                target.opens(target.profile),
                Support::Yes,
                "{}",
                target.name
            );
        }
    }

    #[test]
    fn target_profile_is_modern_where_possible() {
        for target in targets() {
            let modern = target.opens(Profile::Modern) == Support::Yes;
            assert_eq!(target.profile == Profile::Modern, modern, "{}", target.name);
        }
    }

    #[test]
    fn find_returns_every_target_by_name() {
        for target in targets() {
            assert_eq!(find(target.name), Some(target));
        }
        assert_eq!(find("windows95"), None);
    }

    #[test]
    fn target_refuses_kinds_of_key_and_iterations() {
        let objection = |name: &str, iterations, certificate: Option<&Certificate>| {
            let target = find(name).unwrap();
            let iterations = Iterations::new(iterations).unwrap();
            target.objection(target.profile, iterations, certificate)
        };
        let ed448 = identities::ed448_identity().leaf;
        let ec = identities::ec_identity().leaf;
        for name in [
            "windows7",
            "windows11",
            "macos15",
            "dotnet",
            "nss",
            "firefox",
            "java8",
        ] {
            let why = objection(name, 2_000, Some(&ed448)).unwrap();
            assert!(why.ends_with("read Ed448 keys"), "{why}");
            assert_eq!(objection(name, 2_000, Some(&ec)), None);
        }
        assert_eq!(objection("openssl", 600_000, Some(&ed448)), None);
        assert!(
            objection("dotnet", 300_001, None)
                .unwrap()
                .contains("300000")
        );
        assert!(find("go").unwrap().reads_no_path());
        assert!(!find("go-pkcs12").unwrap().reads_no_path());
    }

    #[test]
    fn targets_table_matches_docs_profiles() {
        let mut table = String::from(
            "| `--for` | program | profile | modern | compatible | legacy | pbmac1 |\n\
             |---|---|---|---|---|---|---|\n",
        );
        for target in targets() {
            let cells = Profile::ALL.map(|profile| match target.opens(profile) {
                Support::Yes => "yes",
                Support::No => "no",
                Support::Only(condition) => condition,
            });
            table += &format!(
                "| `{}` | {} | {} | {} |\n",
                target.name,
                target.description,
                target.profile,
                cells.join(" | ")
            );
        }
        let docs = include_str!("../../../docs/profiles.md");
        assert!(
            docs.contains(&table),
            "docs/profiles.md should hold this table:\n{table}"
        );
    }

    #[test]
    fn kinds_of_key_match_docs_profiles() {
        let key = |algorithm: &str| KeyTraits {
            algorithm: algorithm.to_owned(),
            ..KeyTraits::default()
        };
        let three_primes = KeyTraits {
            has_several_primes: true,
            ..key("RSA")
        };
        let mut table = String::from("| key | not for |\n|---|---|\n");
        for (name, key) in [
            ("Ed25519", key("Ed25519")),
            ("Ed448", key("Ed448")),
            ("X25519, X448", key("X25519")),
            ("RSASSA-PSS", key("RSASSA-PSS")),
            ("RSA with more than two primes", three_primes),
            ("P-224 and other curves", key("ECDSA P-224")),
            ("secp256k1", key("ECDSA secp256k1")),
            ("brainpool", key("ECDSA brainpoolP256r1")),
            ("DSA", key("DSA")),
            ("ML-DSA", key("ML-DSA-65")),
        ] {
            let facts = Facts {
                keys: vec![key],
                ..Facts::of_written(Profile::Modern, Profile::Modern.iterations(), None)
            };
            let kinds = ROWS.iter().filter(|row| row.rule.is_about_keys());
            let objecting = kinds.filter(|row| row.rule.objection(&facts).is_some());
            let programs: Vec<_> = objecting.map(Row::programs).collect();
            table += &format!("| {name} | {} |\n", programs.join(", "));
        }
        let docs = include_str!("../../../docs/profiles.md");
        assert!(
            docs.contains(&table),
            "docs/profiles.md should hold:\n{table}"
        );
    }
}

//! The programs that PKCS#12 files are made for: what each is known to read, and therefore which
//! profile it needs.
//!
//! One table serves `--for`, `certstow check` and docs/profiles.md, which repeats it and names
//! the sources. "Not known to read" is as far as it goes: a vendor that says nothing, and that
//! nobody reports success with, counts as not reading.

use super::profile::Profile;

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

/// What a program knows of PBES2 (RFC 8018).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pbes2 {
    /// Nothing: PKCS#12's own schemes only.
    No,
    /// AES-256-CBC with PBKDF2-HMAC-SHA256, and no other combination for certain.
    Aes256Sha256,
    /// Every AES key length and hash in use.
    Yes,
}

/// What a program is known to read. 3DES and a MAC with HMAC-SHA1 all of them read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reads {
    /// PBES2 with AES.
    pub pbes2: Pbes2,
    /// A MAC with a hash of the SHA-2 family.
    pub sha2_mac: bool,
    /// RC2 for the certificates.
    pub rc2: Support,
    /// PBMAC1 (RFC 9579).
    pub pbmac1: Support,
    /// BER that is not DER, as Firefox writes it.
    pub ber: bool,
    /// A file without a MAC.
    pub without_mac: bool,
    /// A password with characters beyond ASCII.
    pub any_password: bool,
    /// How many ContentInfos it reads: from, to.
    pub content_infos: Option<(usize, usize)>,
    /// Certificates at most.
    pub certificates: Option<usize>,
    /// Iterations of one derivation at most.
    pub iterations: Option<u32>,
    /// Iterations of all derivations together at most.
    pub total_iterations: Option<u64>,
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
    /// What it reads.
    pub reads: Reads,
}

impl Target {
    /// Whether the program opens files of this profile, at iterations it accepts.
    pub fn opens(&self, profile: Profile) -> Support {
        let modern = self.reads.pbes2 >= Pbes2::Aes256Sha256;
        match profile {
            Profile::Modern if modern && self.reads.sha2_mac => Support::Yes,
            Profile::Modern => Support::No,
            Profile::Compatible => Support::Yes,
            Profile::Legacy => self.reads.rc2,
            Profile::Pbmac1 if modern => self.reads.pbmac1,
            Profile::Pbmac1 => Support::No,
        }
    }
}

/// Programs built before AES reached PKCS#12.
const OLD: Reads = Reads {
    pbes2: Pbes2::No,
    sha2_mac: false,
    rc2: Support::Yes,
    pbmac1: Support::No,
    ber: true,
    without_mac: false,
    any_password: true,
    content_infos: None,
    certificates: None,
    iterations: None,
    total_iterations: None,
};

/// Programs that read AES in every form.
const AES: Reads = Reads {
    pbes2: Pbes2::Yes,
    sha2_mac: true,
    ..OLD
};

/// Programs whose vendor or users speak of AES-256 with SHA-256 only.
const AES_256: Reads = Reads {
    pbes2: Pbes2::Aes256Sha256,
    ..AES
};

const WINDOWS_OLD: Reads = Reads {
    iterations: Some(600_000),
    ..OLD
};
const WINDOWS: Reads = Reads {
    iterations: Some(600_000),
    ..AES_256
};
const JAVA_OLD: Reads = Reads {
    any_password: false,
    iterations: Some(5_000_000),
    ..OLD
};
const JAVA: Reads = Reads {
    without_mac: true,
    any_password: false,
    iterations: Some(5_000_000),
    ..AES
};
const NSS: Reads = Reads {
    pbmac1: Support::Only("from NSS 3.101 on"),
    iterations: Some(100_000_000),
    ..AES
};

const PYTHON: Reads = Reads {
    pbmac1: Support::Only("with OpenSSL 3.4 or later inside"),
    without_mac: true,
    ..AES
};

const fn target(name: &'static str, description: &'static str, reads: Reads) -> Target {
    Target {
        name,
        description,
        profile: match (reads.pbes2, reads.sha2_mac) {
            (Pbes2::Aes256Sha256 | Pbes2::Yes, true) => Profile::Modern,
            _ => Profile::Compatible,
        },
        reads,
    }
}

const TARGETS: [Target; 27] = {
    [
        target("windows7", "Windows 7 and 8.1", WINDOWS_OLD),
        target(
            "windows2012",
            "Windows Server 2012 and 2012 R2",
            WINDOWS_OLD,
        ),
        target("windows2016", "Windows Server 2016", WINDOWS_OLD),
        target("windows2019", "Windows Server 2019", WINDOWS),
        target("windows2022", "Windows Server 2022 and later", WINDOWS),
        target("windows10", "Windows 10, version 1809 and later", WINDOWS),
        target("windows11", "Windows 11", WINDOWS),
        target("macos14", "macOS 14 and earlier", OLD),
        target("macos15", "macOS 15 and later", AES_256),
        target("ios17", "iOS and iPadOS 17 and earlier", OLD),
        target("ios18", "iOS and iPadOS 18 and later", AES_256),
        target("android13", "Android 13 and earlier", OLD),
        target("android15", "Android 14 and 15", OLD),
        target("android16", "Android 16 and later", AES_256),
        target(
            "java8",
            "Java 8 before 8u301, Java 11 before 11.0.12",
            JAVA_OLD,
        ),
        target("java11", "Java 8u301, 11.0.12 and later updates", JAVA),
        target("java17", "Java 17", JAVA),
        target(
            "java21",
            "Java 21 and later",
            Reads {
                pbmac1: Support::Only("from Java 26 on"),
                ..JAVA
            },
        ),
        target(
            "openssl",
            "OpenSSL 1.1.1 and later",
            Reads {
                rc2: Support::Only("with -legacy where it is OpenSSL 3"),
                pbmac1: Support::Only("from OpenSSL 3.4 on"),
                without_mac: true,
                ..AES
            },
        ),
        target("firefox", "Firefox and Thunderbird", NSS),
        target("nss", "NSS (pk12util)", NSS),
        target(
            "gnutls",
            "GnuTLS (certtool)",
            Reads {
                pbmac1: Support::Only("from GnuTLS 3.8.6 on"),
                ..AES
            },
        ),
        target(
            "dotnet",
            ".NET 9 and later (X509CertificateLoader)",
            Reads {
                rc2: Support::Only("where the operating system has RC2"),
                iterations: Some(300_000),
                total_iterations: Some(1_000_000),
                ..AES
            },
        ),
        target("python", "Python cryptography", PYTHON),
        target(
            "go",
            "Go, golang.org/x/crypto/pkcs12 (without the path)",
            Reads {
                ber: false,
                content_infos: Some((2, 2)),
                certificates: Some(1),
                iterations: Some(1 << 20),
                ..OLD
            },
        ),
        target(
            "go-pkcs12",
            "Go, software.sslmate.com/src/go-pkcs12",
            Reads {
                pbmac1: Support::Only("in releases with Modern2026"),
                ber: false,
                content_infos: Some((1, 2)),
                ..AES
            },
        ),
        target("gpgsm", "GnuPG 2.2 (gpgsm)", OLD),
    ]
};

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
    fn target_accepts_default_iterations_of_its_profile() {
        for target in targets() {
            let iterations = target.profile.default_iterations();
            let each = target.reads.iterations.unwrap_or(u32::MAX);
            let total = target.reads.total_iterations.unwrap_or(u64::MAX);
            assert!(
                iterations <= each && u64::from(iterations) * 3 <= total,
                "{}",
                target.name
            );
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
}

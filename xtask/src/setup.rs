//! Setting a machine up: the parts of the Rust toolchain that the checks use, and the other
//! programs that certstow's files are tried on.

use crate::checks::TARGETS;
use crate::command::{program, run, succeeds};

/// A program that certstow is tested against, and the Debian package that brings it.
struct Peer {
    name: &'static str,
    package: &'static str,
    /// A command that succeeds when the program is there.
    probe: &'static [&'static str],
}

const PEERS: [Peer; 7] = [
    Peer {
        name: "OpenSSL",
        package: "openssl",
        probe: &["openssl", "version"],
    },
    Peer {
        name: "NSS certutil",
        package: "libnss3-tools",
        probe: &["sh", "-c", "command -v certutil"],
    },
    Peer {
        name: "NSS pk12util",
        package: "libnss3-tools",
        probe: &["sh", "-c", "command -v pk12util"],
    },
    Peer {
        name: "GnuTLS certtool",
        package: "gnutls-bin",
        probe: &["certtool", "--version"],
    },
    // `java FILE.java` compiles in memory, which takes the JDK's compiler module.
    Peer {
        name: "Java (JDK)",
        package: "default-jdk-headless",
        probe: &["javac", "-version"],
    },
    Peer {
        name: "Java keytool",
        package: "default-jdk-headless",
        probe: &["sh", "-c", "command -v keytool"],
    },
    Peer {
        name: "Python cryptography",
        package: "python3-cryptography",
        probe: &[
            "sh",
            "-c",
            "python3 -c 'import cryptography' || /usr/bin/python3 -c 'import cryptography'",
        ],
    },
];

/// Whether every peer is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peers {
    Complete,
    Incomplete,
}

/// Adds rustfmt, clippy and the targets that are linted, by rustup where it is there.
pub(crate) fn rust() -> Result<(), String> {
    if succeeds(program("rustup").arg("--version")) {
        run(program("rustup").args(["component", "add", "rustfmt", "clippy"]))?;
        return run(program("rustup").args(["target", "add"]).args(TARGETS));
    }
    for tool in ["fmt", "clippy"] {
        if !succeeds(program("cargo").args([tool, "--version"])) {
            return Err(format!(
                "cargo {tool} is missing, and there is no rustup to install it with"
            ));
        }
    }
    println!("    no rustup here: the standard libraries of {TARGETS:?} must be installed already");
    Ok(())
}

/// Installs the peers that are missing: on Debian as root by itself, elsewhere it says how. In
/// CI a missing peer is a failure.
pub(crate) fn peers() -> Result<Peers, String> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(Peers::Complete);
    }
    if may_install() {
        install(&missing)?;
    }
    let missing = self::missing();
    if missing.is_empty() {
        return Ok(Peers::Complete);
    }
    let names: Vec<_> = missing.iter().map(|peer| peer.name).collect();
    let advice = format!(
        "missing: {}. On Debian: apt-get install {}",
        names.join(", "),
        packages(&missing).join(" ")
    );
    if std::env::var_os("CI").is_some() {
        return Err(advice);
    }
    println!("    {advice}");
    Ok(Peers::Incomplete)
}

fn missing() -> Vec<&'static Peer> {
    PEERS
        .iter()
        .filter(|peer| !succeeds(program(peer.probe[0]).args(&peer.probe[1..])))
        .collect()
}

fn packages(peers: &[&Peer]) -> Vec<&'static str> {
    let mut packages: Vec<_> = peers.iter().map(|peer| peer.package).collect();
    packages.dedup();
    packages
}

fn may_install() -> bool {
    std::path::Path::new("/etc/debian_version").exists()
        && succeeds(program("sh").args(["-c", "test \"$(id -u)\" = 0 && command -v apt-get"]))
}

fn install(peers: &[&Peer]) -> Result<(), String> {
    let mut update = program("apt-get");
    run(update.args(["update", "--quiet"]))?;
    let mut install = program("apt-get");
    install
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["install", "--quiet", "--yes", "--no-install-recommends"])
        .args(packages(peers));
    run(&mut install)
}

//! Setting a machine up: the other programs that certstow's files are tried on.

use crate::command::{in_ci, program, run, succeeds};

/// A program that certstow is tested against, and the Debian package that brings it.
struct Peer {
    name: &'static str,
    package: &'static str,
    /// A line of shell that succeeds where the program is there.
    probe: &'static str,
}

const fn peer(name: &'static str, package: &'static str, probe: &'static str) -> Peer {
    Peer {
        name,
        package,
        probe,
    }
}

const OPENSSL: Peer = peer("OpenSSL", "openssl", "openssl version");

/// Holds a process in its last system call, where its memory is searched, and kills it, or has a
/// call fail, at each.
const STRACE: Peer = peer("strace", "strace", "strace --version");

/// Opens the pages of reports.
const CHROMIUM: Peer = peer("Chromium", "chromium", "command -v chromium");

/// A terminal for a program whose input and output are not one.
const SCRIPT: Peer = peer("script of util-linux", "bsdutils", "script --version");

const PEERS: [Peer; 25] = [
    OPENSSL,
    CHROMIUM,
    peer("pdftotext of Poppler", "poppler-utils", "pdftotext -v"),
    peer("NSS certutil", "libnss3-tools", "command -v certutil"),
    peer("NSS pk12util", "libnss3-tools", "command -v pk12util"),
    peer("GnuTLS certtool", "gnutls-bin", "certtool --version"),
    // `java FILE.java` compiles in memory, which takes the JDK's compiler module.
    peer("Java (JDK)", "default-jdk-headless", "javac -version"),
    peer("Java keytool", "default-jdk-headless", "command -v keytool"),
    peer(
        "Python cryptography",
        "python3-cryptography",
        "python3 -c 'import cryptography' || /usr/bin/python3 -c 'import cryptography'",
    ),
    STRACE,
    peer("systemd", "systemd", "systemd-analyze --version"),
    peer(
        "GNOME Keyring",
        "gnome-keyring",
        "gnome-keyring-daemon --version",
    ),
    peer(
        "D-Bus",
        "dbus",
        "command -v dbus-daemon && command -v dbus-send",
    ),
    peer("secret-tool", "libsecret-tools", "command -v secret-tool"),
    peer("jq", "jq", "jq --version"),
    peer("restic", "restic", "restic version"),
    SCRIPT,
    peer("bash", "bash", "bash --version"),
    peer(
        "bash-completion",
        "bash-completion",
        "test -e /usr/share/bash-completion/bash_completion",
    ),
    peer("zsh", "zsh", "zsh --version"),
    peer("fish", "fish", "fish --version"),
    peer("mandoc", "mandoc", "command -v mandoc"),
    peer("groff", "groff-base", "groff --version"),
    // A file system without permissions, by a driver outside the kernel: not every kernel has one.
    peer(
        "exFAT driver",
        "exfat-fuse",
        "PATH=$PATH:/usr/sbin:/sbin; command -v mount.exfat-fuse",
    ),
    peer(
        "exFAT mkfs.exfat",
        "exfatprogs",
        "PATH=$PATH:/usr/sbin:/sbin; command -v mkfs.exfat",
    ),
];

/// What injects faults, and opens what is left.
const FAULTS: [Peer; 2] = [OPENSSL, STRACE];

/// What takes the picture of a report, and makes it small.
const CAMERA: [Peer; 3] = [
    OPENSSL,
    CHROMIUM,
    peer("pngquant", "pngquant", "pngquant --version"),
];

/// What it takes to build for Windows here, to run the result, and to look at what it wrote.
const WINE: [Peer; 5] = [
    OPENSSL,
    SCRIPT,
    peer(
        "Wine",
        "wine",
        "command -v wine && command -v wineboot && command -v wineserver",
    ),
    // Debian's `wine` is a script, satisfied with the Wine of 32 bits alone.
    peer(
        "Wine for 64 bits",
        "wine64",
        "test ! -e /etc/debian_version || test -x /usr/lib/wine/wine64 || command -v wine64",
    ),
    peer(
        "MinGW-w64 gcc",
        "gcc-mingw-w64-x86-64",
        "x86_64-w64-mingw32-gcc --version",
    ),
];

/// What installs the linter of the workflows.
const PIP: [Peer; 1] = [peer("pip", "python3-pip", "python3 -m pip --version")];

/// Whether every peer is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peers {
    Complete,
    Incomplete,
}

/// Whether this account may mount a disk, beyond what user namespaces let everybody mount.
pub(crate) fn may_mount_disks() -> bool {
    succeeds(program("unshare").args(["--mount", "true"]))
}

/// Whether this account may read the memory of a process that closed it.
pub(crate) fn may_read_memory() -> bool {
    succeeds(program("sh").args(["-c", "test \"$(id -u)\" = 0"]))
}

/// Installs the peers that are missing: on Debian as root by itself, elsewhere it says how. In
/// CI a missing peer is a failure.
pub(crate) fn peers() -> Result<Peers, String> {
    match install_missing(&PEERS)? {
        None => Ok(Peers::Complete),
        Some(advice) if in_ci() => Err(advice),
        Some(advice) => {
            println!("    {advice}");
            Ok(Peers::Incomplete)
        }
    }
}

/// The same where nothing can be done without them: a missing peer is a failure everywhere.
pub(crate) fn every_peer() -> Result<(), String> {
    install_missing(&PEERS)?.map_or(Ok(()), Err)
}

/// Installs what [`crate::wine`] needs, as [`every_peer`] does; an error says what is missing.
pub(crate) fn wine() -> Result<(), String> {
    install_missing(&WINE)?.map_or(Ok(()), Err)
}

/// Installs what [`crate::tests::faults`] needs, as [`every_peer`] does; an error says what is missing.
pub(crate) fn faults() -> Result<(), String> {
    install_missing(&FAULTS)?.map_or(Ok(()), Err)
}

/// Installs what [`crate::picture`] needs, as [`every_peer`] does; an error says what is missing.
pub(crate) fn camera() -> Result<(), String> {
    install_missing(&CAMERA)?.map_or(Ok(()), Err)
}

/// Installs what [`crate::workflows`] installs its linter with, as [`every_peer`] does.
pub(crate) fn pip() -> Result<(), String> {
    install_missing(&PIP)?.map_or(Ok(()), Err)
}

/// Installs the missing peers where it may; the advice about those still missing.
fn install_missing(peers: &'static [Peer]) -> Result<Option<String>, String> {
    let missing = missing(peers);
    if missing.is_empty() {
        return Ok(None);
    }
    if may_install() {
        install(&missing)?;
    }
    let missing = self::missing(peers);
    if missing.is_empty() {
        return Ok(None);
    }
    let names: Vec<_> = missing.iter().map(|peer| peer.name).collect();
    Ok(Some(format!(
        "missing: {}. On Debian: apt-get install {}",
        names.join(", "),
        packages(&missing).join(" ")
    )))
}

fn missing(peers: &'static [Peer]) -> Vec<&'static Peer> {
    peers
        .iter()
        .filter(|peer| !succeeds(program("sh").args(["-c", peer.probe])))
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

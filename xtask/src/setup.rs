//! Setting a machine up: the other programs that certstow's files are tried on.

use crate::command::{in_ci, program, run, succeeds};

/// A program that certstow is tested against, and the Debian package that brings it.
struct Peer {
    name: &'static str,
    package: &'static str,
    /// A command that succeeds when the program is there.
    probe: &'static [&'static str],
}

const OPENSSL: Peer = Peer {
    name: "OpenSSL",
    package: "openssl",
    probe: &["openssl", "version"],
};

/// Holds a process in its last system call, where its memory is searched, and kills it, or has a
/// call fail, at each.
const STRACE: Peer = Peer {
    name: "strace",
    package: "strace",
    probe: &["strace", "--version"],
};

/// Opens the pages of reports.
const CHROMIUM: Peer = Peer {
    name: "Chromium",
    package: "chromium",
    probe: &["sh", "-c", "command -v chromium"],
};

const PEERS: [Peer; 25] = [
    OPENSSL,
    CHROMIUM,
    Peer {
        name: "pdftotext of Poppler",
        package: "poppler-utils",
        probe: &["pdftotext", "-v"],
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
    STRACE,
    Peer {
        name: "systemd",
        package: "systemd",
        probe: &["systemd-analyze", "--version"],
    },
    Peer {
        name: "GNOME Keyring",
        package: "gnome-keyring",
        probe: &["gnome-keyring-daemon", "--version"],
    },
    Peer {
        name: "D-Bus",
        package: "dbus",
        probe: &["sh", "-c", "command -v dbus-daemon && command -v dbus-send"],
    },
    Peer {
        name: "secret-tool",
        package: "libsecret-tools",
        probe: &["sh", "-c", "command -v secret-tool"],
    },
    Peer {
        name: "jq",
        package: "jq",
        probe: &["jq", "--version"],
    },
    Peer {
        name: "restic",
        package: "restic",
        probe: &["restic", "version"],
    },
    // A terminal for README's recording.
    Peer {
        name: "script of util-linux",
        package: "bsdutils",
        probe: &["script", "--version"],
    },
    Peer {
        name: "bash",
        package: "bash",
        probe: &["bash", "--version"],
    },
    Peer {
        name: "bash-completion",
        package: "bash-completion",
        probe: &["test", "-e", "/usr/share/bash-completion/bash_completion"],
    },
    Peer {
        name: "zsh",
        package: "zsh",
        probe: &["zsh", "--version"],
    },
    Peer {
        name: "fish",
        package: "fish",
        probe: &["fish", "--version"],
    },
    Peer {
        name: "mandoc",
        package: "mandoc",
        probe: &["sh", "-c", "command -v mandoc"],
    },
    Peer {
        name: "groff",
        package: "groff-base",
        probe: &["groff", "--version"],
    },
    // A file system without permissions, by a driver outside the kernel: not every kernel has one.
    Peer {
        name: "exFAT driver",
        package: "exfat-fuse",
        probe: &[
            "sh",
            "-c",
            "PATH=$PATH:/usr/sbin:/sbin; command -v mount.exfat-fuse",
        ],
    },
    Peer {
        name: "exFAT mkfs.exfat",
        package: "exfatprogs",
        probe: &[
            "sh",
            "-c",
            "PATH=$PATH:/usr/sbin:/sbin; command -v mkfs.exfat",
        ],
    },
];

/// What injects faults, and opens what is left.
const FAULTS: [Peer; 2] = [OPENSSL, STRACE];

/// What takes the picture of a report, and makes it small.
const CAMERA: [Peer; 3] = [
    OPENSSL,
    CHROMIUM,
    Peer {
        name: "pngquant",
        package: "pngquant",
        probe: &["pngquant", "--version"],
    },
];

/// What it takes to build for Windows here, to run the result, and to look at what it wrote.
const WINE: [Peer; 5] = [
    OPENSSL,
    // A terminal for a program whose input and output are not one.
    Peer {
        name: "script of util-linux",
        package: "bsdutils",
        probe: &["script", "--version"],
    },
    Peer {
        name: "Wine",
        package: "wine",
        probe: &[
            "sh",
            "-c",
            "command -v wine && command -v wineboot && command -v wineserver",
        ],
    },
    // Debian's `wine` is a script, satisfied with the Wine of 32 bits alone.
    Peer {
        name: "Wine for 64 bits",
        package: "wine64",
        probe: &[
            "sh",
            "-c",
            "test ! -e /etc/debian_version || test -x /usr/lib/wine/wine64 || command -v wine64",
        ],
    },
    Peer {
        name: "MinGW-w64 gcc",
        package: "gcc-mingw-w64-x86-64",
        probe: &["x86_64-w64-mingw32-gcc", "--version"],
    },
];

/// What installs the linter of the workflows.
const PIP: [Peer; 1] = [Peer {
    name: "pip",
    package: "python3-pip",
    probe: &["python3", "-m", "pip", "--version"],
}];

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

//! Setting a machine up: the other programs that certstow's files are tried on.

use crate::command::{in_ci, program, run, succeeds};

/// A program by its name, the Debian package that brings it, and a line of shell that succeeds where
/// it is there.
type Program = &'static str;

const OPENSSL: Program = "OpenSSL | openssl | openssl version";

/// Holds a process in its last system call, where its memory is searched, and kills it, or has a
/// call fail, at each.
const STRACE: Program = "strace | strace | strace --version";

/// Opens the pages of reports.
const CHROMIUM: Program = "Chromium | chromium | command -v chromium";

/// A terminal for a program whose input and output are not one.
const SCRIPT: Program = "script of util-linux | bsdutils | script --version";

/// What certstow is tested against.
pub(crate) const PEERS: [Program; 35] = [
    OPENSSL,
    CHROMIUM,
    "pdftotext of Poppler | poppler-utils | pdftotext -v",
    "NSS certutil | libnss3-tools | command -v certutil",
    "NSS pk12util | libnss3-tools | command -v pk12util",
    "Firefox | firefox-esr | command -v firefox-esr",
    "SoftHSM | softhsm2 | command -v softhsm2-util",
    "OpenSC pkcs11-tool | opensc | command -v pkcs11-tool",
    "p11-kit | p11-kit | command -v p11-kit",
    "GnuTLS certtool | gnutls-bin | certtool --version",
    // `java FILE.java` compiles in memory, which takes the JDK's compiler module.
    "Java (JDK) | default-jdk-headless | javac -version",
    "Java keytool | default-jdk-headless | command -v keytool",
    "Python cryptography | python3-cryptography | python3 -c 'import cryptography' \
     || /usr/bin/python3 -c 'import cryptography'",
    "Bouncy Castle | libbcprov-java | test -e /usr/share/java/bcprov.jar",
    "OpenSSH | openssh-client | command -v ssh-keygen",
    "PuTTY | putty-tools | puttygen --version",
    "zip | zip | zip --version",
    "unzip | unzip | unzip -v",
    STRACE,
    "systemd | systemd | systemd-analyze --version",
    "GNOME Keyring | gnome-keyring | gnome-keyring-daemon --version",
    "D-Bus | dbus | command -v dbus-daemon && command -v dbus-send",
    "secret-tool | libsecret-tools | command -v secret-tool",
    "jq | jq | jq --version",
    "curl | curl | curl --version",
    "restic | restic | restic version",
    SCRIPT,
    "bash | bash | bash --version",
    "bash-completion | bash-completion | test -e /usr/share/bash-completion/bash_completion",
    "zsh | zsh | zsh --version",
    "fish | fish | fish --version",
    "mandoc | mandoc | command -v mandoc",
    "groff | groff-base | groff --version",
    // A file system without permissions, by a driver outside the kernel: not every kernel has one.
    "exFAT driver | exfat-fuse | PATH=$PATH:/usr/sbin:/sbin; command -v mount.exfat-fuse",
    "exFAT mkfs.exfat | exfatprogs | PATH=$PATH:/usr/sbin:/sbin; command -v mkfs.exfat",
];

/// What [`crate::tests::faults`] needs: it injects faults, and opens what is left.
pub(crate) const FAULTS: [Program; 2] = [OPENSSL, STRACE];

/// What takes the picture of a report, and makes it small.
pub(crate) const CAMERA: [Program; 3] = [
    OPENSSL,
    CHROMIUM,
    "pngquant | pngquant | pngquant --version",
];

/// What it takes to build for Windows here, to run the result, and to look at what it wrote.
pub(crate) const WINE: [Program; 5] = [
    OPENSSL,
    SCRIPT,
    "Wine | wine | command -v wine && command -v wineboot && command -v wineserver",
    // Debian's `wine` is a script, satisfied with the Wine of 32 bits alone.
    "Wine for 64 bits | wine64 | \
     test ! -e /etc/debian_version || test -x /usr/lib/wine/wine64 || command -v wine64",
    "MinGW-w64 gcc | gcc-mingw-w64-x86-64 | x86_64-w64-mingw32-gcc --version",
];

/// What installs packages of PyPI.
pub(crate) const PIP: [Program; 1] = ["pip | python3-pip | python3 -m pip --version"];

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

/// Installs programs as [`peers`] does, where nothing can be done without them: an error says what is
/// missing.
pub(crate) fn require(programs: &[Program]) -> Result<(), String> {
    install_missing(programs)?.map_or(Ok(()), Err)
}

/// Installs the missing programs where it may; the advice about those still missing.
fn install_missing(programs: &[Program]) -> Result<Option<String>, String> {
    let mut missing = missing(programs);
    if !missing.is_empty() && may_install() {
        install(&missing)?;
        missing = self::missing(programs);
    }
    let names: Vec<_> = missing.iter().map(|[name, ..]| *name).collect();
    Ok((!missing.is_empty()).then(|| {
        let packages = packages(&missing).join(" ");
        format!(
            "missing: {}. On Debian: apt-get install {packages}",
            names.join(", ")
        )
    }))
}

/// The programs that are not there, each in its three parts.
fn missing(programs: &[Program]) -> Vec<[&'static str; 3]> {
    let parts = programs.iter().map(|program| {
        let mut parts = program.splitn(3, " | ");
        [(); 3].map(|()| parts.next().unwrap_or_default())
    });
    parts
        .filter(|[.., probe]| !succeeds(program("sh").args(["-c", probe])))
        .collect()
}

fn packages(programs: &[[&'static str; 3]]) -> Vec<&'static str> {
    let mut packages: Vec<_> = programs.iter().map(|[_, package, _]| *package).collect();
    packages.dedup();
    packages
}

fn may_install() -> bool {
    std::path::Path::new("/etc/debian_version").exists()
        && succeeds(program("sh").args(["-c", "test \"$(id -u)\" = 0 && command -v apt-get"]))
}

fn install(programs: &[[&'static str; 3]]) -> Result<(), String> {
    run(program("apt-get").args(["update", "--quiet"]))?;
    let mut install = program("apt-get");
    install
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["install", "--quiet", "--yes", "--no-install-recommends"])
        .args(packages(programs));
    run(&mut install)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_have_three_parts() {
        let lists = [&PEERS[..], &FAULTS, &CAMERA, &WINE, &PIP];
        for program in lists.concat() {
            let parts: Vec<_> = program.splitn(3, " | ").collect();
            assert!(parts.len() == 3 && !parts[2].trim().is_empty(), "{program}");
        }
    }
}

//! Letters that lead to somewhere else: a share (`net use Z: \\server\share`), or a folder of another drive
//! (`subst`). Windows keeps them for one logon session each ("Mapped drives are not available from an
//! elevated prompt", Microsoft), so a task that runs in a session of its own has none of them.

#[cfg(any(windows, test))]
use super::windows_names::without_drive;

/// A path whose drive another session may not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedDrive {
    /// The drive, as in `Z:`.
    pub drive: String,
    /// The same path without it, as in `\\server\share\folder`, if Windows tells.
    pub path: Option<String>,
}

/// Where a drive leads.
#[cfg(any(windows, test))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LeadsTo {
    /// To a device of its own: a disk.
    Device,
    /// To a share, by its name, if Windows tells.
    Share(Option<String>),
    /// To a folder, by the name that the kernel has for it: `\??\C:\folder`, or `\??\UNC\server\share`.
    Folder(String),
}

/// What is mapped in a path, by where its drive leads.
#[cfg(any(windows, test))]
pub(super) fn of(path: &str, leads: impl Fn(&str) -> LeadsTo) -> Option<MappedDrive> {
    let path = path.strip_prefix(r"\\?\").unwrap_or(path);
    let rest = without_drive(path)?;
    let drive = path[..2].to_ascii_uppercase();
    let place = match leads(&drive) {
        LeadsTo::Device => return None,
        LeadsTo::Share(share) => share,
        LeadsTo::Folder(name) => {
            let folder = name.strip_prefix(r"\??\").map(|name| {
                let share = name.strip_prefix(r"UNC\");
                share.map_or_else(|| name.to_owned(), |share| format!(r"\\{share}"))
            });
            Some(folder.unwrap_or(name))
        }
    };
    let path = place.map(|place| {
        let rest = rest.trim_start_matches(['\\', '/']);
        let place = place.trim_end_matches('\\');
        match rest.is_empty() {
            true => place.to_owned(),
            false => format!(r"{place}\{rest}"),
        }
    });
    Some(MappedDrive { drive, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapped_drive_is_told_by_its_kind() {
        let share = || LeadsTo::Share(Some(r"\\server\share".to_owned()));
        let folder = |name: &str| LeadsTo::Folder(name.to_owned());
        for (path, leads, expected) in [
            (r"Z:\Backup", share(), Some(r"\\server\share\Backup")),
            ("z:/Backup/x", share(), Some(r"\\server\share\Backup/x")),
            (r"Z:\", share(), Some(r"\\server\share")),
            (r"\\?\Z:\Backup", share(), Some(r"\\server\share\Backup")),
            (r"Z:\Backup", LeadsTo::Share(None), None),
            (
                r"Z:\x",
                folder(r"\??\C:\Users\ada"),
                Some(r"C:\Users\ada\x"),
            ),
            (
                r"Z:\x",
                folder(r"\??\UNC\server\share"),
                Some(r"\\server\share\x"),
            ),
        ] {
            let mapped = of(path, |drive| {
                assert_eq!(drive, "Z:");
                leads.clone()
            });
            let mapped = mapped.unwrap();
            assert_eq!(
                (mapped.drive.as_str(), mapped.path.as_deref()),
                ("Z:", expected)
            );
        }
        assert_eq!(of(r"C:\Backup", |_| LeadsTo::Device), None);
        for path in [r"\\server\share\x", "/srv/backup", "Z", ""] {
            assert_eq!(of(path, |_| share()), None, "{path}");
        }
    }
}

//! A folder of a backup that is not what it was after the last run.

use std::fmt;
use std::path::PathBuf;

use certstow_formats::plural::counted;

use crate::time::{self, UnixTime};

/// A folder that held a backup after the last run, and holds none today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emptied {
    /// The folder as it was named.
    pub folder: PathBuf,
    /// Whether it is there.
    pub is_there: bool,
    /// When the last run was, if that is known.
    pub when: Option<UnixTime>,
    /// How many identities it held.
    pub identities: usize,
    /// The volume it was on, and the one it is on, where they are known and differ.
    pub volumes: Option<(String, String)>,
}

impl fmt::Display for Emptied {
    /// What is wrong, as a sentence. Not made safe for a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = match self.is_there {
            true => "holds no backup",
            false => "is not there",
        };
        write!(
            f,
            "{} {now}, and held {} when it was last saved to",
            self.folder.display(),
            counted(self.identities, "identity", "identities")
        )?;
        if let Some(when) = self.when {
            write!(f, ", on {}", time::local(when))?;
        }
        match &self.volumes {
            Some((then, now)) => write!(
                f,
                ": it was on the volume {then} then and is on {now} now, so that its disk or share may \
                 not be mounted"
            ),
            None => f.write_str(": its disk or share may not be mounted"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emptied_says_which_volume_is_missing() {
        let emptied = Emptied {
            folder: PathBuf::from("/mnt/disk"),
            is_there: true,
            when: None,
            identities: 1,
            volumes: Some(("12-AB".to_owned(), "0e5a".to_owned())),
        };
        assert_eq!(
            emptied.to_string(),
            "/mnt/disk holds no backup, and held 1 identity when it was last saved to: it was on the \
             volume 12-AB then and is on 0e5a now, so that its disk or share may not be mounted"
        );
    }
}

//! The files of a task where its scheduler reads them: written all or none, only over certstow's
//! own, and put back as they were when the scheduler refuses them.

use std::path::{Path, PathBuf};
use std::{fs, io};

use certstow_platform::new_file::write_readable;
use certstow_platform::os;
use certstow_platform::scheduler::{Owner, Scheduler};

use super::program::{Earlier, file_error, not_scheduled};
use crate::error::Error;
use crate::schedule::{ScheduleFile, SchedulerError, TaskName, launchd, systemd};

/// The files of a task, in the scheduler's folder.
pub(super) struct Places {
    folder: PathBuf,
    pub(super) files: Vec<PathBuf>,
    scheduler: Scheduler,
}

/// The names of certstow's tasks in the folder of a scheduler. What cannot be read is none of them.
pub(super) fn names(scheduler: Scheduler, owner: Owner) -> Vec<TaskName> {
    let folder = scheduler.folder(owner);
    folder.map_or_else(Vec::new, |folder| names_in(&folder, scheduler))
}

fn names_in(folder: &Path, scheduler: Scheduler) -> Vec<TaskName> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let name = |file: fs::DirEntry| {
        let file = file.file_name().into_string().ok()?;
        let name: TaskName = match scheduler {
            Scheduler::Launchd => launchd::name_of(&file)?,
            _ => file.strip_suffix(".service")?.parse().ok()?,
        };
        let places = Places::in_folder(folder.to_owned(), scheduler, &name);
        let own = places.files[0].is_file() && places.check().is_ok();
        own.then_some(name)
    };
    let mut names: Vec<_> = files.filter_map(name).collect();
    names.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    names
}

/// What a file held before, if it was there.
pub(super) type Before = Vec<Option<Vec<u8>>>;

impl Places {
    pub(super) fn of(scheduler: Scheduler, owner: Owner, name: &TaskName) -> Result<Self, Error> {
        let Some(folder) = scheduler.folder(owner) else {
            let source = io::Error::new(io::ErrorKind::NotFound, "there is no home folder");
            return Err(file_error(Path::new("~"), source));
        };
        Ok(Self::in_folder(folder, scheduler, name))
    }

    pub(super) fn in_folder(folder: PathBuf, scheduler: Scheduler, name: &TaskName) -> Self {
        let names = match scheduler {
            Scheduler::Launchd => vec![format!("{}.plist", launchd::label(name))],
            _ => vec![format!("{name}.service"), format!("{name}.timer")],
        };
        Self {
            files: names.iter().map(|name| folder.join(name)).collect(),
            folder,
            scheduler,
        }
    }

    /// What the files that are there are to files that are to be written.
    pub(super) fn earlier(&self, files: &[ScheduleFile]) -> Earlier {
        let mut pairs = self.files.iter().zip(files);
        let same = |(place, file): (&PathBuf, &ScheduleFile)| {
            fs::read(place).is_ok_and(|bytes| bytes == file.bytes)
        };
        match self.are_there() {
            false => Earlier::None,
            true if pairs.all(same) => Earlier::Same,
            true => Earlier::Other,
        }
    }

    /// Whether one of them is there.
    pub(super) fn are_there(&self) -> bool {
        self.files.iter().any(|file| file.exists())
    }

    /// An error if one of them is not certstow's.
    pub(super) fn check(&self) -> Result<(), Error> {
        // The label of a job of launchd says whose it is, and it names the file.
        if self.scheduler == Scheduler::Launchd {
            return Ok(());
        }
        for file in &self.files {
            let text = match fs::read(file) {
                Ok(text) => text,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(source) => return Err(file_error(file, source)),
            };
            if !text.starts_with(systemd::MARK.as_bytes()) {
                let what = file.display().to_string();
                return Err(SchedulerError::Foreign { what }.into());
            }
        }
        Ok(())
    }

    /// The same, and an error unless one of them is there.
    pub(super) fn check_there(&self, name: &TaskName) -> Result<(), Error> {
        self.check()?;
        match self.are_there() {
            true => Ok(()),
            false => Err(not_scheduled(name, None)),
        }
    }

    /// Writes the files and gives back what they held before.
    pub(super) fn write(&self, files: &[ScheduleFile]) -> Result<Before, Error> {
        os::create_readable_folder(&self.folder)
            .map_err(|source| file_error(&self.folder, source))?;
        let before: Before = self.files.iter().map(|file| fs::read(file).ok()).collect();
        for (place, file) in self.files.iter().zip(files) {
            if let Err(error) = write_readable(place, &file.bytes) {
                self.restore(before);
                return Err(file_error(place, error));
            }
        }
        Ok(before)
    }

    fn restore(&self, before: Before) {
        for (file, bytes) in self.files.iter().zip(before) {
            // The error that counts is the one that led here.
            let _ = match bytes {
                Some(bytes) => write_readable(file, &bytes),
                None => fs::remove_file(file),
            };
        }
    }

    /// The files, if all went well; else they are made what they were, and `then` runs.
    pub(super) fn undo_unless(
        self,
        result: Result<(), Error>,
        before: Before,
        then: impl FnOnce(),
    ) -> Result<Vec<PathBuf>, Error> {
        match result {
            Ok(()) => Ok(self.files),
            Err(error) => {
                self.restore(before);
                then();
                Err(error)
            }
        }
    }

    pub(super) fn remove(self) -> Result<Vec<PathBuf>, Error> {
        for file in &self.files {
            match fs::remove_file(file) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(file_error(file, source)),
                Ok(()) => {}
            }
        }
        Ok(self.files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_finds_own_tasks_alone() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("weekly.service", systemd::MARK);
        write("certstow.service", systemd::MARK);
        write("certstow.timer", systemd::MARK);
        write("other.service", "[Unit]\n");
        write("org.certstow.nightly.plist", "");
        write("org.example.plist", "");
        fs::create_dir(folder.path().join("folder.service")).unwrap();
        let names = |scheduler| {
            let names = names_in(folder.path(), scheduler);
            names.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(names(Scheduler::Systemd), ["certstow", "weekly"]);
        assert_eq!(names(Scheduler::Launchd), ["nightly"]);
        assert!(names_in(&folder.path().join("none"), Scheduler::Systemd).is_empty());
    }
    use crate::error::Explain as _;
    use crate::exit::Exit;

    fn places(folder: &Path) -> Places {
        let name = "x".parse().unwrap();
        Places::in_folder(folder.to_owned(), Scheduler::Systemd, &name)
    }

    fn files() -> Vec<ScheduleFile> {
        ["service", "timer"]
            .map(|kind| ScheduleFile {
                name: format!("x.{kind}"),
                bytes: format!("{}{kind}", systemd::MARK).into_bytes(),
            })
            .to_vec()
    }

    #[test]
    fn undo_unless_restores_files_when_refused() {
        let folder = tempfile::tempdir().unwrap();
        let old = format!("{}old", systemd::MARK);
        fs::write(folder.path().join("x.service"), &old).unwrap();
        let places = places(&folder.path().join("."));
        places.check().unwrap();
        let before = places.write(&files()).unwrap();
        let written = fs::read_to_string(folder.path().join("x.timer")).unwrap();
        assert!(written.ends_with("timer"));

        let mut ran = false;
        let refused = Err(SchedulerError::None.into());
        places
            .undo_unless(refused, before, || ran = true)
            .unwrap_err();
        assert!(ran);
        let kept = fs::read_to_string(folder.path().join("x.service")).unwrap();
        assert_eq!(kept, old);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    /// An account that may write to such a file has its owner run any program.
    #[cfg(unix)]
    #[test]
    fn write_resets_permissive_file_mode() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.service");
        fs::write(&file, systemd::MARK).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        places(folder.path()).write(&files()).unwrap();
        for name in ["x.service", "x.timer"] {
            let mode = folder
                .path()
                .join(name)
                .metadata()
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o022, 0, "{name}: {mode:o}");
        }
    }

    #[test]
    fn check_refuses_foreign_files() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x.timer"), "[Timer]\nOnCalendar=daily\n").unwrap();
        let error = places(folder.path()).check().unwrap_err();
        assert_eq!(error.code(), "task-not-ours");
        assert_eq!(error.exit(), Exit::Target);
        assert!(error.to_string().contains("x.timer exists"));
    }

    #[test]
    fn check_there_reports_missing_task() {
        let folder = tempfile::tempdir().unwrap();
        let name = "x".parse().unwrap();
        let error = places(folder.path()).check_there(&name).unwrap_err();
        assert_eq!(error.exit(), Exit::NotFound);
        assert_eq!(error.to_string(), "no task named 'x' is scheduled");
    }
}

//! launchd of macOS: the property list goes into its folder, and `launchctl` loads the job into the
//! session of the person, or into the system's domain. A job that is loaded stays as it was until it
//! is unloaded, whatever becomes of its file.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, thread};

use certstow_core::{time, waits};
use certstow_platform::scheduler::{self, Owner, Scheduler};

use super::last_run::LastRun;
use super::places::Places;
use super::program::{Earlier, Installed, OTHER_TIMES, Scheduled, run};
use crate::error::Error;
use crate::schedule::{Schedule, ScheduleFile, SchedulerError, TaskName, launchd};

pub(super) fn install(
    schedule: &Schedule,
    files: &[ScheduleFile],
    force: bool,
) -> Result<Installed, Error> {
    let places = Places::of(Scheduler::Launchd, schedule.owner, &schedule.name)?;
    places.check()?;
    let earlier = places.earlier(files).replaceable(&schedule.name, force)?;
    let job = Job::of(&schedule.name, schedule.owner);
    let files = job.install(places, files, earlier)?;
    Ok(Installed { files, earlier })
}

pub(super) fn show(name: &TaskName, owner: Owner) -> Result<Scheduled, Error> {
    let places = Places::of(Scheduler::Launchd, owner, name)?;
    places.check_there(name)?;
    let report = Job::of(name, owner).print()?;
    let list = fs::read_to_string(&places.files[0]).unwrap_or_default();
    let times = launchd::times(&list);
    Ok(Scheduled {
        command: launchd::command(&list),
        // launchd says neither.
        next_run: times.as_ref().and_then(|times| times.next(time::now())),
        times: times.ok_or_else(|| OTHER_TIMES.to_owned()),
        files: places.files,
        last_run: last_run(&report),
        report,
        differs: None,
    })
}

pub(super) fn remove(name: &TaskName, owner: Owner) -> Result<Vec<PathBuf>, Error> {
    let places = Places::of(Scheduler::Launchd, owner, name)?;
    places.check_there(name)?;
    Job::of(name, owner).remove(places)
}

/// How a job last ended, from what `launchctl print` says, as far as that has the words of today: Apple
/// calls them no interface.
fn last_run(said: &str) -> Option<LastRun> {
    let value = |name: &str| {
        let mut lines = said.lines().map(str::trim);
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "))
    };
    if value("state") == Some("running") {
        return Some(LastRun::Running);
    }
    // As in "Killed: 9". It is not known whether a later run that ended by itself takes the line away.
    if let Some(signal) = value("last terminating signal") {
        return Some(LastRun::Failed {
            why: format!("ended by a signal, {signal}"),
            at: None,
        });
    }
    match value("last exit code")? {
        "(never exited)" => Some(LastRun::Never),
        // A name may follow the number, as in "78: EX_CONFIG".
        code => Some(LastRun::Ended {
            code: code.split(':').next()?.trim().parse().ok()?,
            at: None,
        }),
    }
}

/// What asks launchctl, and why.
type Launchctl = fn(&'static str, &[&str]) -> Result<String, Error>;

/// How often launchd is asked again, and how long after: a job that runs takes some seconds to end
/// after it was unloaded.
const TRIES: usize = 50;
const PAUSE: Duration = Duration::from_millis(500);

/// The job of a task.
struct Job<L = Launchctl> {
    domain: String,
    label: String,
    launchctl: L,
    /// Lets some time pass.
    pause: fn(),
}

impl Job {
    fn of(name: &TaskName, owner: Owner) -> Self {
        Self {
            domain: scheduler::launchd_domain(owner),
            label: launchd::label(name),
            launchctl: |what, arguments| run(Scheduler::Launchd, what, arguments),
            pause: || {
                waits::progress();
                thread::sleep(PAUSE);
            },
        }
    }
}

impl<L: Fn(&'static str, &[&str]) -> Result<String, Error>> Job<L> {
    fn install(
        &self,
        places: Places,
        files: &[ScheduleFile],
        earlier: Earlier,
    ) -> Result<Vec<PathBuf>, Error> {
        let before = places.write(files)?;
        let file = places.files[0].clone();
        let loaded = self.unload().and_then(|()| self.load(&file));
        places.undo_unless(loaded, before, || {
            if earlier != Earlier::None {
                // The error that counts is the one that led here, and was waited for.
                let _ = self.bootstrap(&file);
            }
        })
    }

    fn remove(&self, places: Places) -> Result<Vec<PathBuf>, Error> {
        self.unload()?;
        places.remove()
    }

    fn load(&self, file: &Path) -> Result<(), Error> {
        // One that somebody disabled is never loaded otherwise; that it cannot be enabled shows below.
        let _ = (self.launchctl)("to enable the job", &["enable", &self.target()]);
        let mut loaded = self.bootstrap(file);
        for _ in 0..TRIES {
            match &loaded {
                Err(error) if is_busy(error) => (self.pause)(),
                _ => break,
            }
            loaded = self.bootstrap(file);
        }
        loaded
    }

    fn bootstrap(&self, file: &Path) -> Result<(), Error> {
        let file = file.display().to_string();
        let load = ["bootstrap", self.domain.as_str(), file.as_str()];
        (self.launchctl)("to load the job", &load).map(drop)
    }

    /// A job that is not loaded is no error: launchd refuses to unload it, and to show it. It also
    /// shows one for as long as its program has not ended.
    fn unload(&self) -> Result<(), Error> {
        let unloaded = (self.launchctl)("to unload the job", &["bootout", &self.target()]);
        for _ in 0..TRIES {
            if self.print().is_err() {
                return Ok(());
            }
            match &unloaded {
                Err(error) if !is_busy(error) => break,
                _ => (self.pause)(),
            }
        }
        unloaded.map(drop)
    }

    fn print(&self) -> Result<String, Error> {
        (self.launchctl)("to show the job", &["print", &self.target()])
    }

    fn target(&self) -> String {
        format!("{}/{}", self.domain, self.label)
    }
}

/// Whether launchctl ended with what it gives while a job of that name is being unloaded: EIO,
/// EINPROGRESS or EALREADY of macOS. It gives EIO for much else, too.
fn is_busy(error: &Error) -> bool {
    let Error::Scheduler(SchedulerError::Refused { source, .. }) = error else {
        return false;
    };
    matches!(source.code, Some(5 | 36 | 37))
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use certstow_platform::scheduler::ProgramError;

    use super::*;

    #[test]
    fn last_run_reads_words_of_launchctl() {
        let said = |state: &str, code: &str| {
            last_run(&format!(
                "{TARGET} = {{\n\tactive count = 0\n\tstate = {state}\n\n\truns = 1\n\
                 \tlast exit code = {code}\n}}\n"
            ))
        };
        let ended = |code| Some(LastRun::Ended { code, at: None });
        assert_eq!(said("not running", "(never exited)"), Some(LastRun::Never));
        assert_eq!(said("running", "0"), Some(LastRun::Running));
        assert_eq!(said("not running", "0"), ended(0));
        assert_eq!(said("not running", "78: EX_CONFIG"), ended(78));
        assert_eq!(said("not running", "soon"), None);
        let killed = said(
            "not running",
            "(never exited)\n\tlast terminating signal = Killed: 9",
        );
        let why = "ended by a signal, Killed: 9".to_owned();
        assert_eq!(killed, Some(LastRun::Failed { why, at: None }));
        assert_eq!(last_run(""), None);
    }

    const TARGET: &str = "gui/501/org.certstow.x";

    /// A session that loads property lists, but none that say so, and keeps what `keeps` says.
    #[derive(Default)]
    struct Session {
        loaded: RefCell<Option<String>>,
        keeps: bool,
        /// How often it says that it is busy once a job was unloaded.
        drains: usize,
        busy: Cell<usize>,
        /// Whether somebody disabled the job.
        disabled: Cell<bool>,
    }

    fn ended_with(code: i32) -> Result<String, Error> {
        let source = ProgramError {
            program: "launchctl",
            code: Some(code),
            output: String::new(),
            source: None,
        };
        Err(SchedulerError::Refused {
            what: "to load the job",
            scheduler: Scheduler::Launchd,
            source,
        }
        .into())
    }

    impl Session {
        fn launchctl(&self, arguments: &[&str]) -> Result<String, Error> {
            let mut loaded = self.loaded.borrow_mut();
            let refused = || ended_with(113);
            match *arguments {
                ["enable", TARGET] => {
                    self.disabled.set(false);
                    Ok(String::new())
                }
                ["bootstrap", "gui/501", file] => {
                    let list = fs::read_to_string(file).unwrap();
                    if self.busy.get() > 0 {
                        self.busy.set(self.busy.get() - 1);
                        return ended_with(5);
                    }
                    if loaded.is_some() || list == "refused" || self.disabled.get() {
                        return refused();
                    }
                    *loaded = Some(list);
                    Ok(String::new())
                }
                ["bootout", TARGET] if !self.keeps && loaded.take().is_some() => {
                    self.busy.set(self.drains);
                    Ok(String::new())
                }
                // It is still shown for half of that time.
                ["print", TARGET] if self.busy.get() > self.drains / 2 => {
                    self.busy.set(self.busy.get() - 1);
                    Ok(String::new())
                }
                ["print", TARGET] => loaded.clone().map_or_else(refused, Ok),
                _ => refused(),
            }
        }

        fn install(&self, folder: &Path, list: &str) -> Result<Earlier, Error> {
            let file = ScheduleFile {
                name: "org.certstow.x.plist".to_owned(),
                bytes: list.as_bytes().to_vec(),
            };
            let (places, files) = (places(folder), [file]);
            let earlier = places.earlier(&files);
            self.job().install(places, &files, earlier)?;
            Ok(earlier)
        }

        fn job(&self) -> Job<impl Fn(&'static str, &[&str]) -> Result<String, Error>> {
            Job {
                domain: "gui/501".to_owned(),
                label: "org.certstow.x".to_owned(),
                launchctl: |_, arguments: &[&str]| self.launchctl(arguments),
                pause: || {},
            }
        }

        fn loaded(&self) -> Option<String> {
            self.loaded.borrow().clone()
        }
    }

    fn places(folder: &Path) -> Places {
        Places::in_folder(folder.to_owned(), Scheduler::Launchd, &"x".parse().unwrap())
    }

    fn list_in(folder: &Path) -> Option<String> {
        fs::read_to_string(folder.join("org.certstow.x.plist")).ok()
    }

    #[test]
    fn job_is_installed_replaced_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let session = Session::default();
        for (list, earlier) in [
            ("first", Earlier::None),
            ("second", Earlier::Other),
            ("second", Earlier::Same),
        ] {
            assert_eq!(session.install(folder.path(), list).unwrap(), earlier);
        }
        assert_eq!(session.loaded().as_deref(), Some("second"));
        session.job().remove(places(folder.path())).unwrap();
        assert_eq!(session.loaded(), None);
        assert_eq!(list_in(folder.path()), None);
    }

    #[test]
    fn install_keeps_earlier_job_when_launchd_refuses() {
        let folder = tempfile::tempdir().unwrap();
        let session = Session::default();
        session.install(folder.path(), "refused").unwrap_err();
        assert_eq!(list_in(folder.path()), None);
        session.install(folder.path(), "first").unwrap();
        session.install(folder.path(), "refused").unwrap_err();
        assert_eq!(session.loaded().as_deref(), Some("first"));
        assert_eq!(list_in(folder.path()).as_deref(), Some("first"));
    }

    #[test]
    fn install_waits_for_running_job_to_end() {
        let folder = tempfile::tempdir().unwrap();
        let session = Session {
            drains: 20,
            ..Session::default()
        };
        session.install(folder.path(), "first").unwrap();
        session.install(folder.path(), "second").unwrap();
        assert_eq!(session.loaded().as_deref(), Some("second"));
        session.job().remove(places(folder.path())).unwrap();
        session.install(folder.path(), "third").unwrap();
        assert_eq!(session.loaded().as_deref(), Some("third"));
    }

    #[test]
    fn install_gives_up_on_busy_launchd() {
        let folder = tempfile::tempdir().unwrap();
        let session = Session {
            drains: usize::MAX,
            ..Session::default()
        };
        session.busy.set(TRIES + 1);
        let error = session.install(folder.path(), "first").unwrap_err();
        assert!(is_busy(&error), "{error:?}");
        assert_eq!(list_in(folder.path()), None);
    }

    #[test]
    fn install_enables_disabled_job() {
        let folder = tempfile::tempdir().unwrap();
        let session = Session::default();
        session.disabled.set(true);
        session.install(folder.path(), "first").unwrap();
        assert_eq!(session.loaded().as_deref(), Some("first"));
    }

    #[test]
    fn install_keeps_earlier_job_when_writing_fails() {
        let folder = tempfile::tempdir().unwrap();
        let session = Session::default();
        session.install(folder.path(), "first").unwrap();
        // No file takes the name of a folder.
        let place = folder.path().join("org.certstow.x.plist");
        fs::remove_file(&place).unwrap();
        fs::create_dir(&place).unwrap();
        session.install(folder.path(), "second").unwrap_err();
        assert_eq!(session.loaded().as_deref(), Some("first"));
        assert!(place.is_dir());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn remove_fails_when_launchd_keeps_job() {
        let folder = tempfile::tempdir().unwrap();
        let session = Session {
            keeps: true,
            ..Session::default()
        };
        session.install(folder.path(), "first").unwrap();
        session.job().remove(places(folder.path())).unwrap_err();
        assert_eq!(list_in(folder.path()).as_deref(), Some("first"));
    }
}

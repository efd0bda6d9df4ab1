//! A command that is given as one string, such as `pass show "certificates/backup"`: divided into words
//! by quotation marks and blanks, as a shell of the system would, and run without a shell, so that
//! nothing in it is expanded. No run lasts for ever, and one that prints too much is ended.

use std::ffi::OsStr;
use std::fmt;
use std::io::{self, PipeReader, Read as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::str::FromStr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

use certstow_formats::plural::counted;
use certstow_formats::secret::wipe_stack;
use zeroize::Zeroizing;

use super::system::command_line::{kill, set_apart, words};

/// How long to wait for more once a program has ended, if something that it started still holds its
/// output open.
const GRACE: Duration = Duration::from_millis(500);

/// How often to look whether a program has ended.
const POLL: Duration = Duration::from_millis(20);

/// A command. Its arguments may be nobody else's business: it prints its program alone.
#[derive(Clone, PartialEq, Eq)]
pub struct CommandLine {
    text: String,
    program: String,
    arguments: Vec<String>,
}

impl FromStr for CommandLine {
    type Err = &'static str;

    /// Divides a string by its quotation marks and blanks: as a POSIX shell does, or as
    /// `CommandLineToArgvW` on Windows.
    fn from_str(line: &str) -> Result<Self, &'static str> {
        let words = words(line).ok_or("a quotation mark is not closed")?;
        let mut words = words.into_iter();
        match words.next() {
            Some(program) if !program.is_empty() => Ok(Self {
                text: line.to_owned(),
                program,
                arguments: words.collect(),
            }),
            _ => Err("it names no program"),
        }
    }
}

impl fmt::Debug for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CommandLine").field(&self.program()).finish()
    }
}

/// Why a command did not do what it should.
#[derive(Debug)]
pub enum RunError {
    /// It could not be started, or not be waited for.
    Start(io::Error),
    /// It did not end in this time, and was killed.
    TimedOut(Duration),
    /// It wrote more than this many bytes, and was killed.
    TooMuch(usize),
    /// It ended, and not with 0.
    Ended(ExitStatus),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(_) => f.write_str("it could not be started"),
            Self::TimedOut(limit) => {
                let seconds = usize::try_from(limit.as_secs()).unwrap_or(usize::MAX);
                let seconds = counted(seconds, "second", "seconds");
                write!(f, "it did not end within {seconds}")
            }
            Self::TooMuch(most) => write!(f, "it wrote more than {} KiB", most >> 10),
            Self::Ended(status) => match status.code() {
                Some(code) => write!(f, "it ended with exit code {code}"),
                None => f.write_str("it was ended by a signal"),
            },
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Start(source) => Some(source),
            _ => None,
        }
    }
}

impl From<io::Error> for RunError {
    fn from(error: io::Error) -> Self {
        Self::Start(error)
    }
}

impl CommandLine {
    /// The string that it was given as.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The program as it was given: a path, or a name that is looked for.
    pub fn program_as_given(&self) -> &str {
        &self.program
    }

    /// The name of the program, without a folder.
    pub fn program(&self) -> &str {
        let name = self
            .program
            .rsplit(|c| c == '/' || cfg!(windows) && c == '\\');
        name.into_iter().next().unwrap_or_default()
    }

    /// Runs it for its standard output, which may be a secret. It gets no standard input, and its
    /// standard error is this process's.
    ///
    /// # Errors
    /// [`RunError`] says which.
    pub fn output(&self, limit: Duration, most: usize) -> Result<Zeroizing<Vec<u8>>, RunError> {
        let (reader, writer) = io::pipe()?;
        let chunks = reading(reader)?;
        let mut command = self.command();
        command.stdout(writer);
        let mut running = Running::start(command, limit)?;
        // It never grows, which would leave a copy behind.
        let mut output = Zeroizing::new(Vec::with_capacity(most));
        let mut until = running.deadline;
        loop {
            match chunks.recv_timeout(POLL) {
                Ok(chunk) if output.len() + chunk.len() > most => {
                    running.kill();
                    return Err(RunError::TooMuch(most));
                }
                Ok(chunk) => output.extend_from_slice(&chunk),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) if Instant::now() >= until => break,
                Err(RecvTimeoutError::Timeout) => {
                    if running.child.try_wait()?.is_some() {
                        until = until.min(Instant::now() + GRACE);
                    }
                }
            }
        }
        running.end().map(|()| output)
    }

    /// Runs it with these variables beside those of this process, and without some of those. What it
    /// says goes to this process's standard error.
    ///
    /// # Errors
    /// [`RunError`] says which.
    pub fn run(
        &self,
        variables: &[(&str, &OsStr)],
        without: &[String],
        limit: Duration,
    ) -> Result<(), RunError> {
        let mut command = self.command();
        command.stdout(io::stderr());
        for name in without {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied());
        Running::start(command, limit)?.end()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::null());
        command
    }
}

/// A program that runs until a deadline.
struct Running {
    child: Child,
    /// Whether what it started can be ended with it.
    apart: bool,
    limit: Duration,
    deadline: Instant,
}

impl Running {
    fn start(mut command: Command, limit: Duration) -> io::Result<Self> {
        let apart = set_apart(&mut command);
        Ok(Self {
            child: command.spawn()?,
            apart,
            limit,
            deadline: Instant::now() + limit,
        })
    }

    /// Waits until it has ended with 0.
    fn end(&mut self) -> Result<(), RunError> {
        loop {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(RunError::Ended(status)),
                None if Instant::now() >= self.deadline => {
                    self.kill();
                    return Err(RunError::TimedOut(self.limit));
                }
                None => std::thread::sleep(POLL),
            }
        }
    }

    fn kill(&mut self) {
        kill(&mut self.child, self.apart);
        // Reaped, so that no zombie stays.
        let _ = self.child.wait();
    }
}

/// What comes out of a pipe, as it comes. The thread goes on as long as something holds the other end.
fn reading(mut reader: PipeReader) -> io::Result<Receiver<Zeroizing<Vec<u8>>>> {
    let (send, receive) = channel();
    Builder::new().spawn(move || {
        let mut buffer = Zeroizing::new(vec![0; 4096]);
        while let Ok(length @ 1..) = reader.read(&mut buffer) {
            if send
                .send(Zeroizing::new(buffer[..length].to_vec()))
                .is_err()
            {
                break;
            }
        }
        wipe_stack();
    })?;
    Ok(receive)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn line(text: &str) -> CommandLine {
        text.parse().unwrap()
    }

    #[test]
    fn from_str_requires_program_and_balanced_quotes() {
        for text in ["", "  ", "\"\"", "\"\" a"] {
            assert_eq!(
                text.parse::<CommandLine>(),
                Err("it names no program"),
                "{text}"
            );
        }
        for text in ["\"a", "a \"b c"] {
            assert!(
                text.parse::<CommandLine>()
                    .unwrap_err()
                    .contains("not closed")
            );
        }
    }

    #[test]
    fn debug_prints_program_alone() {
        let printed = format!("{:?}", line("/usr/bin/op read secret"));
        assert_eq!(printed, "CommandLine(\"op\")");
    }

    #[test]
    fn output_is_what_a_command_prints() {
        let command = match cfg!(windows) {
            true => r"cmd.exe /c echo said",
            false => "echo said",
        };
        let output = line(command).output(LONG, 1024).unwrap();
        assert_eq!(output.trim_ascii(), b"said");
    }

    #[cfg(unix)]
    #[test]
    fn from_str_divides_as_sh_without_expansions() {
        let command = line(r#"printf '%s|' 'a  b' "c \"d\"" e\ f '' "$HOME" ~ * `id`"#);
        let output = command.output(LONG, 1024).unwrap();
        let output = String::from_utf8_lossy(&output);
        assert_eq!(output, "a  b|c \"d\"|e f||$HOME|~|*|`id`|");
    }

    #[cfg(unix)]
    #[test]
    fn output_tells_how_a_command_failed() {
        let ended = line("sh -c 'echo said; exit 3'")
            .output(LONG, 1024)
            .unwrap_err();
        assert_eq!(ended.to_string(), "it ended with exit code 3");
        let signal = line("sh -c 'kill -9 $$'").output(LONG, 1024).unwrap_err();
        assert_eq!(signal.to_string(), "it was ended by a signal");
        let missing = line("/nonexistent/x").output(LONG, 1024).unwrap_err();
        assert!(matches!(missing, RunError::Start(_)), "{missing:?}");
        let much = line("cat /dev/zero").output(LONG, 8192).unwrap_err();
        assert_eq!(much.to_string(), "it wrote more than 8 KiB");
    }

    #[cfg(unix)]
    #[test]
    fn output_does_not_wait_for_background_children() {
        let began = Instant::now();
        let output = line("sh -c 'sleep 20 & echo said'").output(LONG, 1024);
        assert_eq!(*output.unwrap(), b"said\n");
        assert!(began.elapsed() < Duration::from_secs(15));
    }

    /// At a terminal what the command started may go on.
    #[cfg(unix)]
    #[test]
    fn run_kills_what_does_not_end() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().display();
        let command = line(&format!(
            "sh -c 'sh -c \"sleep 2; echo late >> {path}\" ; true'"
        ));
        let began = Instant::now();
        let error = command
            .run(&[], &[], Duration::from_millis(300))
            .unwrap_err();
        assert!(matches!(error, RunError::TimedOut(_)), "{error:?}");
        assert!(began.elapsed() < Duration::from_secs(2));
        std::thread::sleep(Duration::from_secs(3));
        if std::fs::File::open("/dev/tty").is_err() {
            assert_eq!(std::fs::read(file.path()).unwrap(), b"");
        }
    }

    #[cfg(unix)]
    #[test]
    fn run_gives_and_takes_variables() {
        let command = line("sh -c 'test \"$CERTSTOW_TOLD\" = 14 && test -z \"$HOME\"'");
        let variables = [("CERTSTOW_TOLD", OsStr::new("14"))];
        command.run(&variables, &["HOME".to_owned()], LONG).unwrap();
        assert!(command.run(&variables, &[], LONG).is_err());
    }
}

//! A service and a timer of systemd (systemd.service(5), systemd.timer(5), systemd.exec(5)), for a
//! person's own service manager or for the system's.
//!
//! What the service may do is cut down to what a backup takes. A person's manager can restrict
//! system calls everywhere, and what is mounted where only since systemd 253 or so, by a user
//! namespace that it makes by itself; older ones pass over these lines, which is why none of them
//! asks for that namespace. There is no `PrivateTmp=`: a destination below /tmp would be lost with
//! it, and certstow's temporary files lie beside their targets. Where certstow remembers which folders
//! it saved to is the state folder, since homes cannot be written.
//!
//! Where certstow starts a program that the owner names, one that prints a password, say, that program
//! may use the network, and make code while it runs. It still gets no rights by set-user-ID.
//!
//! A service of the system gets the passwords of `--password-vault` as encrypted credentials
//! (systemd-creds(1)) by `LoadCredentialEncrypted=NAME`, which looks into /etc/credstore.encrypted
//! and is no error where nothing is: certstow then says itself what is missing. A person's service
//! gets none: before systemd 256 its manager can decrypt none, and fails the service over a folder
//! it may not enter. Its vault is the Secret Service of the session.

use super::{DayOfMonth, HOURS, Owner, Schedule, ScheduleFile, Times, When};
use crate::error::Error;

/// The first line of each file: by this certstow tells its own from others.
pub(super) const MARK: &str = "# Written by 'certstow schedule install', which replaces it.\n";

/// What certstow does without, and other programs may not.
const OF_CERTSTOW: &str = "MemoryDenyWriteExecute=yes\nRestrictAddressFamilies=AF_UNIX\n";

/// Routes and interfaces are what programs ask the kernel for to resolve names.
const OF_OTHERS: &str = "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK\n";

/// What takes the network away, too.
const NO_NETWORK: &str = "PrivateNetwork=yes";

/// What the manager of the system alone can take away.
const RESTRICTIONS: [&str; 13] = [
    // Keys and destinations may belong to other accounts.
    "CapabilityBoundingSet=CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH",
    "KeyringMode=private",
    "PrivateDevices=yes",
    NO_NETWORK,
    "ProcSubset=pid",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "ProtectProc=invisible",
    "SystemCallFilter=~@privileged",
];

pub(super) fn files(schedule: &Schedule) -> Result<Vec<ScheduleFile>, Error> {
    Ok(vec![
        ScheduleFile {
            name: format!("{}.service", schedule.name),
            bytes: service(schedule)?.into_bytes(),
        },
        ScheduleFile {
            name: format!("{}.timer", schedule.name),
            bytes: timer(schedule).into_bytes(),
        },
    ])
}

/// `task.service`, filled in.
fn service(schedule: &Schedule) -> Result<String, Error> {
    let command = command_line(schedule)?;
    let line = |name: &String| format!("LoadCredentialEncrypted={}\n", escaped(name));
    let (credentials, restrictions) = match schedule.owner {
        Owner::Machine => (
            schedule.credentials.iter().map(line).collect(),
            restrictions(schedule)
                .map(|one| format!("{one}\n"))
                .collect(),
        ),
        Owner::User => (String::new(), String::new()),
    };
    let mut folders = String::new();
    for folder in &schedule.writes_to {
        absolute(folder, "a folder to write to")?;
        // The minus sign: a disk that is not there today is for certstow to report.
        let folder = quoted(&format!("-{folder}"));
        folders.push_str(&format!("ReadWritePaths={folder}\n"));
    }
    let service = format!(
        include_str!("task.service"),
        beginning = beginning(schedule),
        command = command,
        hours = HOURS,
        credentials = credentials,
        folders = folders,
        programs = match schedule.starts_programs {
            true => OF_OTHERS,
            false => OF_CERTSTOW,
        },
    );
    Ok(service + &restrictions)
}

fn restrictions(schedule: &Schedule) -> impl Iterator<Item = &'static str> {
    let connects = schedule.starts_programs;
    let all = RESTRICTIONS.into_iter();
    all.filter(move |one| !(connects && *one == NO_NETWORK))
}

fn timer(schedule: &Schedule) -> String {
    let beginning = beginning(schedule);
    let calendar = schedule.times.all().iter();
    let calendar = calendar.map(|when| format!("{CALENDAR}{}\n", calendar_of(*when)));
    let calendar: String = calendar.collect();
    let delay = match schedule.delay.as_secs() {
        0 => String::new(),
        seconds if seconds.is_multiple_of(60) => {
            format!("RandomizedDelaySec={}min\n", seconds / 60)
        }
        seconds => format!("RandomizedDelaySec={seconds}s\n"),
    };
    format!(
        "{beginning}\n[Timer]\n{calendar}Persistent=true\n{delay}\n[Install]\n\
         WantedBy=timers.target\n"
    )
}

const CALENDAR: &str = "OnCalendar=";

/// A calendar event expression (systemd.time(7)).
fn calendar_of(when: When) -> String {
    match when {
        When::Hourly => "*-*-* *:00:00".to_owned(),
        When::Daily(time) => format!("*-*-* {time}:00"),
        When::Weekly(day, time) => format!("{} *-*-* {time}:00", &day.name()[..3]),
        When::Monthly(DayOfMonth::Number(day), time) => format!("*-*-{day:02} {time}:00"),
        When::Monthly(DayOfMonth::Last, time) => format!("*-*~01 {time}:00"),
    }
}

/// The times of a timer; the error has them in systemd's words, where certstow did not write them.
pub(crate) fn times(timer: &str) -> Result<Times, String> {
    let calendar = timer.lines().filter_map(|line| line.strip_prefix(CALENDAR));
    let calendar: Vec<_> = calendar.map(str::trim).collect();
    let read: Option<Vec<_>> = calendar.iter().map(|words| when_of(words)).collect();
    match read {
        Some(all) if !all.is_empty() => Ok(Times::of(all)),
        _ => Err(calendar.join(", ")),
    }
}

fn when_of(calendar: &str) -> Option<When> {
    let (date, time) = calendar.rsplit_once(' ')?;
    let time = || time.strip_suffix(":00")?.parse().ok();
    let when = match date {
        "*-*-*" if calendar.ends_with(" *:00:00") => When::Hourly,
        "*-*-*" => When::Daily(time()?),
        "*-*~01" => When::Monthly(DayOfMonth::Last, time()?),
        date => match (date.strip_prefix("*-*-"), date.strip_suffix(" *-*-*")) {
            (Some(day), _) => When::Monthly(day.parse().ok()?, time()?),
            (None, day) => When::Weekly(day?.parse().ok()?, time()?),
        },
    };
    (calendar_of(when) == calendar).then_some(when)
}

fn beginning(schedule: &Schedule) -> String {
    format!("{MARK}\n[Unit]\nDescription={}\n", schedule.description())
}

/// The colon has systemd leave dollar signs alone.
fn command_line(schedule: &Schedule) -> Result<String, Error> {
    absolute(&schedule.program, "the program")?;
    let refused = |c: char| c.is_ascii_control() || matches!(c, '"' | '\'' | '\\');
    if schedule.program.contains(refused) {
        let program = &schedule.program;
        return Err(Error::Usage(format!(
            "systemd starts no program with a quotation mark, apostrophe, backslash or control \
             character in its path: {program}"
        )));
    }
    let mut line = quoted(&format!(":{}", schedule.program));
    for argument in &schedule.arguments {
        line.push(' ');
        line.push_str(&quoted(argument));
    }
    Ok(line)
}

fn absolute(path: &str, what: &str) -> Result<(), Error> {
    match path.starts_with('/') {
        true => Ok(()),
        false => Err(Error::Usage(format!(
            "{what} needs an absolute path on the machine that runs the task, and '{path}' is none"
        ))),
    }
}

/// A word of a unit file, in quotation marks unless nothing in it could mean anything else.
fn quoted(word: &str) -> String {
    let usual = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@".contains(c);
    match !word.is_empty() && word.chars().all(usual) {
        true => word.to_owned(),
        false => format!("\"{}\"", escaped(word)),
    }
}

/// A percent sign begins what systemd calls a specifier; the rest is as in C.
fn escaped(word: &str) -> String {
    let mut escaped = String::with_capacity(word.len());
    for character in word.chars() {
        match character {
            '%' => escaped.push_str("%%"),
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            control if control.is_ascii_control() => {
                escaped.push_str(&format!("\\x{:02x}", u32::from(control)));
            }
            usual => escaped.push(usual),
        }
    }
    escaped
}

/// The command line of a service that certstow wrote; `None` of one that says it in another way,
/// with specifiers, say, of which systemd alone knows the meaning.
pub(crate) fn command(service: &str) -> Option<Vec<String>> {
    let mut lines = service
        .lines()
        .filter_map(|line| line.strip_prefix("ExecStart="));
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return None;
    };
    let mut words = words(line)?;
    let program = words.first()?.strip_prefix(':')?.to_owned();
    words[0] = program;
    Some(words)
}

/// The words of a line, as [`quoted`] writes them.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        let word;
        (word, rest) = match rest.strip_prefix('"') {
            Some(inside) => read_quoted(inside)?,
            None => {
                let end = rest.find(' ').unwrap_or(rest.len());
                let (word, rest) = rest.split_at(end);
                (quoted(word) == word).then(|| (word.to_owned(), rest))?
            }
        };
        words.push(word);
        match rest.strip_prefix(' ') {
            Some(more) => rest = more,
            None => return rest.is_empty().then_some(words),
        }
    }
}

/// A word up to its closing quotation mark, and what follows it.
fn read_quoted(text: &str) -> Option<(String, &str)> {
    let mut word = String::new();
    let mut characters = text.chars();
    loop {
        match characters.next()? {
            '"' => return Some((word, characters.as_str())),
            '%' => word.push(characters.next().filter(|next| *next == '%')?),
            '\\' => match characters.next()? {
                same @ ('"' | '\\') => word.push(same),
                'x' => {
                    let digits = characters.as_str().get(..2)?;
                    word.push(
                        u8::from_str_radix(digits, 16)
                            .ok()
                            .filter(u8::is_ascii)?
                            .into(),
                    );
                    characters = characters.as_str()[2..].chars();
                }
                _ => return None,
            },
            usual => word.push(usual),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_rejects_lines_not_written_by_certstow() {
        let read = |line: &str| command(&format!("[Service]\nExecStart={line}\n"));
        assert_eq!(read(":/bin/x a"), Some(vec!["/bin/x".into(), "a".into()]));
        for line in [
            "",
            "/bin/x",
            ":/bin/x  a",
            ":/bin/x $HOME",
            ":/bin/x 'a'",
            ":/bin/x \"%h\"",
            ":/bin/x \"a",
            ":/bin/x \"\\n\"",
            ":/bin/x \"\\xfg\"",
            ":/bin/x a\nExecStart=:/bin/y",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[test]
    fn quoted_quotes_only_when_needed() {
        for (word, expected) in [
            ("--to", "--to"),
            ("/srv/backup", "/srv/backup"),
            ("", "\"\""),
            (";", "\";\""),
            ("a b", "\"a b\""),
            ("100%", "\"100%%\""),
            ("$HOME", "\"$HOME\""),
            ("q\"\\", "\"q\\\"\\\\\""),
            ("line\nend", "\"line\\x0aend\""),
            ("#", "\"#\""),
            ("Ada's", "\"Ada's\""),
            ("ü", "\"ü\""),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}

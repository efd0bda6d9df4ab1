//! Passwords that are given by options, and those that stores ask for: the terminal as [`Ask`] unlocks
//! keys with the password given beforehand, then asks the person, if there is one.

use std::sync::Arc;

use certstow_core::error::Error;
use certstow_core::password::{self, Empty, Source};
use certstow_formats::sanitize::safe;
use certstow_formats::secret::Password;
use certstow_platform::error::AskError;
use certstow_platform::store::{
    Ask, AskedFor, Interaction, TriesLeft, Unlock, UnlockRequest, Unlocks,
};

use super::args::{PasswordArgs, StoreArgs, UnlockSource};
use super::prompt;
use super::render::progress::Bar;
use super::screen::Screen;
use crate::error::Error as ProgramError;

/// How often a person may mistype the password of something.
pub(crate) const TRIES: usize = 3;

/// What is said of an empty password where there is none.
const EMPTY: &str = "the password is empty";

/// Asks at the terminal, or nobody.
pub(crate) struct TerminalAsk<'a> {
    screen: &'a Screen,
    /// Whether the operating system may ask in windows of its own.
    pub(crate) system_windows: Interaction,
    /// What is drawn meanwhile, and is not to be in the way.
    pub(crate) bar: Option<&'a Bar>,
    /// At which end the password that was typed last has a blank.
    blank: Option<&'static str>,
}

impl<'a> TerminalAsk<'a> {
    /// Without windows of the operating system, and where nothing is drawn.
    pub(crate) fn new(screen: &'a Screen) -> Self {
        Self {
            screen,
            system_windows: Interaction::Never,
            bar: None,
            blank: None,
        }
    }
}

impl Ask for TerminalAsk<'_> {
    fn interaction(&self) -> Interaction {
        self.screen.interaction()
    }

    fn system_windows(&self) -> Interaction {
        self.system_windows
    }

    fn unlock(&mut self, request: &UnlockRequest) -> Result<Password, AskError> {
        if self.interaction() == Interaction::Never {
            return Err(AskError::NotAllowed);
        }
        let again = match request.attempt {
            0 => String::new(),
            _ => wrong(self.blank),
        };
        let what = match (request.asks_for, request.unlocks) {
            (AskedFor::PrimaryPassword, _) => "Primary password of",
            (AskedFor::Pin(TriesLeft::Unknown), _) => "PIN of",
            (AskedFor::Pin(TriesLeft::Few), _) => "Few tries are left. PIN of",
            (AskedFor::Pin(TriesLeft::Last), _) => {
                "This is the last try: if it is wrong, the token locks itself. PIN of"
            }
            (AskedFor::Password, Unlocks::Whole) => "Password that unlocks",
            (AskedFor::Password, Unlocks::Content) => "Password of the content of",
            (AskedFor::Password, Unlocks::PrivateKey) => "Password of the private key in",
        };
        let text = format!("{again}{what} {}:", safe(&request.place));
        let prompt = || prompt::password(&text, Empty::Allowed, self.screen);
        let answer = match self.bar {
            Some(bar) => bar.aside(prompt),
            None => prompt(),
        };
        self.blank = answer.as_ref().ok().and_then(Password::blank_end);
        answer.map_err(|error| match error {
            Error::Cancelled => AskError::Cancelled,
            _ => AskError::NotAllowed,
        })
    }
}

/// What is said before a question that is asked again, of a password with a blank at this end.
pub(crate) fn wrong(blank: Option<&str>) -> String {
    match blank {
        Some(end) => format!("Wrong; what was typed {end}. "),
        None => "Wrong. ".to_owned(),
    }
}

/// The passwords of locked keys that options name.
pub(crate) fn unlocking(args: &StoreArgs, screen: &Screen) -> Result<Vec<Unlock>, ProgramError> {
    let sources = args.unlock()?;
    one_from_stdin(sources.iter().map(|unlock| &unlock.source))?;
    let unlock = sources.into_iter().map(|UnlockSource { source, store }| {
        // What is written there meanwhile is another one.
        let origin = password::origin(&source);
        Ok(Unlock {
            password: Arc::new(given(&source, true, screen)?),
            store,
            source: origin,
        })
    });
    unlock.collect()
}

/// The password that an option names, and a warning if other accounts may read it there.
pub(crate) fn given(
    source: &Source,
    allow_empty: bool,
    screen: &Screen,
) -> Result<Password, Error> {
    let password = password::read(source, allow_empty)?;
    screen.password_given(&password);
    if let Some(warning) = password::exposure(source) {
        screen.warn(&warning);
    }
    Ok(password)
}

/// The same, where an option names one.
pub(crate) fn if_given(args: &PasswordArgs, screen: &Screen) -> Result<Option<Password>, Error> {
    let source = args.source();
    let given = source.map(|source| given(&source, args.allow_empty_password, screen));
    given.transpose()
}

/// What a password is for, where a person is asked for it.
pub(crate) struct Wanted<'a> {
    /// What nobody may be asked for, otherwise: "a password for the files".
    pub(crate) what: &'a str,
    pub(crate) question: &'a str,
    /// For a new one, which is typed twice: what is said of an empty one.
    pub(crate) new: Option<&'a str>,
}

/// The password that the options name, or else that a person types.
pub(crate) fn obtain(
    args: &PasswordArgs,
    wanted: &Wanted<'_>,
    screen: &Screen,
) -> Result<Password, Error> {
    match if_given(args, screen)? {
        Some(password) => Ok(password),
        None if screen.interaction() == Interaction::Never => Err(Error::InteractionRequired {
            what: wanted.what.to_owned(),
        }),
        None => match wanted.new {
            Some(refused) => prompt::new_password(wanted.question, empty(args, refused), screen),
            None => prompt::password(wanted.question, empty(args, EMPTY), screen),
        },
    }
}

/// As [`obtain`], of what is there already: a person is asked again, up to [`TRIES`] times in all, while
/// what was typed is wrong. The last is given back whatever it is, for who opens the files to tell.
pub(crate) fn until_opened(
    args: &PasswordArgs,
    wanted: &Wanted<'_>,
    is_wrong: impl Fn(&Password) -> bool,
    screen: &Screen,
) -> Result<Password, Error> {
    let mut password = obtain(args, wanted, screen)?;
    if args.source().is_some() {
        return Ok(password);
    }
    for _ in 1..TRIES {
        if !is_wrong(&password) {
            break;
        }
        let question = format!("{}{}", wrong(password.blank_end()), wanted.question);
        password = prompt::password(&question, empty(args, EMPTY), screen)?;
    }
    Ok(password)
}

/// Whether a password may be empty that a person types, and what is said if not.
pub(crate) fn empty<'r>(args: &PasswordArgs, refused: &'r str) -> Empty<'r> {
    match args.allow_empty_password {
        true => Empty::Allowed,
        false => Empty::Refused(refused),
    }
}

/// What opens files that somebody else may have made.
pub(crate) const OPENS_FILES: Wanted<'static> = Wanted {
    what: "the password of the files",
    question: "Password of the files:",
    new: None,
};

/// Refuses two passwords that would both be read from standard input.
pub(crate) fn check_stdin(password: &PasswordArgs, stores: &StoreArgs) -> Result<(), ProgramError> {
    check_stdin_of(&[password.source()], stores)
}

/// The same of any number of passwords beside those of locked keys.
pub(crate) fn check_stdin_of(
    sources: &[Option<Source>],
    stores: &StoreArgs,
) -> Result<(), ProgramError> {
    let unlock = stores.unlock()?;
    let unlock = unlock.iter().map(|unlock| &unlock.source);
    one_from_stdin(unlock.chain(sources.iter().flatten()))
}

fn one_from_stdin<'s>(sources: impl Iterator<Item = &'s Source>) -> Result<(), ProgramError> {
    let from_stdin = sources.filter(|one| **one == Source::Stdin);
    match from_stdin.count() {
        0 | 1 => Ok(()),
        _ => Err(ProgramError::Usage(
            "only one password can come from standard input".to_owned(),
        )),
    }
}

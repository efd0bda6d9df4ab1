use super::*;

fn text(bytes: &[u8]) -> Result<String, String> {
    match from_bytes(bytes, "the file", false) {
        Ok(password) => Ok(password.expose().to_owned()),
        Err(Error::Password(message)) => Err(message),
        Err(other) => panic!("{other:?}"),
    }
}

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

#[test]
fn from_bytes_strips_one_final_line_break() {
    assert_eq!(text(b"pass word ").unwrap(), "pass word ");
    assert_eq!(text(b"pass\n").unwrap(), "pass");
    assert_eq!(text(b"pass\r\n").unwrap(), "pass");
}

#[test]
fn from_bytes_refuses_further_line_breaks() {
    for bytes in [
        &b"pass\n\n"[..],
        b"one\ntwo\n",
        b"pass\r",
        b"\npass",
        b"pass\r\r\n",
    ] {
        assert!(
            text(bytes).unwrap_err().contains("more than one line"),
            "{bytes:?}"
        );
    }
}

#[test]
fn from_bytes_strips_bom_and_decodes_utf16() {
    assert_eq!(text("\u{feff}pässword\n".as_bytes()).unwrap(), "pässword");
    assert_eq!(
        text(&utf16("\u{feff}pässwörd😀\r\n", u16::to_le_bytes)).unwrap(),
        "pässwörd😀"
    );
    assert_eq!(
        text(&utf16("\u{feff}pässwörd😀\r\n", u16::to_be_bytes)).unwrap(),
        "pässwörd😀"
    );
}

#[test]
fn from_bytes_refuses_non_text_without_quoting() {
    let half_a_pair = utf16("\u{feff}p", u16::to_le_bytes)
        .into_iter()
        .chain([0x00, 0xd8]);
    let odd = utf16("\u{feff}p", u16::to_le_bytes)
        .into_iter()
        .chain([0x41]);
    for bytes in [b"sesame\xff".to_vec(), half_a_pair.collect(), odd.collect()] {
        let message = text(&bytes).unwrap_err();
        assert!(message.contains("neither UTF-8"), "{message}");
        assert!(!message.contains("sesame"), "{message}");
    }
}

#[test]
fn from_bytes_refuses_nul_characters() {
    assert!(text(b"pass\0word").unwrap_err().contains("NUL"));
    // UTF-16 without a mark looks like text with NULs in it.
    assert!(
        text(&utf16("password", u16::to_le_bytes))
            .unwrap_err()
            .contains("NUL")
    );
}

#[test]
fn from_bytes_refuses_empty_unless_allowed() {
    for bytes in [&b""[..], b"\n", b"\r\n", b"\xef\xbb\xbf\n", b"\xff\xfe"] {
        assert!(text(bytes).unwrap_err().contains("empty"), "{bytes:?}");
        assert!(from_bytes(bytes, "the file", true).unwrap().is_empty());
    }
}

#[test]
fn read_refuses_files_over_64_kib() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let source = Source::File(file.path().to_owned());
    std::io::Write::write_all(&mut file, &[b'p'; MAX_BYTES]).unwrap();
    assert_eq!(read(&source, false).unwrap().expose().len(), MAX_BYTES);
    std::io::Write::write_all(&mut file, b"p").unwrap();
    assert!(matches!(read(&source, false), Err(Error::Password(why)) if why.contains("64 KiB")));
}

#[cfg(unix)]
#[test]
fn read_stops_at_limit_of_endless_file() {
    let source = Source::File("/dev/zero".into());
    assert!(matches!(read(&source, false), Err(Error::Password(why)) if why.contains("64 KiB")));
}

#[test]
fn read_names_a_missing_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no-such-file");
    match read(&Source::File(path.clone()), false) {
        Err(Error::PasswordUnreadable { place, source }) => {
            assert_eq!(place, path.display().to_string());
            assert_eq!(source.kind(), io::ErrorKind::NotFound);
        }
        other => panic!("{other:?}"),
    }
}

#[cfg(unix)]
#[test]
fn read_starts_at_the_descriptors_position() {
    use std::io::{Seek as _, SeekFrom, Write as _};
    use std::os::fd::AsRawFd as _;

    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"a line before\nfrom a descriptor\n")
        .unwrap();
    file.seek(SeekFrom::Start(14)).unwrap();
    let password = read(&Source::Fd(file.as_raw_fd()), false).unwrap();
    assert_eq!(password.expose(), "from a descriptor");
    // It is still open: it was lent.
    file.seek(SeekFrom::Start(0)).unwrap();
}

#[cfg(unix)]
#[test]
fn read_accepts_a_pipe_descriptor() {
    use std::os::fd::AsRawFd as _;

    let (reader, mut writer) = io::pipe().unwrap();
    std::io::Write::write_all(&mut writer, b"from a pipe").unwrap();
    drop(writer);
    let password = read(&Source::Fd(reader.as_raw_fd()), false).unwrap();
    assert_eq!(password.expose(), "from a pipe");
}

#[test]
fn read_refuses_an_unopened_descriptor() {
    for fd in [987, -1] {
        assert!(
            matches!(read(&Source::Fd(fd), false), Err(Error::PasswordUnreadable { place, .. })
            if place == format!("file descriptor {fd}"))
        );
    }
}

#[test]
fn read_reports_a_missing_environment_variable() {
    // Cargo sets this one for every test; setting one here would be unsafe.
    let password = read(&Source::Env("CARGO_PKG_NAME".to_owned()), false).unwrap();
    assert_eq!(password.expose(), "certstow-core");
    let missing = read(&Source::Env("CERTSTOW_NO_SUCH_VARIABLE".to_owned()), false);
    assert!(matches!(missing, Err(Error::Password(why)) if why.contains("CERTSTOW_NO_SUCH")));
}

/// Somebody at a terminal who types these answers, and what they were asked.
struct Typist {
    answers: Vec<&'static str>,
    asked: Vec<String>,
}

impl Typist {
    fn new(answers: &[&'static str]) -> Self {
        Self {
            answers: answers.iter().rev().copied().collect(),
            asked: Vec::new(),
        }
    }

    fn prompted(&mut self, confirm: bool, allow_empty: bool) -> Result<Password, Error> {
        let empty = match allow_empty {
            true => Empty::Allowed,
            false => Empty::Refused("it is empty"),
        };
        ask_until_right("Password:", confirm, empty, &mut |question| {
            self.asked.push(question.to_owned());
            let answer = self.answers.pop().ok_or(HiddenLineError::Cancelled)?;
            Ok(Zeroizing::new(answer.to_owned()))
        })
    }
}

#[test]
fn ask_until_right_asks_twice_to_confirm() {
    let mut typist = Typist::new(&["sesame"]);
    assert_eq!(typist.prompted(false, false).unwrap().expose(), "sesame");
    let mut typist = Typist::new(&["sesame", "sesame"]);
    assert_eq!(typist.prompted(true, false).unwrap().expose(), "sesame");
    assert_eq!(typist.asked.len(), 2);
}

#[test]
fn ask_until_right_repeats_after_a_mismatch() {
    let mut typist = Typist::new(&["sesame", "seasme", "sesame", "sesame"]);
    assert_eq!(typist.prompted(true, false).unwrap().expose(), "sesame");
    assert_eq!(
        typist.asked[2],
        "the two passwords differ; try again\nPassword:"
    );
}

#[test]
fn ask_until_right_fails_after_three_mismatches() {
    let mut typist = Typist::new(&["a", "b", "a", "c", "a", "d", "a", "a"]);
    let failed = typist.prompted(true, false);
    assert!(matches!(failed, Err(Error::Password(why)) if why == "the two passwords differ"));
}

#[test]
fn ask_until_right_refuses_empty_unless_allowed() {
    let mut typist = Typist::new(&["", "sesame"]);
    assert_eq!(typist.prompted(false, false).unwrap().expose(), "sesame");
    let mut typist = Typist::new(&["", ""]);
    assert!(typist.prompted(true, true).unwrap().is_empty());
    let mut typist = Typist::new(&["", "", "", "sesame"]);
    assert!(matches!(
        typist.prompted(false, false),
        Err(Error::Password(why)) if why == "it is empty"
    ));
    assert_eq!(typist.asked[1], "it is empty; try again\nPassword:");
}

#[test]
fn ask_until_right_rejects_escapes_accepts_tab() {
    let mut typist = Typist::new(&["ses\u{1b}[Dame", "se\tsame", "se\tsame"]);
    assert_eq!(typist.prompted(true, false).unwrap().expose(), "se\tsame");
    assert!(typist.asked[1].starts_with("a key was pressed"));
}

#[test]
fn ask_until_right_leaves_control_keys_out() {
    let mut typist = Typist::new(&["\u{1}se\u{5}sa\u{b}me\u{1a}\u{7f}\u{85}"]);
    let typed = typist.prompted(false, false).unwrap();
    // No key of readline is beyond ASCII, and what another program would take stays.
    assert_eq!(typed.expose(), "sesame\u{85}");
}

#[test]
fn ask_until_right_names_question_without_terminal() {
    let nobody = ask_until_right("Password for it:", true, Empty::Allowed, &mut |_| {
        Err(HiddenLineError::NoTerminal)
    });
    assert!(
        matches!(nobody, Err(Error::InteractionRequired { what }) if what == "Password for it")
    );
}

#[test]
fn ask_until_right_returns_cancelled() {
    for answers in [&[][..], &["sesame"]] {
        assert!(matches!(
            Typist::new(answers).prompted(true, false),
            Err(Error::Cancelled)
        ));
    }
}

#[cfg(unix)]
fn of_command(line: &str) -> Result<Password, Error> {
    read(&Source::Command(line.parse().unwrap()), true)
}

#[cfg(unix)]
#[test]
fn read_takes_the_first_line_of_a_command() {
    for (line, password) in [
        (r"printf 'correct horse\n'", "correct horse"),
        (r"printf 'first\r\nuser: ada\n'", "first"),
        (r"printf ' no line break'", " no line break"),
        (r"sh -c 'echo told >&2; echo pässword'", "pässword"),
    ] {
        assert_eq!(of_command(line).unwrap().expose(), password, "{line}");
    }
}

#[cfg(unix)]
#[test]
fn read_refuses_empty_output_of_a_command() {
    for line in ["true", r"printf '\nlater\n'", r"printf '\r\n'"] {
        match of_command(line) {
            Err(Error::Password(why)) => assert!(why.contains("empty"), "{why}"),
            other => panic!("{other:?}"),
        }
    }
}

#[cfg(unix)]
#[test]
fn read_names_only_the_program_of_a_command() {
    for (line, why) in [
        ("sh -c 'echo sesame; exit 3' sesame", "exit code 3"),
        ("/nonexistent/op read sesame", "started"),
        ("head -c 70000 /dev/zero sesame", "64 KiB"),
        (r"printf 'sesame\377'", "neither UTF-8"),
    ] {
        let error = of_command(line).unwrap_err();
        let text = error.in_full();
        assert!(text.contains(why) && !text.contains("sesame"), "{text}");
        assert!(!format!("{error:?}").contains("sesame"), "{error:?}");
    }
}

use crossterm::event::KeyEvent;

use super::*;
use crate::wizard::asker::Unoffered;

fn choices(names: &[&str]) -> Vec<Choice> {
    names.iter().map(|name| Choice::new(*name)).collect()
}

fn many() -> Vec<Choice> {
    let names = (0..300).map(|number| format!("Client {number:03}"));
    names.map(Choice::new).collect()
}

/// Keys as they are named here: a character, or "C-u", "M-b", "Left", "PageDown" and so on.
fn press(list: &mut List<'_>, keys: &[&str]) -> Pressed {
    let mut pressed = Pressed::GoOn;
    for key in keys {
        let (modifiers, name) = match key.split_at_checked(2) {
            Some(("C-", name)) => (KeyModifiers::CONTROL, name),
            Some(("M-", name)) => (KeyModifiers::ALT, name),
            _ => (KeyModifiers::NONE, *key),
        };
        let code = match name {
            "Enter" => KeyCode::Enter,
            "Esc" => KeyCode::Esc,
            "Up" => KeyCode::Up,
            "Down" => KeyCode::Down,
            "Left" => KeyCode::Left,
            "Right" => KeyCode::Right,
            "Home" => KeyCode::Home,
            "End" => KeyCode::End,
            "PageUp" => KeyCode::PageUp,
            "PageDown" => KeyCode::PageDown,
            "Backspace" => KeyCode::Backspace,
            "Delete" => KeyCode::Delete,
            one => KeyCode::Char(one.chars().next().expect("a key")),
        };
        pressed = list.press(KeyEvent::new(code, modifiers));
    }
    pressed
}

fn type_in(list: &mut List<'_>, text: &str) {
    for one in text.chars() {
        list.press(KeyEvent::new(KeyCode::Char(one), KeyModifiers::NONE));
    }
}

fn shown(list: &mut List<'_>, width: usize, height: usize) -> Vec<String> {
    let rows = list.frame(width, height).rows;
    rows.iter().map(|row| row.text().to_owned()).collect()
}

#[test]
fn press_moves_and_takes() {
    let all = many();
    let mut list = List::new("Which?", &all, 0, Some(&[]));
    shown(&mut list, 80, 24);
    for (keys, at) in [
        (&["Up"][..], 299),
        (&["Down"], 0),
        (&["C-n", "C-n", "C-p"], 1),
        (&["PageDown", "PageDown"], 21),
        (&["PageUp"], 11),
        (&["End"], 299),
        (&["PageDown"], 299),
        (&["Home"], 0),
    ] {
        press(&mut list, keys);
        assert_eq!(list.at, at, "{keys:?}");
    }
    type_in(&mut list, "29");
    let taken = press(&mut list, &["Down", "Enter"]);
    assert_eq!(taken, Pressed::Answered(Answer::Next(129)));
    for (keys, expected) in [
        (&["Esc"][..], Pressed::Answered(Answer::Back)),
        (&["C-g"], Pressed::Answered(Answer::Back)),
        (&["C-c"], Pressed::GivenUp),
        // On Windows, with Caps Lock.
        (&["C-C"], Pressed::GivenUp),
        (&["C-G"], Pressed::Answered(Answer::Back)),
        (&["C-d"], Pressed::GoOn),
        (&["C-U", "C-d"], Pressed::GivenUp),
    ] {
        assert_eq!(press(&mut list, keys), expected, "{keys:?}");
    }
}

#[test]
fn press_without_a_search_takes_no_text() {
    let all = choices(&["a", "b"]);
    let mut list = List::new("Which?", &all, 0, None);
    type_in(&mut list, "b");
    list.paste("b");
    assert_eq!(
        press(&mut list, &["Enter"]),
        Pressed::Answered(Answer::Next(0))
    );
    assert!(!shown(&mut list, 80, 24).concat().contains("of 2"));
}

#[test]
fn frame_counts_and_marks_what_is_not_shown() {
    let all = many();
    let mut list = List::new("Which?", &all, 150, Some(&[]));
    let rows = shown(&mut list, 80, 24);
    assert_eq!(rows.len(), 12);
    assert_eq!(rows[1], "^ Client 145");
    assert_eq!(rows[6], "> Client 150");
    assert_eq!(rows[10], "v Client 154");
    assert_eq!(
        rows[11],
        "[300 of 300; type to filter, Enter; Esc goes back]"
    );
    type_in(&mut list, "99");
    let rows = shown(&mut list, 80, 24);
    assert_eq!(
        rows[1..],
        [
            "> Client 099",
            "  Client 199",
            "  Client 299",
            "[3 of 300; type to filter, Enter; Esc goes back]"
        ]
    );
}

#[test]
fn frame_fits_every_size() {
    let names = [
        "Anna Müller-Lüdenscheid von und zu Hohenstein",
        "田中 太郎 株式会社",
        "e\u{301}",
    ];
    let all = choices(&names.repeat(10));
    let mut list = List::new("Which certificate to save?", &all, 3, Some(&[]));
    for typed in ["", "nobody of that name 太郎太郎太郎太郎太郎太郎太郎太郎"] {
        type_in(&mut list, typed);
        for width in (12..90).step_by(3) {
            for height in [4, 5, 7, 10, 24] {
                let Frame { rows, cursor } = list.frame(width, height);
                assert!(rows.len() <= height.max(5), "{width} {height}: {rows:?}");
                for row in &rows {
                    assert!(lines::length(row.text()) < width, "{width}: {row:?}");
                }
                assert!(
                    cursor.0 < rows.len() && cursor.1 < width,
                    "{width}: {cursor:?}"
                );
            }
        }
    }
}

#[test]
fn frame_says_why_nothing_is_found() {
    let all = choices(&["Petra Patent", "Petr Pan", "Ada"]);
    let kind = [
        "certificate without its key",
        "certificates without their keys",
    ];
    let unoffered = ["Norbert Nokey", "Nora Nokey"].map(|name| Unoffered {
        choice: Choice::new(name),
        kind,
    });
    for (typed, expected) in [
        (
            "norb",
            "  nothing matches 'norb'; 1 certificate without its key does: Norbert Nokey",
        ),
        (
            "nokey",
            "  nothing matches 'nokey'; 2 certificates without their keys do: Norbert Nokey and \
             Nora Nokey",
        ),
        (
            "Petrs",
            "  nothing matches 'Petrs'; did you mean Petra Patent or Petr Pan?",
        ),
        ("qqqqq", "  nothing matches 'qqqqq'"),
    ] {
        let mut list = List::new("Which?", &all, 0, Some(&unoffered));
        type_in(&mut list, typed);
        let rows = shown(&mut list, 120, 24);
        assert_eq!(rows[1], expected);
        assert!(rows[2].starts_with("[0 of 3;"), "{rows:?}");
        assert_eq!(press(&mut list, &["Enter"]), Pressed::GoOn);
        // On narrow screens it is said in whole words.
        let narrow = shown(&mut list, 40, 24);
        assert!(
            narrow.iter().all(|row| lines::length(row) < 40),
            "{narrow:?}"
        );
    }
}

#[test]
fn paste_takes_one_line_without_control_characters() {
    let all = choices(&["Ada"]);
    let mut list = List::new("Which?", &all, 0, Some(&[]));
    list.paste(" a\u{1b}[D\nda\tb \n");
    assert_eq!(list.text(), Some("a [D da b"));
}

#[test]
fn frame_scrolls_a_long_search() {
    let all = choices(&["Ada"]);
    let mut list = List::new("Which?", &all, 0, Some(&[]));
    type_in(&mut list, &"abcdefghij".repeat(9));
    let Frame { rows, cursor } = list.frame(40, 10);
    assert!(rows[0].text().ends_with("hij"), "{rows:?}");
    assert_eq!(cursor.0, 0);
    press(&mut list, &["C-a"]);
    assert!(list.frame(40, 10).rows[0].text().contains("Which? abc"));
}

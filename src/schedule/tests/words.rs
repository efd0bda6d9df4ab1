//! Whatever the words of a command line are, every scheduler is given them as they are.

use super::windows::parsed;
use super::*;

#[test]
fn xml_files_round_trip_arguments() {
    let text = parsed(&windows_text(&Schedule {
        arguments: hostile().arguments,
        ..windows()
    }));
    let document = Document::parse(&text).unwrap();
    let arguments = text_at(&document, "Task/Actions/Exec/Arguments").unwrap();
    assert!(arguments.contains("/srv/$HOME/%h/${X}"), "{arguments}");
    assert!(
        arguments.contains(r#"& more; <x> \"y\" 'z'"#),
        "{arguments}"
    );

    let text = text_of(&hostile(), Scheduler::Launchd, 0);
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(&text, options).unwrap();
    let array = document
        .descendants()
        .find(|node| node.has_tag_name("array"))
        .unwrap();
    let words: Vec<_> = array
        .children()
        .filter(Node::is_element)
        .map(|node| node.text().unwrap_or_default())
        .collect();
    assert_eq!(words[0], "/usr/bin/certstow");
    assert_eq!(words[1..], hostile().arguments);
}

/// Words that schedulers, shells or parsers could take for something else, by chance but the same
/// on every day.
fn words_by_chance(count: usize, parts: &[&str]) -> Vec<String> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut chance = move |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 16).unwrap() % limit
    };
    let word = |_| {
        let length = chance(9);
        (0..length).map(|_| parts[chance(parts.len())]).collect()
    };
    (0..count).map(word).collect()
}

const PARTS: [&str; 28] = [
    "a",
    "Z",
    "0",
    " ",
    "  ",
    "\"",
    "\\",
    "\\\\",
    "'",
    "%",
    "%%",
    "%h",
    "$",
    "${X}",
    ";",
    "#",
    "&",
    "&amp;",
    "<",
    ">",
    "]]>",
    "-",
    "--",
    "=",
    "ü",
    "\u{1f511}",
    "/",
    ":",
];

#[test]
fn command_round_trips_for_every_scheduler() {
    let mut words = words_by_chance(2000, &PARTS);
    words.extend(HOSTILE.map(str::to_owned));
    for words in words.chunks(7) {
        let schedule = Schedule {
            arguments: words.to_vec(),
            delay: Duration::ZERO,
            ..schedule()
        };
        let expected: Vec<_> = std::iter::once(&schedule.program)
            .chain(words)
            .cloned()
            .collect();
        let service = text_of(&schedule, Scheduler::Systemd, 0);
        assert_eq!(systemd::command(&service).as_ref(), Some(&expected));
        let list = text_of(&schedule, Scheduler::Launchd, 0);
        assert_eq!(launchd::command(&list).as_ref(), Some(&expected));
        let task = windows_text(&schedule);
        assert_eq!(windows_task::command(&task).as_ref(), Some(&expected));
    }
    let control = Schedule {
        arguments: words_by_chance(
            300,
            &["a", "\n", "\t", "\r", "\u{1}", "\u{7f}", "\"", "\\", " "],
        ),
        ..schedule()
    };
    let service = text_of(&control, Scheduler::Systemd, 0);
    let command = systemd::command(&service).unwrap();
    assert_eq!(command[1..], control.arguments);
}

#[test]
fn command_is_none_for_foreign_files() {
    for text in [
        "",
        "<Task/>",
        "<plist><dict/></plist>",
        "[Service]\n",
        "bplist00",
    ] {
        assert_eq!(windows_task::command(text), None, "{text}");
        assert_eq!(launchd::command(text), None, "{text}");
        assert_eq!(systemd::command(text), None, "{text}");
    }
    let lost = windows_text(&windows()).replace("My Backup", "M\u{fffd} Backup");
    assert_eq!(windows_task::command(&lost), None);
    let another = "<Exec><Command>a</Command></Exec>";
    let two = format!("<Actions>{another}{another}</Actions>");
    assert_eq!(windows_task::command(&two), None);
}

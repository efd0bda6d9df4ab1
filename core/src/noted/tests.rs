use super::*;

struct World {
    disk: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let disk = tempfile::tempdir().unwrap();
        Self { disk }
    }

    fn memory(&self) -> Memory {
        Memory::in_folder(self.disk.path().join("data/certstow"))
    }

    /// A file with this content, as it is noted.
    fn saved(&self, name: &str, content: &str) -> Noted {
        let file = self.disk.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, content).unwrap();
        Noted {
            thumbprint: Thumbprint::default(),
            label: name.to_owned(),
            sha256: names::hex(&Sha256::digest(content)),
            size: content.len() as u64,
            saved: "2026-11-30T00:00:00Z".to_owned(),
            volume: Volume::of(file.parent().unwrap()),
            file,
        }
    }
}

#[test]
fn state_tells_changed_gone_and_not_reachable() {
    let world = World::new();
    let noted = world.saved("stick/ada.p12", "proven");
    assert_eq!(noted.state(), State::There);
    fs::write(&noted.file, "PROVEN").unwrap();
    assert!(matches!(noted.state(), State::Changed(_)));
    fs::remove_file(&noted.file).unwrap();
    assert_eq!(noted.state(), State::Gone);
    fs::create_dir(&noted.file).unwrap();
    assert!(matches!(noted.state(), State::Changed(_)));
    fs::remove_dir_all(world.disk.path().join("stick")).unwrap();
    let not_there = noted.state();
    assert!(
        matches!(&not_there, State::NotReachable(why) if why.contains("stick")),
        "{not_there:?}"
    );
}

#[test]
fn state_of_another_volume_is_not_reachable() {
    let world = World::new();
    let mut noted = world.saved("stick/ada.p12", "proven");
    fs::remove_file(&noted.file).unwrap();
    // Nothing is mounted there any more, or another stick.
    let there = noted.volume.clone();
    for volume in [
        Volume {
            root: Some(world.disk.path().join("stick")),
            ..there.clone()
        },
        Volume {
            id: Some("another".to_owned()),
            ..there.clone()
        },
    ] {
        let is_told = there.is_not(&volume);
        noted.volume = volume;
        let state = noted.state();
        let expected = matches!(state, State::NotReachable(_));
        assert_eq!(expected, is_told, "{state:?}");
    }
    // What was proven is what was proven, wherever it is mounted.
    fs::write(&noted.file, "proven").unwrap();
    assert_eq!(noted.state(), State::There);
}

#[test]
fn add_replaces_the_note_of_a_path() {
    let world = World::new();
    let memory = world.memory();
    assert_eq!(memory.read(), Ok(Notes::default()));
    let (ada, bob) = (world.saved("ada.p12", "a"), world.saved("bob.p12", "b"));
    for noted in [&ada, &bob, &ada] {
        assert_eq!(memory.add(noted.clone()), None);
    }
    assert_eq!(memory.read().unwrap().files, [bob.clone(), ada.clone()]);
    let lines = fs::read_to_string(memory.file()).unwrap();
    assert!(
        lines
            .lines()
            .all(|line| line.starts_with(r#"{"schema":"certstow.copy/1","thumbprint":{"#)),
        "{lines}"
    );
    assert!(!os::others_have_access(&File::open(memory.file()).unwrap()).unwrap());
    let forgotten = memory.forget(|noted| noted.file == bob.file).unwrap();
    assert_eq!(forgotten, (vec![bob], None));
    assert_eq!(memory.read().unwrap().files, [ada]);
}

#[test]
fn add_notes_a_file_once() {
    let world = World::new();
    let memory = world.memory();
    let ada = world.saved("ada.p12", "a");
    let elsewhere = world.saved("stick/ada.p12", "a");
    let roundabout = Noted {
        file: world.disk.path().join("stick/../ada.p12"),
        ..ada.clone()
    };
    for noted in [&ada, &elsewhere, &roundabout] {
        assert_eq!(memory.add(noted.clone()), None);
    }
    let files = memory.read().unwrap().files;
    assert_eq!(files, [elsewhere, roundabout]);
    // In other letters it is the same file where the system says so.
    let capital = Noted {
        file: world.disk.path().join("ADA.p12"),
        ..ada
    };
    let same = capital.file.exists();
    fs::write(&capital.file, "a").unwrap();
    memory.add(capital);
    assert_eq!(memory.read().unwrap().files.len(), if same { 2 } else { 3 });
}

#[test]
fn add_keeps_a_damaged_note_aside() {
    let world = World::new();
    let memory = world.memory();
    memory.add(world.saved("ada.p12", "a"));
    let whole = fs::read(memory.file()).unwrap();
    let torn = [&whole[..], b"{\"file\":\n\xff\x00\n", &whole[..20]].concat();
    fs::write(memory.file(), &torn).unwrap();
    let read = memory.read().unwrap();
    assert_eq!((read.files.len(), read.damaged), (1, 3));
    let warning = memory.add(world.saved("bob.p12", "b")).unwrap();
    assert_eq!(warning.code, Code::NotNoted);
    assert!(warning.text.contains("3 lines"), "{}", warning.text);
    let aside = memory.file().with_file_name(DAMAGED);
    let damaged = [b"{\"file\":\n\xff\x00\n", &whole[..20], b"\n"].concat();
    assert_eq!(fs::read(&aside).unwrap(), damaged);
    let read = memory.read().unwrap();
    assert_eq!((read.files.len(), read.damaged), (2, 0));
    // Nor is it lost, or not told, at another time.
    let torn = [&fs::read(memory.file()).unwrap()[..], b"again"].concat();
    fs::write(memory.file(), torn).unwrap();
    let (forgotten, warning) = memory.forget(|noted| noted.label == "ada.p12").unwrap();
    let warning = warning.unwrap().text;
    assert!(
        forgotten.len() == 1 && warning.contains("1 line"),
        "{warning}"
    );
    assert_eq!(
        fs::read(aside).unwrap(),
        [&damaged[..], b"again\n"].concat()
    );
}

#[test]
fn add_warns_where_nothing_can_be_written() {
    let world = World::new();
    let memory = world.memory();
    fs::create_dir_all(memory.file()).unwrap();
    let warning = memory.add(world.saved("ada.p12", "a")).unwrap();
    assert!(warning.text.contains("was not noted"), "{}", warning.text);
    memory.read().unwrap_err();
}

#[test]
fn add_loses_nothing_of_two_writers() {
    let world = World::new();
    let all: Vec<_> = (0..20)
        .map(|at| world.saved(&format!("{at}.p12"), "a"))
        .collect();
    let memory = world.memory();
    thread::scope(|scope| {
        for half in all.chunks(5) {
            let memory = &memory;
            scope.spawn(move || {
                for noted in half {
                    assert_eq!(memory.add(noted.clone()), None);
                }
            });
        }
    });
    assert_eq!(memory.read().unwrap().files.len(), all.len());
}

#[test]
fn add_forgets_the_oldest_of_too_many() {
    let world = World::new();
    let memory = world.memory();
    let one = world.saved("ada.p12", "a");
    let many = (0..MOST).map(|at| Noted {
        file: format!("/nowhere/{at}.p12").into(),
        ..one.clone()
    });
    let notes = Notes {
        files: many.collect(),
        damaged: 0,
    };
    fs::create_dir_all(memory.file().parent().unwrap()).unwrap();
    fs::write(memory.file(), notes.lines()).unwrap();
    assert_eq!(memory.add(one.clone()), None);
    let files = memory.read().unwrap().files;
    assert_eq!(files.len(), MOST);
    assert_eq!(files[0].file, Path::new("/nowhere/1.p12"));
    assert_eq!(files.last(), Some(&one));
}

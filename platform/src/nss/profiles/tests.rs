use super::*;

/// A home folder with a database in each of these folders.
fn home(databases: &[&str]) -> (tempfile::TempDir, Roots) {
    let home = tempfile::tempdir().unwrap();
    for folder in databases {
        let folder = home.path().join(folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("cert9.db"), "").unwrap();
    }
    let at = |name: &str| Some(home.path().join(name));
    let roots = Roots {
        home: Some(home.path().to_owned()),
        config: at(".config"),
        data: at(".local/share"),
    };
    (home, roots)
}

fn described(roots: &Roots) -> Vec<String> {
    let found = found_in(roots);
    found.iter().map(Profile::description).collect()
}

/// Where Firefox has its profiles on this system, below the home folder of [`home`].
fn firefox() -> String {
    let place = &OF_PROFILES[0];
    let root = match place.root {
        Root::Config => ".config/",
        _ => "",
    };
    format!("{root}{}", place.path.replace('\\', "/"))
}

#[test]
fn found_in_names_profiles_by_their_ini() {
    let firefox = firefox();
    let used = format!("{firefox}/Profiles/a1b2.default-esr");
    let copied = format!("{firefox}/Profiles/c3d4.copied");
    let (home, roots) = home(&[&used, &copied, "elsewhere"]);
    let elsewhere = home.path().join("elsewhere");
    let ini = format!(
        "\u{feff}[Profile1]\r\nName=default\r\nIsRelative=1\r\nPath=Profiles/empty.default\r\n\
         Default=1\r\n\r\n[InstallABC]\r\nDefault=Profiles/a1b2.default-esr\r\nLocked=1\r\n\r\n\
         [Profile0]\r\nName=default-esr\r\nIsRelative=1\r\nPath=Profiles/a1b2.default-esr\r\n\
         [Profile2]\r\nName=m\u{fc}ller\r\nIsRelative=0\r\nPath={}\r\n\
         [Profile3]\r\nName=gone\r\nIsRelative=1\r\nPath=../../nowhere\r\n\
         [Profile4]\r\nName=null\r\nIsRelative=0\r\nPath=/dev/null\r\n",
        elsewhere.display()
    );
    fs::create_dir_all(home.path().join(&firefox).join("Profiles/empty.default")).unwrap();
    fs::write(home.path().join(&firefox).join("profiles.ini"), ini).unwrap();
    assert_eq!(
        described(&roots),
        [
            "Firefox profile default-esr",
            "Firefox profile m\u{fc}ller",
            // No ini names it.
            "Firefox profile c3d4.copied",
        ]
    );
    assert_eq!(found_in(&roots)[1].folder, elsewhere);
}

#[test]
fn in_ini_reads_paths_and_names_of_profiles_alone() {
    let folder = tempfile::tempdir().unwrap();
    let ini = folder.path().join("profiles.ini");
    fs::write(
        &ini,
        b"Path=before any section\n; [Profile7]\n;Path=commented\n\
          [General]\nStartWithLastProfile=1\nPath=general\n\
          [Profile0]\nName = with blanks \nPath = Profiles/a1/\n#Path=other\nno equals sign\n\
          [Profile1]\nName=no path\n\
          [Profile2]\nPath=./without/name\n\
          [Profile3]\nName=a\xffb\nPath=c\n\
          [BackgroundTasksProfiles]\nMozillaBackgroundTask-1=d\nPath=tasks\n",
    )
    .unwrap();
    let join = |parts: &[&str]| parts.iter().collect::<PathBuf>();
    let expected = [
        (join(&["Profiles", "a1"]), "with blanks".to_owned()),
        (
            join(&[".", "without", "name"]),
            join(&[".", "without", "name"]).display().to_string(),
        ),
        (join(&["c"]), "a\u{fffd}b".to_owned()),
    ];
    let found = in_ini(&ini);
    // As text: a path with slashes equals one with backslashes on Windows.
    let as_text = |found: &[(PathBuf, String)]| format!("{found:?}");
    assert_eq!(as_text(&found), as_text(&expected));
}

#[test]
fn in_ini_is_empty_where_there_is_none_to_read() {
    let folder = tempfile::tempdir().unwrap();
    let ini = folder.path().join("profiles.ini");
    assert_eq!(in_ini(&ini), []);
    fs::create_dir(&ini).unwrap();
    assert_eq!(in_ini(&ini), []);
    fs::remove_dir(&ini).unwrap();
    for content in [
        &b""[..],
        b"\xef\xbb\xbf",
        b"\xff\xfe[\0P\0r\0",
        &[b'['; 100_000],
    ] {
        fs::write(&ini, content).unwrap();
        assert_eq!(in_ini(&ini), []);
    }
}

#[test]
fn found_in_follows_paths_out_of_the_folder_once() {
    let firefox = firefox();
    let (home, roots) = home(&["elsewhere", &format!("{firefox}/Profiles/a.default")]);
    let elsewhere = home.path().join("elsewhere");
    let depth = Path::new(&firefox).components().count();
    let up = "../".repeat(depth);
    let ini = format!(
        "[Profile0]\nName=up\nPath={up}elsewhere\n\
         [Profile1]\nName=twice\nIsRelative=0\nPath={}\n\
         [Profile2]\nName=within\nPath=Profiles/../Profiles/a.default\n\
         [Profile3]\nName=nowhere\nPath={up}{up}../..\n",
        elsewhere.display()
    );
    fs::write(home.path().join(&firefox).join("profiles.ini"), ini).unwrap();
    assert_eq!(
        described(&roots),
        ["Firefox profile up", "Firefox profile within"]
    );
    let up = &found_in(&roots)[0].folder;
    assert_eq!(
        up.canonicalize().unwrap(),
        elsewhere.canonicalize().unwrap()
    );
}

#[test]
fn found_in_is_empty_without_browsers() {
    let (_home, roots) = home(&[]);
    assert_eq!(found_in(&roots), []);
    let nowhere = Roots {
        home: None,
        config: None,
        data: None,
    };
    assert_eq!(found_in(&nowhere), []);
}

#[test]
fn found_in_finds_a_database_of_the_old_kind() {
    let firefox = firefox();
    let (home, roots) = home(&[]);
    let old = home.path().join(&firefox).join("old.default");
    fs::create_dir_all(&old).unwrap();
    fs::write(old.join("cert8.db"), "").unwrap();
    assert_eq!(described(&roots), ["Firefox profile old.default"]);
}

#[cfg(target_os = "linux")]
#[path = "../../../tests/support/as_anybody.rs"]
mod as_anybody;

#[cfg(target_os = "linux")]
mod linux {
    use super::as_anybody::as_anybody;
    use super::*;

    #[test]
    fn found_in_knows_packages_and_other_programs() {
        let (home, roots) = home(&[
            ".mozilla/firefox/a.default",
            "snap/firefox/common/.mozilla/firefox/b.default",
            ".var/app/org.mozilla.firefox/.mozilla/firefox/c.default",
            ".thunderbird/d.default",
            ".librewolf/e.default",
            ".pki/nssdb",
            ".local/share/pki/nssdb",
            "snap/chromium/current/.pki/nssdb",
            ".var/app/com.google.Chrome/.pki/nssdb",
        ]);
        let of_chrome = |folder| {
            let folder = home.path().join(folder);
            format!("Chrome and others in {}", folder.display())
        };
        assert_eq!(
            described(&roots),
            [
                "Firefox profile a.default",
                "Firefox profile b.default",
                "Firefox profile c.default",
                "Thunderbird profile d.default",
                "LibreWolf profile e.default",
                // Of one name, they are told apart by their folders.
                &of_chrome(".pki/nssdb"),
                &of_chrome(".local/share/pki/nssdb"),
                "Chromium and others",
                &of_chrome(".var/app/com.google.Chrome/.pki/nssdb"),
            ]
        );
    }

    #[test]
    fn found_in_lists_a_folder_with_two_names_once() {
        let (home, roots) = home(&[".mozilla/firefox/a.default"]);
        let firefox = home.path().join(".config/mozilla");
        fs::create_dir_all(&firefox).unwrap();
        std::os::unix::fs::symlink(
            home.path().join(".mozilla/firefox"),
            firefox.join("firefox"),
        )
        .unwrap();
        assert_eq!(found_in(&roots).len(), 1);
    }

    #[test]
    fn in_ini_does_not_wait_for_a_fifo() {
        let (home, roots) = home(&[".mozilla/firefox/a.default"]);
        let ini = home.path().join(".mozilla/firefox/profiles.ini");
        let made = std::process::Command::new("mkfifo").arg(&ini).status();
        assert!(made.unwrap().success());
        assert_eq!(described(&roots), ["Firefox profile a.default"]);
    }

    #[test]
    fn found_in_lists_linked_profiles_once() {
        let (home, roots) = home(&["kept/real.default", ".mozilla/firefox/b.default"]);
        let firefox = home.path().join(".mozilla/firefox");
        let link = |to: &Path, name: &str| {
            std::os::unix::fs::symlink(to, firefox.join(name)).unwrap();
        };
        link(&home.path().join("kept/real.default"), "a.default");
        link(&home.path().join("kept/real.default"), "c.default");
        link(&home.path().join("nowhere"), "d.default");
        link(&firefox, "e.default");
        assert_eq!(
            described(&roots),
            ["Firefox profile a.default", "Firefox profile b.default"]
        );
    }

    #[test]
    fn found_in_has_profiles_beside_ini_that_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;

        let (home, roots) = home(&[".mozilla/firefox/a.default", ".mozilla/firefox/b.default"]);
        let firefox = home.path().join(".mozilla/firefox");
        let ini = firefox.join("profiles.ini");
        fs::write(&ini, "[Profile0]\nName=mine\nPath=a.default\n").unwrap();
        assert_eq!(described(&roots)[0], "Firefox profile mine");
        for path in [&ini, &firefox.join("b.default")] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
        }
        let described = as_anybody(|| described(&roots));
        let closed = firefox.join("b.default");
        fs::set_permissions(closed, fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(described, ["Firefox profile a.default"]);
    }
}

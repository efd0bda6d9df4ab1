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
mod linux {
    use super::*;

    #[test]
    fn found_in_knows_packages_and_other_programs() {
        let (_home, roots) = home(&[
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
        assert_eq!(
            described(&roots),
            [
                "Firefox profile a.default",
                "Firefox profile b.default",
                "Firefox profile c.default",
                "Thunderbird profile d.default",
                "LibreWolf profile e.default",
                "Chrome and others",
                "Chrome and others",
                "Chromium and others",
                "Chrome and others",
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
}

//! Makes `docs/images/report.png`: certstow writes the report of a store made for the purpose, with a
//! backup of half of it, and Chromium takes the picture.

use std::path::Path;
use std::process::Command;

use crate::command::{capture, command, root};
use crate::samples::{Key, PASSWORD, Scratch};
use crate::{executables, files, setup};

/// Who is in the picture: from when and until when they are certified, in days from today, and
/// whether they are in the backup.
const PEOPLE: [(&str, Key, i32, i32, bool); 8] = [
    ("Ada Example", Key::Rsa, -350, 15, true),
    ("Grace Example", Key::P256, -300, 65, false),
    ("Alan Example", Key::P256, -100, 265, true),
    ("Barbara Example", Key::P384, -200, 530, true),
    ("Joan Example", Key::P256, 40, 770, false),
    ("Donald Example", Key::Rsa, -60, 1035, true),
    ("Certstow Sample Server", Key::Rsa, -500, 36_000, false),
    ("Edith Example", Key::P384, -765, -35, true),
];

/// Nobody but the owner of the picture has this place.
const HOME: &str = "/home/ada";

pub(crate) fn run() -> Result<(), String> {
    setup::require(&setup::CAMERA)?;
    let program = executables::certstow(&[])?;
    let certstow = |folder: &Path| certstow(&program, folder);
    let scratch = Scratch::new()?;
    let store = scratch.path().join("certificates");
    let issuer = scratch.authority("Certstow Sample Issuing CA", Key::P256, None)?;
    files::write(store.join("issuer.pem"), &issuer.pem)?;
    for (name, key, from, to, _) in PEOPLE {
        let validity = (day(from)?, day(to)?);
        let person = scratch.person(name, key, Some(&issuer), (&validity.0, &validity.1))?;
        let text = match name {
            "Donald Example" => person.pem.clone() + &person.locked_key_pem()?,
            _ => person.with_key()?,
        };
        let file = store.join(name.to_lowercase().replace(' ', "-") + ".pem");
        files::write(&file, &text)?;
    }
    for (name, ..) in PEOPLE.iter().filter(|person| person.4) {
        let words = "backup --to usb-stick --store certificates --iterations 2000 --password-env SECRET \
                     --unlock-password-env SECRET --label";
        let mut backup = certstow(scratch.path());
        capture(backup.args(words.split(' ')).arg(name))?;
    }
    let page = scratch.path().join("report.html");
    let mut report = certstow(scratch.path());
    report.args(["report", "--store", "certificates", "--backup", "usb-stick"]);
    capture(report.arg("-o").arg(&page))?;
    let folder = scratch.path().to_string_lossy().into_owned();
    let text = files::read_text(&page)?;
    files::write(&page, text.replace(&folder, HOME))?;
    take(&page, scratch.path())
}

/// certstow in this folder, knowing the password.
fn certstow(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .env("SECRET", PASSWORD)
        .env("XDG_DATA_HOME", folder.join("data"))
        .env("TZ", "UTC");
    command
}

/// A day so far from today, as `openssl ca` takes it.
fn day(distance: i32) -> Result<String, String> {
    let distance = format!("{distance} days");
    let date = capture(&mut command!("date --utc --date {distance} +%Y%m%d%H%M%SZ"))?;
    String::from_utf8(date)
        .map(|date| date.trim_end().to_owned())
        .map_err(|error| error.to_string())
}

fn take(page: &Path, folder: &Path) -> Result<(), String> {
    let picture = root().join("docs/images/report.png");
    let taken = folder.join("taken.png");
    let profile = folder.join("profile");
    capture(&mut command!(
        "chromium --headless --disable-gpu --no-sandbox --no-first-run --hide-scrollbars
         --window-size=1200,978 --virtual-time-budget=3000 --user-data-dir={profile}
         --screenshot={taken} file://{page}"
    ))?;
    // 64 colours are enough for it.
    capture(&mut command!(
        "pngquant 64 --nofs --force --strip --output {picture} {taken}"
    ))?;
    println!("made {}", picture.display());
    Ok(())
}

//! Chromium without a window, for one page at a time, with a profile of its own.

use std::fs;
use std::path::Path;
use std::process::Command;

/// What a page looked like after its scripts ran.
pub(crate) struct Page {
    pub(crate) dom: String,
}

/// Chromium, to be told what to do with which page.
pub(crate) fn chromium(folder: &Path) -> Command {
    let mut command = Command::new("timeout");
    command
        .args([
            "--kill-after=5",
            "120",
            "chromium",
            "--headless",
            "--disable-gpu",
        ])
        // Its sandbox refuses root; the pages are those that certstow made.
        .args(["--no-sandbox", "--no-first-run", "--disable-dev-shm-usage"])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
        ])
        .args([
            "--disable-sync",
            "--disable-extensions",
            "--hide-scrollbars",
        ])
        .arg(format!(
            "--user-data-dir={}",
            folder.join("profile").display()
        ));
    command
}

/// The address of a file.
pub(crate) fn address(file: &Path) -> String {
    format!("file://{}", file.display())
}

impl Page {
    /// Opens an address, a window so wide, with further options. Time is the browser's own, and
    /// passes at once where nothing happens.
    pub(crate) fn open(folder: &Path, address: &str, width: u32, options: &[&str]) -> Self {
        let options = [options, &["--virtual-time-budget=3000"]].concat();
        Self::load(folder, address, width, &options)
    }

    fn load(folder: &Path, address: &str, width: u32, options: &[&str]) -> Self {
        let output = chromium(folder)
            .arg(format!("--window-size={width},900"))
            .args(options)
            .args(["--dump-dom", address])
            .output()
            .expect("Chromium starts");
        let dom = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && dom.contains("</html>"),
            "{said}\n{dom}"
        );
        Self { dom }
    }

    /// Opens a page without its policy, with a script that looks at it: what it found, by JSON.
    pub(crate) fn probe(
        folder: &Path,
        page: &str,
        script: &str,
        width: u32,
        options: &[&str],
    ) -> serde_json::Value {
        let script = format!(
            "addEventListener('load', async () => {{ let found; try {{ found = await \
             (async () => {{ {script} }})(); }} catch (error) {{ found = String(error); }} \
             {FOUND} }});"
        );
        let address = with_script(folder, page, &script);
        Self::open(folder, &address, width, options).found()
    }

    /// Opens a page as [`Self::probe`] does, in real time, with a script that looks at it as soon as
    /// its own has run.
    pub(crate) fn timed(folder: &Path, page: &str, script: &str) -> serde_json::Value {
        let script = format!("{{ const found = (() => {{ {script} }})(); {FOUND} }}");
        let address = with_script(folder, page, &script);
        Self::load(folder, &address, 1280, &[]).found()
    }

    fn found(&self) -> serde_json::Value {
        let (_, found) = self
            .dom
            .split_once("data-probe=\"")
            .expect("it was looked at");
        let found = found.split('"').next().expect("an attribute");
        serde_json::from_str(&decoded(found)).expect("JSON")
    }

    pub(crate) fn title(&self) -> &str {
        let (_, rest) = self.dom.split_once("<title>").expect("a title");
        rest.split('<').next().expect("its end")
    }

    /// The names that are shown, in their order.
    pub(crate) fn names(&self) -> Vec<String> {
        let rows = self.dom.split("<tbody ").skip(1);
        let shown = rows.filter(|row| !row.split('>').next().unwrap_or("").contains("hidden"));
        shown
            .map(|row| {
                let (_, name) = row.split_once("<h3 class=\"name\"").expect("a name");
                let (_, name) = name.split_once("<button").expect("that unfolds");
                let (_, name) = name.split_once('>').expect("a tag");
                name.split('<').next().expect("text").to_owned()
            })
            .collect()
    }
}

/// What leaves in the page what was found.
const FOUND: &str =
    "document.documentElement.dataset.probe = encodeURIComponent(JSON.stringify(found));";

/// The address of a page without its policy and with a script at its end.
fn with_script(folder: &Path, page: &str, script: &str) -> String {
    let file = folder.join("probe.html");
    let script = format!("<script>{script}</script></body>");
    let page = without_policy(page).replace("</body>", &script);
    fs::write(&file, page).expect("the page is written");
    address(&file)
}

pub(crate) fn without_policy(page: &str) -> String {
    let policy = "<meta http-equiv=\"Content-Security-Policy\"";
    let (before, rest) = page.split_once(policy).expect("a policy");
    let (_, after) = rest.split_once(">\n").expect("its end");
    format!("{before}{after}")
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut parts = text.split('%');
    bytes.extend(parts.next().unwrap_or_default().bytes());
    for part in parts {
        let (hex, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(hex, 16).expect("hexadecimal"));
        bytes.extend(rest.bytes());
    }
    String::from_utf8(bytes).expect("UTF-8")
}

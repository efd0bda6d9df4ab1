use std::fs;
use std::path::Path;

use certstow_formats::certificate::Certificate;
use certstow_platform::store::{ProblemKind, Store};
use certstow_platform::testing::{MemoryKey, MemoryStore, Sample};
use sha2::{Digest as _, Sha256};

use super::*;
use crate::fuzzing::saying;

/// 2026-11-26.
const NOW: UnixTime = after(0);
const DAY: i64 = 24 * 60 * 60;

/// So many seconds after that.
const fn after(seconds: i64) -> UnixTime {
    UnixTime::new(1_795_651_200 + seconds)
}

/// What somebody may have put into a certificate, or named a file.
const HOSTILE: [&str; 14] = [
    "</script><script>document.title='owned'</script>",
    "</style><style>*{display:none}</style>",
    "\"><img src=x onerror=\"document.title='owned'\">",
    "' onmouseover='document.title=1' x='",
    "<svg/onload=alert(1)>",
    "javascript:document.title='owned'",
    "--><!-- <![CDATA[ ]]> <?php ?>",
    "&lt;script&gt; &#60;b&#62; &amp;",
    "{{style}} {} {0}",
    "a\u{202e}cod.exe \u{2066}b\u{2069} \u{200b}\u{200d}\u{feff}",
    "line\u{2028}separator\u{2029}s\r\n\tand \0 NUL \u{1b}[2J",
    "\u{fdd0}\u{ffff}\u{10ffff}",
    "`${document.title='owned'}`",
    "<plaintext><textarea><title><noscript>",
];

fn certificate(sample: Sample) -> Certificate {
    sample.certificate().unwrap()
}

fn report_of(store: MemoryStore, folders: &[PathBuf]) -> Report {
    let inventory = Inventory::of(vec![Box::new(store)]).unwrap();
    let identities: Vec<&ListedCertificate> = inventory.certificates().iter().collect();
    let renewals = Renewals::among(inventory.certificates(), NOW);
    let filters = Filters::default();
    Report::of(
        &inventory,
        &identities,
        &renewals,
        folders,
        &Copies::default(),
        &filters,
        NOW,
    )
}

fn hostile() -> Report {
    let mut report = report_of(MemoryStore::with("memory", &[Sample::P256]), &[]);
    let item = report.items.remove(0);
    for text in HOSTILE {
        report.items.push(saying(item.clone(), text));
        report.stores.push(text.to_owned());
        report.backups.push(Backup {
            folder: text.into(),
            identities: None,
        });
        report.only_in_backup.push(OnlyInBackup {
            label: text.to_owned(),
            not_after: None,
            store: text.to_owned(),
            sha1: text.to_owned(),
            files: vec![(text.to_owned(), text.to_owned(), Some(text.to_owned()))],
        });
        report.problems.push(StoreProblem {
            kind: ProblemKind::Unreadable,
            store: text.to_owned(),
            place: format!("{text}.pem"),
            message: text.to_owned(),
        });
    }
    report
}

#[test]
fn validity_depends_on_time_to_expiry() {
    let report = report_of(MemoryStore::with("memory", &[Sample::P256]), &[]);
    let urgency = |from, to| {
        let item = Item {
            not_before: after(from),
            not_after: after(to),
            ..report.items[0].clone()
        };
        item.validity(NOW)
    };
    assert_eq!(urgency(-DAY, -1), Validity::Expired);
    assert_eq!(urgency(-DAY, 0), Validity::Urgent);
    assert_eq!(urgency(-DAY, 30 * DAY - 1), Validity::Urgent);
    assert_eq!(urgency(-DAY, 30 * DAY), Validity::Soon);
    assert_eq!(urgency(-DAY, 90 * DAY), Validity::Valid);
    assert_eq!(urgency(1, 2), Validity::Later);
    assert_eq!(urgency(2, -2), Validity::Expired);
}

#[test]
fn report_counts_keys_and_backups() {
    let samples = [
        Sample::P256,
        Sample::Expired,
        Sample::Future,
        Sample::Keyless,
        Sample::Locked,
        Sample::NotExportable,
    ];
    let mut store = MemoryStore::with("memory", &samples);
    store
        .mark_backed_up(&certificate(Sample::P256).id(), after(-DAY))
        .unwrap();
    let report = report_of(store, &[]);
    assert_eq!(
        report.summary(),
        Summary {
            identities: 6,
            expired: 1,
            urgent: 0,
            renewed: 0,
            without_copy: 4,
            not_exportable: 1,
            only_in_backup: 0,
        }
    );
    let page = page::write(&report);
    for words in [
        "Backed up <time datetime=\"2026-11-25T",
        "says the store",
        "Backup not known",
        "Cannot be exported",
        "marked as not exportable",
        "No private key",
        "Not yet valid",
        "memory is locked",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert_eq!(
        report.items.last().unwrap().validity(NOW),
        Validity::Expired
    );
}

/// A backup with a file for each of these samples, the second of which is not what was written.
fn backup(folder: &Path) {
    let entries = [Sample::P256, Sample::Rsa].map(|sample| {
        let sha256 = names::hex(certificate(sample).id().as_bytes());
        let name = format!("{}.p12", &sha256[..8]);
        fs::write(folder.join(&name), "file").unwrap();
        let written = if sample == Sample::P256 {
            "file"
        } else {
            "fire"
        };
        format!(
            r#"{{"file":"{name}","size":4,"sha256":"{}","thumbprint":{{"sha256":"{sha256}"}},
                "label":"the {sample:?}","store":"file:memory","not_after":"2027-01-01T00:00:00Z",
                "proof":"none","written":"2026-11-01T10:00:00Z"}}"#,
            names::hex(&Sha256::digest(written))
        )
    });
    let manifest = format!(
        r#"{{"schema":"certstow.manifest/1","entries":[{}]}}"#,
        entries.join(",")
    );
    fs::write(folder.join("certstow-manifest.json"), manifest).unwrap();
}

#[test]
fn report_counts_only_intact_copies() {
    let folder = tempfile::tempdir().unwrap();
    backup(folder.path());
    let samples = [Sample::P256, Sample::Rsa, Sample::Ed25519];
    let store = || MemoryStore::with("memory", &samples);
    let report = report_of(store(), &[folder.path().to_owned()]);
    let [problem] = report.problems.as_slice() else {
        panic!("{:?}", report.problems)
    };
    let words = "no whole copy of the Rsa: its bytes are not those that were written";
    assert_eq!(problem.message, words);
    assert_eq!(report.backups[0].identities, Some(2));
    assert_eq!(report.summary().without_copy, 2);
    let page = page::write(&report);
    for words in [
        "Backed up, key not proven <time datetime=\"2026-11-01T10:00:00Z\">",
        "Backup damaged",
        "its bytes are not those that were written",
        "In no backup looked at",
    ] {
        assert!(page.contains(words), "{words}");
    }

    let saved = names::hex(certificate(Sample::P256).id().as_bytes());
    fs::remove_file(folder.path().join(format!("{}.p12", &saved[..8]))).unwrap();
    let report = report_of(store(), &[folder.path().to_owned()]);
    assert_eq!(report.summary().without_copy, 3);
    assert_eq!(report.problems.len(), 2);
    assert!(page::write(&report).contains("it is missing"));
}

#[test]
fn report_lists_identities_only_in_backup() {
    let folder = tempfile::tempdir().unwrap();
    backup(folder.path());
    let folders = [folder.path().to_owned()];
    let report = report_of(MemoryStore::with("memory", &[Sample::Rsa]), &folders);
    assert_eq!(report.summary().only_in_backup, 1);
    assert!(page::write(&report).contains("1 identity is only in a backup"));

    let report = report_of(MemoryStore::with("memory", &[Sample::Ed25519]), &folders);
    let [ecdsa, rsa] = report.only_in_backup.as_slice() else {
        panic!("{:?}", report.only_in_backup)
    };
    assert_eq!(
        (ecdsa.label.as_str(), rsa.label.as_str()),
        ("the P256", "the Rsa")
    );
    assert_eq!(ecdsa.files[0].2, None);
    assert!(rsa.files[0].2.is_some());
    assert_eq!(report.items.len(), 1);
    let page = page::write(&report);
    for words in [
        "2 identities are only in a backup",
        "<b>2</b> only in a backup",
        "the P256</b>, until <time datetime=\"2027-01-01T00:00:00Z\">",
        "(cannot be used: its bytes are not those that were written)",
        "once in file:memory",
    ] {
        assert!(page.contains(words), "{words}");
    }

    // Of another store nothing is known.
    let report = report_of(MemoryStore::with("other", &[Sample::Ed25519]), &folders);
    assert_eq!(report.summary().only_in_backup, 0);
    assert!(!page::write(&report).contains("only in a backup"));
}

#[test]
fn report_treats_invalid_backup_as_problem() {
    let folder = tempfile::tempdir().unwrap();
    let folders = [folder.path().to_owned(), folder.path().join("gone")];
    let report = report_of(MemoryStore::with("memory", &[Sample::P256]), &folders);
    assert_eq!(report.problems.len(), 2);
    assert!(
        report.problems[0]
            .message
            .contains("certstow-manifest.json")
    );
    let page = page::write(&report);
    assert!(page.contains("2 problems"));
    assert!(page.contains("Backup not known"));
}

/// The text between two others, without them.
fn between<'a>(page: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = page.split_once(begin).unwrap();
    rest.split_once(end).unwrap().0
}

#[test]
fn page_policy_hashes_style_and_script() {
    use base64ct::{Base64, Encoding as _};
    let page = page::write(&hostile());
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\">");
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    for (directive, text) in [
        ("style-src", between(&page, "<style>", "</style>")),
        ("script-src", between(&page, "<script>", "</script>")),
    ] {
        let hash = Base64::encode_string(&Sha256::digest(text));
        assert!(
            policy.contains(&format!("{directive} 'sha256-{hash}';")),
            "{policy}"
        );
        assert!(text.len() > 1000);
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    // Only what comes after it is held to it.
    assert!(page.find("Content-Security-Policy").unwrap() < page.find("<style>").unwrap());
}

#[test]
fn page_escapes_names_in_markup() {
    let page = page::write(&hostile());
    for (element, count) in [
        ("<script", 1),
        ("<style", 1),
        ("<img", 0),
        ("<title", 1),
        ("<plaintext", 0),
        ("<textarea", 0),
        ("<noscript", HOSTILE.len()),
        ("<?", 0),
        ("<!", 1),
        ("<tbody", HOSTILE.len()),
    ] {
        let found = page.to_lowercase().matches(element).count();
        assert_eq!(found, count, "{element}");
    }
    let unsafe_ones = page
        .chars()
        .filter(|c| *c != '\n' && certstow_formats::sanitize::is_unsafe(*c));
    assert_eq!(unsafe_ones.count(), 0);
}

/// Every attribute there may be: none of them runs anything, or styles anything past the policy.
const ATTRIBUTES: &[&str] = &[
    "aria-hidden",
    "aria-label",
    "aria-live",
    "autocomplete",
    "charset",
    "class",
    "colspan",
    "content",
    "cx",
    "d",
    "data-backup",
    "data-begin",
    "data-end",
    "data-export",
    "data-now",
    "data-urgency",
    "datetime",
    "dir",
    "dx",
    "fill",
    "focusable",
    "height",
    "hidden",
    "href",
    "http-equiv",
    "id",
    "lang",
    "name",
    "placeholder",
    "r",
    "role",
    "rx",
    "scope",
    "spellcheck",
    "stroke",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-width",
    "text-anchor",
    "type",
    "value",
    "viewBox",
    "width",
    "x",
    "x1",
    "x2",
    "y",
    "y2",
];

#[test]
fn page_escapes_names_in_attributes() {
    let page = page::write(&hostile());
    let style = between(&page, "<style>", "</style>");
    let script = between(&page, "<script>", "</script>");
    let page = page.replace(style, "").replace(script, "");
    let mut seen = 0;
    for tag in page.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').unwrap();
        assert!(!text.contains('>'), "{text}");
        // Outside of quotes there are names and nothing else.
        let outside: String = tag.split('"').step_by(2).collect();
        for name in outside.split_whitespace().skip(1) {
            let name = name.trim_end_matches(['=', '/']);
            let known = name.is_empty() || name == "html" || ATTRIBUTES.contains(&name);
            assert!(known, "{name} in <{tag}>");
            seen += 1;
        }
    }
    assert!(seen > 500);
}

#[test]
fn page_loads_no_external_resources() {
    let page = page::write(&report_of(
        MemoryStore::with("memory", &[Sample::P256]),
        &[],
    ));
    for word in [
        "http:", "https:", "url(", "@import", "src=", "fetch(", "import(", "XMLHttp",
    ] {
        assert!(!page.contains(word), "{word}");
    }
    let references = page.split("href=\"").skip(1);
    for reference in references {
        let target = reference
            .strip_prefix('#')
            .and_then(|rest| rest.split('"').next());
        let target = target.expect("a reference within the page");
        assert!(page.contains(&format!("id=\"{target}\"")), "{target}");
    }
}

#[test]
fn page_text_colours_have_sufficient_contrast() {
    let style = include_str!("report.css");
    let dark = style.find("prefers-color-scheme: dark").unwrap();
    let mut checked = 0;
    for mode in [&style[..dark], &style[dark..]] {
        let value = |name: &str| {
            let hex = between(mode, &format!("--{name}: #"), ";");
            u32::from_str_radix(hex, 16).unwrap()
        };
        for text in [
            "text", "quiet", "focus", "expired", "urgent", "soon", "valid", "later",
        ] {
            for ground in ["page", "raised"] {
                let contrast = contrast(value(text), value(ground));
                assert!(contrast >= 4.5, "{text} on {ground}: {contrast:.2}");
                checked += 1;
            }
        }
        // The edges of controls (WCAG 1.4.11).
        assert!(contrast(value("control"), value("page")) >= 3.0);
    }
    assert_eq!(checked, 32);
}

/// By WCAG 2.2: the relative luminances, compared.
fn contrast(one: u32, other: u32) -> f64 {
    let luminance = |colour: u32| {
        let [_, channels @ ..] = colour.to_be_bytes();
        let linear = channels.map(|channel| match f64::from(channel) / 255.0 {
            low if low <= 0.04045 => low / 12.92,
            high => ((high + 0.055) / 1.055).powf(2.4),
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    };
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

#[test]
fn page_without_identities_says_so() {
    let report = report_of(MemoryStore::new("memory"), &[]);
    let page = page::write(&report);
    assert!(page.contains("No certificate with a private key was found"));
    assert!(!page.contains("<table"));
}

#[test]
fn page_shows_overview_for_many_identities() {
    let store = MemoryStore::new("memory");
    let mut report = report_of(store, &[]);
    let item = report_of(MemoryStore::with("one", &[Sample::P256]), &[])
        .items
        .remove(0);
    let add = |report: &mut Report, days: i64| {
        report.items.push(Item {
            not_before: after(-300 * DAY),
            not_after: after(days * DAY),
            ..item.clone()
        });
    };
    for days in 1..=12 {
        add(&mut report, days * 20);
    }
    assert!(!page::write(&report).contains("class=\"overview\""));
    add(&mut report, 40_000);
    add(&mut report, -9000);
    let page = page::write(&report);
    assert!(page.contains("class=\"overview\""));
    assert!(
        page.contains("<p>1 ended earlier</p><p>1 ends later</p>"),
        "{page}"
    );
    assert!(page.contains("2026-12: "));
}

#[test]
fn page_overview_labels_columns_of_several_months() {
    let mut report = report_of(MemoryStore::with("memory", &[Sample::P256]), &[]);
    let mut item = report.items.remove(0);
    // 2027-02-14; the scale is one of years.
    (item.not_before, item.not_after) = (after(-300 * DAY), after(80 * DAY));
    report.items = vec![item.clone(); 13];
    assert!(page::write(&report).contains("2027-02: 13"));
    item.not_after = after(3000 * DAY);
    report.items.extend(vec![item; 5]);
    let page = page::write(&report);
    assert!(page.contains("2027-01 to 2027-03: 13"), "{page}");
    assert!(!page.contains("in each month"), "{page}");
}

#[test]
fn page_reports_exportable_key() {
    let store = MemoryStore::new("memory");
    store.insert(
        certificate(Sample::Rsa),
        Some("Own name"),
        MemoryKey::Damaged,
    );
    let page = page::write(&report_of(store, &[]));
    assert!(page.contains("Own name") && page.contains("Can be exported <small>RSA 2048"));
}

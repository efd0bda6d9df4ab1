//! A report to look at: every identity on a time line, and what stands between it and being safe.
//! [`Report::of`] takes down what the stores and the backups tell, [`page::write`] makes one page
//! of it that needs nothing else: no file, no network, no script to be read. Nothing in it is
//! secret, but names, addresses and serial numbers are.

mod axis;
mod html;
pub(crate) mod page;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use certstow_core::backup::manifest::{NAME, Saved};
use certstow_core::backup::{self, InStores, Kept};
use certstow_core::identity::{Inventory, ListedCertificate, StoreProblem};
use certstow_core::noted::{Noted, State};
use certstow_core::renewal::Renewals;
use certstow_core::select::Filters;
use certstow_core::time::Urgency;
use certstow_core::time::{self, UnixTime};
use certstow_formats::certificate::EntryId;
use certstow_formats::names;
use certstow_formats::proof::Level;
use certstow_platform::store::{KeyState, ProblemKind};

use crate::notes::Copies;

/// What the page shows.
#[derive(Debug)]
pub(crate) struct Report {
    /// The time everything is measured from.
    pub(crate) now: UnixTime,
    /// The names of the stores that were read.
    pub(crate) stores: Vec<String>,
    /// The backups that were looked at.
    pub(crate) backups: Vec<Backup>,
    /// The identities: the next to end at the top, then those that are renewed, and those that expired,
    /// the last first.
    pub(crate) items: Vec<Item>,
    /// What is in the backups and in no store any more, in the order of the labels.
    pub(crate) only_in_backup: Vec<OnlyInBackup>,
    /// What could not be read, in stores and backups.
    pub(crate) problems: Vec<StoreProblem>,
    pub(crate) notices: Vec<StoreProblem>,
    /// That nothing passes the filters, as a sentence.
    pub(crate) nothing: Option<String>,
}

/// A backup that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Backup {
    /// The folder as it was named.
    pub(crate) folder: PathBuf,
    /// How many identities it has; `None` if it could not be read.
    pub(crate) identities: Option<usize>,
}

/// An identity that is in a backup, and whose private key is neither in the store it was saved from
/// any more nor in another that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OnlyInBackup {
    /// What a person called it.
    pub(crate) label: String,
    /// The end of its certificate, if the manifest tells.
    pub(crate) not_after: Option<UnixTime>,
    /// The store that it was saved from.
    pub(crate) store: String,
    /// SHA-1 of the certificate, 40 digits.
    pub sha1: String,
    /// Its files: folder, file, and what is wrong with it, if it is not what was written.
    pub(crate) files: Vec<(String, String, Option<String>)>,
}

/// An identity as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// What a person calls it.
    pub(crate) label: String,
    /// The subject (RFC 4514).
    pub(crate) subject: String,
    /// The issuer in short.
    pub(crate) issuer: String,
    /// The issuer (RFC 4514).
    pub(crate) issuer_in_full: String,
    /// The serial number in hexadecimal.
    pub(crate) serial: String,
    /// The first second of its validity.
    pub(crate) not_before: UnixTime,
    /// The last.
    pub(crate) not_after: UnixTime,
    /// What renewed it.
    pub(crate) renewal: Option<Renewal>,
    /// E-mail addresses.
    pub(crate) emails: Vec<String>,
    /// DNS names.
    pub(crate) dns_names: Vec<String>,
    pub(crate) user_principal_names: Vec<String>,
    pub(crate) directory_names: Vec<String>,
    /// Key usages.
    pub(crate) key_usages: Vec<&'static str>,
    /// Extended key usages.
    pub(crate) extended_key_usages: Vec<String>,
    /// The kind of key: "RSA 2048".
    pub(crate) key: String,
    /// Whether the key is exportable.
    pub(crate) state: KeyState,
    /// The CSP or KSP of Windows that has the key.
    pub(crate) provider: Option<String>,
    /// Whether it is kept for old documents only.
    pub(crate) archived: bool,
    /// Whether it only stands beside a private key until a CA answers.
    pub(crate) pending: bool,
    /// The stores it is in, each with the places there.
    pub(crate) stores: Vec<(String, Vec<String>)>,
    /// The copies that are known.
    pub(crate) copies: Vec<Copy>,
    /// Files in backups that were copies of it and are damaged: folder, file, and how.
    pub(crate) damaged: Vec<(String, String, String)>,
    /// SHA-1 of the certificate, 40 digits.
    pub sha1: String,
    /// SHA-256 of the certificate, 64 digits.
    pub sha256: String,
}

/// The certificate that renewed an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Renewal {
    /// Its id.
    pub(crate) id: EntryId,
    /// Its end.
    pub(crate) not_after: UnixTime,
}

/// A copy of an identity, and who tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copy {
    /// When it was made, if that is known.
    pub(crate) when: Option<UnixTime>,
    /// The folder and the file there; `None` if the store of the key told of it.
    pub(crate) place: Option<(String, String)>,
    /// Whether nothing proves that its private key works.
    pub(crate) unproven: bool,
    /// Whether it is known from when it was saved alone: its volume or folder is not there now.
    pub(crate) away: bool,
}

/// How near the end of a certificate is, or why that is of no concern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Validity {
    /// It is over.
    Expired,
    /// It comes within 30 days.
    Urgent,
    /// It comes within 90 days.
    Soon,
    /// It comes later.
    Valid,
    /// Another certificate is in its place.
    Renewed,
    /// The beginning has not come yet.
    Later,
    /// There is none: a CA has yet to answer the request.
    Waiting,
}

impl Validity {
    /// All of them, in the order of the filters and columns.
    pub(crate) const ALL: [Self; 7] = [
        Self::Expired,
        Self::Urgent,
        Self::Soon,
        Self::Valid,
        Self::Renewed,
        Self::Later,
        Self::Waiting,
    ];

    /// The word for people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Expired => "Expired",
            Self::Urgent => "Within 30 days",
            Self::Soon => "Within 90 days",
            Self::Valid => "Valid",
            Self::Renewed => "Renewed",
            Self::Later => "Not yet valid",
            Self::Waiting => "Waiting for a CA",
        }
    }

    /// The word for style sheet, script and address.
    fn word(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Urgent => "urgent",
            Self::Soon => "soon",
            Self::Valid => "valid",
            Self::Renewed => "renewed",
            Self::Later => "later",
            Self::Waiting => "waiting",
        }
    }
}

/// The numbers at the top of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Summary {
    /// All identities.
    pub(crate) identities: usize,
    /// Those that expired and are not renewed.
    pub(crate) expired: usize,
    /// Those valid now that expire within 30 days and are not renewed.
    pub(crate) urgent: usize,
    /// Those that are renewed.
    pub(crate) renewed: usize,
    /// Those with a private key of which no copy is known.
    pub(crate) without_copy: usize,
    /// Those whose private key is not exportable.
    pub(crate) not_exportable: usize,
    /// What is in a backup and in no store any more; not among the identities.
    pub(crate) only_in_backup: usize,
}

impl Report {
    /// Takes down these identities, and looks for them in the backups of these folders. What the
    /// backups have beside them and no store has any more is told as far as it is sure to fit the
    /// filters. A backup that cannot be read is one of the problems.
    pub(crate) fn of(
        inventory: &Inventory,
        identities: &[&ListedCertificate],
        renewals: &Renewals<'_>,
        folders: &[PathBuf],
        copies: &Copies,
        filters: &Filters,
        now: UnixTime,
    ) -> Self {
        let mut problems = inventory.problems().to_vec();
        let mut kept = HashMap::new();
        let mut backups = Vec::new();
        for folder in folders {
            let name = folder.display().to_string();
            let found = backup::kept(folder).or_else(|reason| exported(folder, copies, reason));
            backups.push(Backup {
                folder: folder.clone(),
                identities: found.as_ref().ok().map(Vec::len),
            });
            match found {
                Ok(found) => {
                    problems.extend(found.iter().filter_map(|kept| damage(folder, kept)));
                    collect(&mut kept, &name, found);
                }
                Err(reason) => problems.push(StoreProblem {
                    kind: ProblemKind::Unreadable,
                    store: name.clone(),
                    place: name,
                    message: format!("not read as a backup: {reason}"),
                }),
            }
        }
        let mut items: Vec<Item> = identities
            .iter()
            .map(|identity| Item::of(inventory, identity, renewals, (&kept, copies)))
            .collect();
        items.sort_by_cached_key(|item| {
            let (rank, distance) = item.order(now);
            (rank, distance, item.label.to_lowercase())
        });
        Self {
            now,
            stores: inventory.store_names(),
            backups,
            items,
            only_in_backup: only_in_backup(inventory, kept, filters, now),
            problems,
            notices: inventory.notices().to_vec(),
            nothing: None,
        }
    }

    /// The numbers at the top.
    pub(crate) fn summary(&self) -> Summary {
        let count = |holds: &dyn Fn(&Item) -> bool| self.items.iter().filter(|i| holds(i)).count();
        Summary {
            identities: self.items.len(),
            expired: count(&|item| item.validity(self.now) == Validity::Expired),
            urgent: count(&|item| item.validity(self.now) == Validity::Urgent),
            renewed: count(&|item| item.renewal.is_some()),
            without_copy: count(&|item| item.lacks_copy()),
            not_exportable: count(&|item| item.stays()),
            only_in_backup: self.only_in_backup.len(),
        }
    }
}

/// A file that a backup should have, and how it is damaged, as one of the problems.
fn damage(folder: &Path, kept: &Kept) -> Option<StoreProblem> {
    let damage = kept.damage.as_ref()?;
    let whose = match kept.saved.label.as_str() {
        "" => "an identity",
        label => label,
    };
    Some(StoreProblem {
        kind: ProblemKind::Unreadable,
        store: folder.display().to_string(),
        place: folder.join(&kept.saved.file).display().to_string(),
        message: format!("no whole copy of {whose}: {damage}"),
    })
}

/// The files of backups, by the SHA-256 of the certificate, each with its folder.
type KeptFiles = HashMap<String, Vec<(String, Kept)>>;

fn collect(all: &mut KeptFiles, folder: &str, found: Vec<Kept>) {
    for kept in found {
        let files = all.entry(kept.saved.thumbprint.sha256.clone()).or_default();
        files.push((folder.to_owned(), kept));
    }
}

fn only_in_backup(
    inventory: &Inventory,
    kept: KeptFiles,
    filters: &Filters,
    now: UnixTime,
) -> Vec<OnlyInBackup> {
    let stores = InStores::of(inventory);
    let missed = kept.into_values().filter_map(|files| {
        let mut missed = files
            .iter()
            .filter(|(_, kept)| stores.miss(&kept.saved, filters, now))
            .peekable();
        let (_, first) = missed.peek()?;
        Some(OnlyInBackup {
            label: first.saved.label.clone(),
            not_after: time::from_utc(&first.saved.not_after),
            store: first.saved.store.clone(),
            sha1: first.saved.thumbprint.sha1.clone(),
            files: missed
                .map(|(folder, kept)| {
                    (folder.clone(), kept.saved.file.clone(), kept.damage.clone())
                })
                .collect(),
        })
    });
    let mut missed: Vec<_> = missed.collect();
    missed.sort_by_cached_key(|one| (one.label.to_lowercase(), one.sha1.clone()));
    missed
}

impl Item {
    fn of(
        inventory: &Inventory,
        identity: &ListedCertificate,
        renewals: &Renewals<'_>,
        (kept, noted): (&KeptFiles, &Copies),
    ) -> Self {
        let entry = identity.entry();
        let parsed = entry.certificate.parse();
        let sha256 = names::hex(entry.id.as_bytes());
        let files = kept.get(&sha256).map(Vec::as_slice).unwrap_or_default();
        let told = identity.backed_up().map(|when| Copy {
            when: Some(when),
            place: None,
            unproven: false,
            away: false,
        });
        // Where a folder that was looked at has the file, it is said of that.
        let noted = noted.states(&entry.id).into_iter();
        let noted = noted.filter(|found| !files.iter().any(|file| is_of_folder(found, file)));
        let (there, lost): (Vec<_>, Vec<_>) = noted.partition(|(_, state)| state.may_be_there());
        let stores = identity.entries().iter().map(|stored| {
            let name = inventory.stores()[stored.store].info().name_and_owner();
            (name, stored.entry.places.clone())
        });
        Self {
            label: identity.label(),
            subject: identity.subject(),
            issuer: names::short_name_of_der(entry.certificate.issuer_der()),
            issuer_in_full: parsed.issuer(),
            serial: parsed.serial(),
            not_before: parsed.not_before(),
            not_after: identity.not_after(),
            renewal: renewals.of(identity).map(|one| Renewal {
                id: one.id(),
                not_after: one.not_after(),
            }),
            emails: parsed.emails(),
            dns_names: parsed.dns_names(),
            user_principal_names: parsed.user_principal_names(),
            directory_names: parsed.directory_names(),
            key_usages: parsed.key_usages(),
            extended_key_usages: parsed.extended_key_usages(),
            key: names::key_kind(entry.certificate.spki_der()),
            state: entry.key.clone(),
            provider: entry.provider.clone(),
            archived: identity.is_archived(),
            pending: identity.is_pending(),
            stores: stores.collect(),
            copies: files
                .iter()
                .filter_map(whole)
                .chain(there.iter().map(saved))
                .chain(told)
                .collect(),
            damaged: files
                .iter()
                .filter_map(damaged)
                .chain(lost.iter().map(lost_copy))
                .collect(),
            sha1: identity.thumbprint(),
            sha256,
        }
    }

    /// How near its end is, or why that is of no concern.
    pub(crate) fn validity(&self, now: UnixTime) -> Validity {
        if self.pending {
            return Validity::Waiting;
        }
        if self.renewal.is_some() {
            return Validity::Renewed;
        }
        match Urgency::of(self.not_after, now) {
            Urgency::Expired => Validity::Expired,
            _ if now < self.not_before => Validity::Later,
            Urgency::Urgent => Validity::Urgent,
            Urgency::Soon => Validity::Soon,
            Urgency::Valid => Validity::Valid,
        }
    }

    /// What the order of the page is by: whether it is renewed or expired, and how far its end is from
    /// now. The page's script has the same order.
    fn order(&self, now: UnixTime) -> (u8, u64) {
        let rank = match self.validity(now) {
            Validity::Renewed => 1,
            Validity::Expired => 2,
            _ => 0,
        };
        (rank, self.not_after.seconds_since(now).unsigned_abs())
    }

    /// The copy made last.
    pub(crate) fn last_copy(&self) -> Option<&Copy> {
        self.copies.iter().max_by_key(|copy| copy.when)
    }

    /// Whether there is a private key and no copy of it is known.
    pub(crate) fn lacks_copy(&self) -> bool {
        self.state != KeyState::Missing && self.copies.is_empty()
    }

    /// Whether its private key is not exportable.
    pub(crate) fn stays(&self) -> bool {
        matches!(self.state, KeyState::NotExportable(_))
    }
}

fn whole((folder, kept): &(String, Kept)) -> Option<Copy> {
    kept.damage.is_none().then(|| Copy {
        when: time::from_utc(&kept.saved.written),
        place: Some((folder.clone(), kept.saved.file.clone())),
        unproven: kept.saved.proof == Some(Level::None),
        away: false,
    })
}

/// A file that was exported.
/// Whether a file that was exported is this one of a folder: by its path, or on the same volume, which is
/// elsewhere now. Copies in other places have the same bytes.
fn is_of_folder((noted, state): &(&Noted, State), (folder, kept): &(String, Kept)) -> bool {
    let file = Path::new(folder).join(&kept.saved.file);
    let is_elsewhere_now = matches!(state, State::NotReachable(_));
    kept.saved.sha256 == noted.sha256
        && (noted.is_at(&file) || is_elsewhere_now && noted.is_on_volume_of(&file))
}

fn saved((noted, state): &(&Noted, State)) -> Copy {
    Copy {
        when: noted.when(),
        place: Some(place(noted)),
        unproven: false,
        away: *state != State::There,
    }
}

fn lost_copy((noted, state): &(&Noted, State)) -> (String, String, String) {
    let (folder, file) = place(noted);
    let what = state.reason().unwrap_or("it is gone");
    (folder, file, what.to_owned())
}

/// The folder and the name of a file that was exported.
fn place(noted: &Noted) -> (String, String) {
    let folder = noted.file.parent().unwrap_or(Path::new(""));
    let name = noted.file.file_name().unwrap_or_default();
    (
        folder.display().to_string(),
        name.to_string_lossy().into_owned(),
    )
}

/// What a folder without a manifest has of the files that were exported.
fn exported(folder: &Path, copies: &Copies, reason: String) -> Result<Vec<Kept>, String> {
    let found = copies.found_in(folder);
    if found.is_empty() || folder.join(NAME).exists() {
        return Err(reason);
    }
    let kept = found.into_iter().map(|(noted, file)| Kept {
        saved: Saved {
            file,
            sha256: noted.sha256.clone(),
            size: noted.size,
            thumbprint: noted.thumbprint.clone(),
            label: noted.label.clone(),
            written: noted.saved.clone(),
            ..Saved::default()
        },
        damage: None,
    });
    Ok(kept.collect())
}

fn damaged((folder, kept): &(String, Kept)) -> Option<(String, String, String)> {
    let damage = kept.damage.clone()?;
    Some((folder.clone(), kept.saved.file.clone(), damage))
}

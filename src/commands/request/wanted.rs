//! Whom or what a certificate is requested for, from options.

use certstow_formats::alternative_name::{AlternativeName, Kind};
use certstow_formats::names::{
    self, DistinguishedName, NameError, ObjectIdentifier, Parts, usage_oid,
};
use certstow_formats::request::Draft;
use certstow_formats::secret::Password;

use crate::args::{NameArgs, NewRequestArgs};
use crate::ask;
use crate::error::Error;
use crate::screen::Screen;

/// What is asked of a CA.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) subject: DistinguishedName,
    pub(crate) alternative_names: Vec<AlternativeName>,
    pub(crate) usages: Vec<ObjectIdentifier>,
    pub(crate) template: Option<String>,
    pub(crate) challenge: Option<Password>,
}

impl Wanted {
    /// What the options name; `None` where they name nobody.
    ///
    /// # Errors
    /// [`Error::Usage`]: a part of the subject is refused.
    pub(crate) fn given(args: &NameArgs) -> Result<Option<Self>, Error> {
        let subject = match &args.subject {
            Some(subject) => subject.clone(),
            None => subject(args).map_err(|error| Error::Usage(error.to_string()))?,
        };
        let names = [&args.email, &args.dns, &args.upn, &args.ip, &args.uri];
        let mut alternative_names: Vec<AlternativeName> = Vec::new();
        for name in names.into_iter().flatten() {
            if !alternative_names.contains(name) {
                alternative_names.push(name.clone());
            }
        }
        if subject.is_empty() && alternative_names.is_empty() {
            return Ok(None);
        }
        let usages = match args.eku.is_empty() {
            true => usual(&alternative_names),
            false => args.eku.clone(),
        };
        Ok(Some(Self {
            subject,
            alternative_names,
            usages,
            template: args.template.clone(),
            challenge: None,
        }))
    }

    pub(crate) fn draft(&self) -> Draft<'_> {
        Draft {
            subject: &self.subject,
            alternative_names: &self.alternative_names,
            usages: &self.usages,
            template: self.template.as_deref(),
            challenge: self.challenge.as_ref(),
        }
    }

    /// The same with the challenge password that an option names.
    ///
    /// # Errors
    /// As [`ask::given`].
    pub(crate) fn with_challenge(
        mut self,
        args: &NewRequestArgs,
        screen: &Screen,
    ) -> Result<Self, Error> {
        let source = args.challenge_source();
        let challenge = source.map(|source| ask::given(&source, false, screen));
        self.challenge = challenge.transpose()?;
        Ok(self)
    }

    /// What a person calls it.
    pub(crate) fn label(&self) -> String {
        match (self.subject.is_empty(), self.alternative_names.first()) {
            (true, Some(first)) => first.text().to_owned(),
            _ => names::short_name_of_der(self.subject.der()),
        }
    }
}

fn subject(args: &NameArgs) -> Result<DistinguishedName, NameError> {
    DistinguishedName::from_parts(&Parts {
        name: args.name(),
        email: None,
        unit: args.unit.as_deref(),
        organization: args.organization.as_deref(),
        locality: args.locality.as_deref(),
        state: args.state.as_deref(),
        country: args.country.as_deref(),
    })
}

/// The purposes that go with the kinds of names.
pub(super) fn usual(names: &[AlternativeName]) -> Vec<ObjectIdentifier> {
    let has = |kind: Kind| names.iter().any(|name| name.kind() == kind);
    let of_person: &[&str] = match has(Kind::Email) {
        true => &["emailProtection", "clientAuth"],
        false => &[],
    };
    let of_server = has(Kind::Dns).then_some(&"serverAuth");
    let named = of_person.iter().chain(of_server);
    named.filter_map(|name| usage_oid(name).ok()).collect()
}

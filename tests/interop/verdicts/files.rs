//! The files that the verdicts are tried on: each varies one thing of what certstow writes.

mod attributes;
mod contents;
mod keys;
mod protection;

use super::recipe::Recipe;
use crate::material::{Identity, Key, Material};

/// A file, and what is in it.
pub(super) struct Trial {
    /// What is unusual about it.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) password: String,
    /// How many keys have a certificate in it.
    pub(super) identities: usize,
}

/// What the files are made of, and the files so far.
pub(super) struct Files<'a> {
    material: &'a Material,
    rsa: Identity,
    p256: Identity,
    others: Vec<Identity>,
    trials: Vec<Trial>,
}

pub(super) fn all(material: &Material) -> Vec<Trial> {
    let mut files = Files {
        material,
        rsa: material.identity("Verdict RSA", Key::Rsa2048),
        p256: material.identity("Verdict EC", Key::P256),
        others: [Key::P256, Key::Rsa2048]
            .map(|key| material.identity(&format!("Verdict Other {key:?}"), key))
            .into(),
        trials: Vec::new(),
    };
    protection::add(&mut files);
    attributes::add(&mut files);
    contents::add(&mut files);
    keys::add(&mut files);
    files.trials
}

impl Files<'_> {
    /// A file, its recipe changed.
    fn add(&mut self, name: &str, change: impl FnOnce(&mut Recipe)) {
        self.add_finished(name, change, |bytes| bytes);
    }

    /// A file whose bytes are changed once they are made.
    fn add_finished(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut Recipe),
        finish: impl FnOnce(Vec<u8>) -> Vec<u8>,
    ) {
        let mut recipe = Recipe::of(&self.rsa, self.material);
        change(&mut recipe);
        self.put(name, &recipe, finish);
    }

    /// The same with an elliptic key.
    fn add_ec(&mut self, name: &str, change: impl FnOnce(&mut Recipe)) {
        let mut recipe = Recipe::of(&self.p256, self.material);
        change(&mut recipe);
        self.put(&format!("{name}, EC"), &recipe, |bytes| bytes);
    }

    /// Both of them.
    fn add_both(&mut self, name: &str, change: impl Fn(&mut Recipe)) {
        self.add(name, &change);
        self.add_ec(name, &change);
    }

    fn put(&mut self, name: &str, recipe: &Recipe, finish: impl FnOnce(Vec<u8>) -> Vec<u8>) {
        self.trials.push(Trial {
            name: name.to_owned(),
            bytes: finish(recipe.file()),
            password: recipe.password.clone(),
            identities: recipe.identities,
        });
    }
}

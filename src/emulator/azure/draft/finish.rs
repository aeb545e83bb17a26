//! The end of a draft: paths in the tree's own spelling, texts in their format, rules, what follows
//! a state, and whether there is a revision at all (azure.md 5, 9, 14).

use super::super::comment::{self, Comment, Version};
use super::super::error::Refusal;
use super::super::field::{self, Value};
use super::super::identity::Who;
use super::super::item::{Item, Revision};
use super::super::node::Structure;
use super::super::process::rule::Step;
use super::super::reaction::Reactions;
use super::super::relation::{self, Relation};
use super::super::rules;
use super::super::store::Commit;
use super::super::time;
use super::{Draft, Rich};

impl Draft<'_> {
    /// The checked write.
    ///
    /// # Errors
    /// Paths that do not exist, formats without a value, broken rules, dates that do not increase.
    pub(crate) fn finish(mut self) -> Result<Commit, Refusal> {
        self.finish_kind()?;
        self.finish_paths()?;
        self.finish_texts()?;
        let old = self.item.and_then(Item::latest);
        self.spell_state();
        if !self.desk.bypass {
            self.apply_rules();
            let step = Step {
                new: &self.fields,
                old: old.map(|r| &r.fields),
            };
            let broken = rules::broken(step, self.kind, self.project, self.desk.organization);
            if !broken.is_empty() {
                return Err(Refusal::Rules(broken));
            }
        }
        let at_ms = self.moment_of_change()?;
        let by = self
            .changed_by
            .clone()
            .unwrap_or(Who::Member(self.desk.caller));
        self.follow(at_ms, &by);
        let revision = self.revision(at_ms, &by);
        let comment = revision.as_ref().and_then(|_| self.comment(at_ms, &by));
        Ok(Commit {
            id: self.id(),
            by,
            at_ms,
            revision,
            comment,
            added: self.added,
            removed: self.removed,
            updated: self.updated,
        })
    }

    /// The type must be one of the project's own, wherever the item was moved to; a state that the
    /// type does not have there begins anew.
    fn finish_kind(&mut self) -> Result<(), Refusal> {
        let organization = self.desk.organization;
        let Some(kind) = organization.kind(self.project, self.kind.name) else {
            let project = organization.project(self.project).map_or("", |p| p.name);
            return Err(Refusal::TypeMissing(
                self.kind.name.to_owned(),
                project.to_owned(),
            ));
        };
        let moved = self
            .item
            .and_then(Item::latest)
            .is_some_and(|r| r.project != self.project);
        let known = kind.state(self.fields.text(field::STATE)).is_some();
        if moved && !known && !self.touched.contains(&field::STATE) {
            self.fields.set(field::STATE, Value::text(kind.initial()));
        }
        self.kind = kind;
        Ok(())
    }

    /// What the process itself writes into the item.
    fn apply_rules(&mut self) {
        let Some(process) = self.desk.organization.process_of(self.project) else {
            return;
        };
        if process.rules.is_empty() {
            return;
        }
        let old = self.item.and_then(Item::latest).map(|r| &r.fields);
        let before = self.fields.clone();
        let step = Step { new: &before, old };
        rules::apply(&mut self.fields, step, self.kind, process);
    }

    fn finish_paths(&mut self) -> Result<(), Refusal> {
        let id = self.id();
        let project = self.desk.organization.project(self.project);
        for (reference, structure) in [
            (field::AREA, Structure::Area),
            (field::ITERATION, Structure::Iteration),
        ] {
            let node = project.and_then(|p| p.node(structure, self.fields.text(reference)));
            let (_, path) = node.ok_or(Refusal::TreeName(id, reference))?;
            if path != self.fields.text(reference) {
                self.fields.set(reference, Value::text(&path));
            }
        }
        Ok(())
    }

    fn finish_texts(&mut self) -> Result<(), Refusal> {
        for (reference, markdown) in std::mem::take(&mut self.formats) {
            let written = self.touched.contains(&reference);
            let is_now = self.markdown.contains(&reference);
            if !written && is_now != markdown {
                return Err(Refusal::FormatAlone(reference.to_owned()));
            }
            if reference == field::HISTORY
                && let Some(history) = &mut self.history
            {
                history.1 = markdown;
            }
            self.markdown.retain(|r| *r != reference);
            if markdown && reference != field::HISTORY {
                self.markdown.push(reference);
            }
        }
        for Rich { field: f, text } in std::mem::take(&mut self.rich) {
            let markdown = self.markdown.contains(&f.reference);
            let stored = comment::stored(&text, markdown);
            let value = (!stored.is_empty()).then_some(Value::Text(stored));
            self.fields.put(f.reference, value);
        }
        Ok(())
    }

    /// A state written in another case is stored as the type spells it.
    fn spell_state(&mut self) {
        let written = self.fields.text(field::STATE);
        if let Some(state) = self.kind.state(written)
            && state.name != written
        {
            self.fields.set(field::STATE, Value::text(state.name));
        }
    }

    /// Strictly later than the revision before; what a caller forges must be so by itself (azure.md
    /// 5.3).
    fn moment_of_change(&self) -> Result<i64, Refusal> {
        let last = self.item.and_then(Item::latest).map(|r| r.changed_ms);
        match (self.changed_ms, last) {
            (Some(forged), Some(last)) if forged <= last => {
                Err(Refusal::DateOrder(time::text(forged)))
            }
            (Some(forged), _) => Ok(forged),
            (None, last) => Ok(last.map_or(self.desk.now, |last| self.desk.now.max(last + 1))),
        }
    }

    fn follow(&mut self, at_ms: i64, by: &Who) {
        let old = self.item.and_then(Item::latest);
        let mut from = old.map_or("", |r| r.fields.text(field::STATE)).to_owned();
        if from != self.fields.text(field::STATE) {
            let retyped =
                old.is_some_and(|r| r.fields.text(field::TYPE) != self.fields.text(field::TYPE));
            if retyped && !self.touched.contains(&field::STATE) {
                // The item begins anew in the workflow of its new type.
                from.clear();
            }
            let touched = std::mem::take(&mut self.touched);
            rules::follow_state(&mut self.fields, self.kind, &from, (at_ms, by), |r| {
                touched.contains(&r)
            });
            self.touched = touched;
        }
        if self.item.is_none() {
            for (reference, value) in [
                (field::CREATED, Value::Time(at_ms)),
                (field::CREATOR, Value::Person(by.clone())),
            ] {
                if !self.touched.contains(&reference) {
                    self.fields.set(reference, value);
                }
            }
        }
    }

    /// A revision, unless only links between items change, or nothing at all.
    fn revision(&self, at_ms: i64, by: &Who) -> Option<Revision> {
        let old = self.item.and_then(Item::latest);
        let resource = |r: &Relation| r.kind.end == relation::End::Resource;
        let lists = [&self.added, &self.removed, &self.updated];
        let resources = lists.into_iter().flatten().any(resource);
        let same = old.is_some_and(|r| {
            r.fields == self.fields && r.project == self.project && r.markdown == self.markdown
        });
        if same && !resources && self.history.is_none() {
            return None;
        }
        Some(Revision {
            watermark: 0,
            changed_ms: at_ms,
            changed_by: by.clone(),
            author: self.desk.caller,
            project: self.project,
            fields: self.fields.clone(),
            markdown: self.markdown.clone(),
            comment: None,
            comment_count: 0,
            deleted: false,
        })
    }

    fn comment(&self, at_ms: i64, by: &Who) -> Option<Comment> {
        let (text, markdown) = self.history.as_ref()?;
        let version = Version {
            text: comment::stored(text, *markdown),
            markdown: *markdown,
            by: by.clone(),
            at_ms,
            deleted: false,
        };
        Some(Comment {
            id: 0,
            by: by.clone(),
            created_ms: at_ms,
            versions: vec![version],
            reactions: Reactions::default(),
        })
    }
}

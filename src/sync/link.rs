//! Linking: ensuring that an item has a counterpart.

use model::{Both, Digest, Item, Marker, Problem, RuleName, Side, Value, problem::Code};

use mapping::{Carried, Kind as Type};

use crate::Receipt;
use crate::effect::{BackLink, Body, Class, Create, Effect};
use crate::intent::{Kind, Planned};
use crate::links::Links;
use crate::note::Note;
use crate::pair::{End, Phase};
use crate::step::Work;

/// Native fields and values of a new item, and what is kept of them.
#[derive(Default)]
struct FirstValues {
    fields: Vec<(String, Value)>,
    planned: Vec<Planned>,
    left: Vec<(RuleName, Digest)>,
    /// What is told of values that lost something on the way.
    lossy: Vec<Note>,
}

impl Work<'_> {
    /// Brings an end up to what was just read.
    pub(crate) fn meet(&mut self, item: &Item) {
        let end = self.pair.ends.get(item.side);
        let seen = end.as_ref().map_or(model::Revision(0), |end| end.seen);
        let written = end.as_ref().map_or(model::Revision(0), |end| end.written);
        let touched = end.as_ref().map(|end| end.touched).unwrap_or_default();
        // Of what nobody but us can have changed, nobody has touched anything: the link that we leave tells no revision.
        let said = end.as_ref().map_or(model::Revision(0), |end| end.said);
        let ours = [written, said].contains(&item.revision) || self.is_ours(item);
        let end = self.pair.ends.get_mut(item.side);
        *end = Some(End {
            id: item.id,
            key: item.key.clone(),
            seen,
            written,
            said,
            touched: if ours { touched } else { item.changed },
        });
    }

    /// The same for a source of which everything is dealt with as far as that is possible now: what remains is owed by
    /// an intent or a wake-up, so a feed that names this revision again says nothing new.
    fn meet_whole(&mut self, item: &Item) {
        self.meet(item);
        if let Some(end) = self.pair.ends.get_mut(item.side) {
            end.seen = end.seen.max(item.revision);
        }
    }

    /// The source is there and has no twin: create one, unless it is itself a twin.
    pub(crate) fn link(&mut self, source: &Item) {
        if let Some(to) = source.twin_of(&self.context.profile.name) {
            return self.effects.push(Effect::HandOver { to });
        }
        let profile = self.context.profile;
        let covered = profile.scope_of(source.side, &source.project).is_some();
        if !profile.direction.allows(source.side) {
            // Feeds name an item again and again while it is among the latest that changed.
            self.meet_whole(source);
        }
        if !covered || !profile.direction.allows(source.side) {
            self.cure_all();
            return self.rest();
        }
        if source.created_by_us && !self.is_ordered() {
            // Only we create under our account, and what we create carries a marker. Somebody removed it, and making a
            // twin for it would double the item that it is the twin of.
            self.meet_whole(source);
            return self.park(
                Problem::new(Code::Doubt).on(source.side).about("marker"),
                true,
            );
        }
        if !self.context.may_create {
            self.pair.wake = Some(self.soon());
            return;
        }
        self.create(source);
    }

    fn is_ordered(&self) -> bool {
        // A person who resumes the pair has looked and wants the twin.
        self.pair
            .problems
            .iter()
            .any(|problem| problem.code == Code::Doubt)
    }

    fn create(&mut self, source: &Item) {
        let far = source.side.other();
        let profile = self.context.profile;
        let Some(kind) = profile.twin_kind(source.side, &source.kind) else {
            let problem = Problem::new(Code::TypeUnmapped);
            return self.park_source(source, problem.on(source.side).about(&source.kind));
        };
        let Some(scope) = profile.scope_of(source.side, &source.project) else {
            return self.rest();
        };
        let kind = kind.to_owned();
        let FirstValues {
            fields,
            planned,
            left,
            lossy,
        } = match self.first_values(source, &kind) {
            Ok(first) => first,
            Err(problem) => return self.park_source(source, problem),
        };
        let (project, area) = match far {
            Side::Jira => (scope.jira.project.clone(), None),
            Side::Azure => (scope.azure.project.clone(), scope.azure.area.clone()),
        };
        let url = self
            .context
            .addresses
            .browse(source.side, &source.key, source.id);
        let project_name = project.clone();
        let body = Body::Create(Create {
            project,
            area,
            kind,
            fields,
            marker: self.marker(),
            source: BackLink {
                item: source.id,
                to: source.side,
                twin: source.id,
                key: source.key.clone(),
                url,
            },
        });
        let floor = self.context.floor.of_project(&project_name);
        let project = self.context.project(&project_name);
        self.meet_whole(source);
        let mut problems = self.standing_problems();
        problems.extend(self.refusals());
        self.keep_problems(problems);
        self.pair.settled = false;
        self.notes.push(Note::CreatePlanned { side: far });
        self.notes.extend(lossy);
        self.intend(
            far,
            Class::Fragile,
            Kind::Create {
                floor,
                project,
                fields: planned,
                left,
            },
            body,
        );
        self.settle_phase();
    }

    /// The source cannot have a counterpart as things are. What was wrong with it before is wrong no longer.
    fn park_source(&mut self, source: &Item, problem: Problem) {
        self.meet_whole(source);
        self.keep_problems([problem.clone()].into());
        self.park(problem, false);
    }

    /// What a new counterpart begins with. A value that cannot be carried is left out and told of by the first plan of both
    /// items; only a title must be there. States are not among it: an item begins where its workflow does.
    fn first_values(&self, source: &Item, kind: &str) -> Result<FirstValues, Problem> {
        let profile = self.context.profile;
        let far = source.side.other();
        let kinds = self.kinds(source, kind);
        let links = Links::of(self.context, &[source]);
        let mut first = FirstValues::default();
        for rule in profile.rules_for(&kinds) {
            let value = source.field(rule.field(source.side));
            let wanted = rule.kind != Type::State && rule.direction.allows(source.side);
            let digest = self.context.digest(rule, source.side, value);
            if !wanted || value.is_empty() || self.is_refused(rule, digest) {
                first.left.push((rule.name.clone(), digest));
                continue;
            }
            match profile.carry(rule, source.side, value, &Value::Empty, &kinds, &links) {
                Carried::Value {
                    value: carried,
                    losses,
                } => {
                    if !losses.is_empty() {
                        first.lossy.push(Note::Carried {
                            rule: rule.name.clone(),
                            from: source.side,
                            value: digest,
                            losses,
                        });
                    }
                    let sent = self.context.digest(rule, far, &carried);
                    let elements = self.elements_in(rule, source.side, value);
                    first.fields.push((rule.field(far).to_owned(), carried));
                    first.planned.push(Planned {
                        rule: rule.name.clone(),
                        source: digest,
                        sent,
                        elements,
                    });
                }
                Carried::Skip => first.left.push((rule.name.clone(), digest)),
                Carried::Error(_) if !is_title(rule, far) => {
                    first.left.push((rule.name.clone(), digest));
                }
                Carried::Error(code) => {
                    return Err(Problem::new(code).on(source.side).about(rule.name.as_str()));
                }
            }
        }
        Ok(first)
    }

    fn kinds(&self, source: &Item, far: &str) -> model::Both<String> {
        match source.side {
            Side::Jira => model::Both {
                jira: source.kind.clone(),
                azure: far.to_owned(),
            },
            Side::Azure => model::Both {
                jira: far.to_owned(),
                azure: source.kind.clone(),
            },
        }
    }

    /// What our creates carry for this pair.
    pub(crate) fn marker(&self) -> Marker {
        Marker {
            installation: self.context.installation,
            profile: self.context.profile.name.clone(),
            source: self.pair.id,
        }
    }

    /// The counterpart is there: reported by its create, or found. `shown` is how it looked then.
    pub(crate) fn linked(&mut self, receipt: &Receipt, shown: Option<&Item>, found: bool) {
        let far = self.pair.far();
        let (planned, left) = self.planned_create();
        let known = receipt.item.zip(receipt.key.clone());
        let returned = receipt
            .returned
            .as_deref()
            .map(|item| (item.id, item.key.clone()));
        let Some((id, key)) = returned.or(known) else {
            return self.contradiction("a create was applied but its answer names no item");
        };
        let before = self.pair.ends.get(far).as_ref().map(|end| end.id);
        if before.is_some_and(|before| before != id) {
            self.pair.intents.clear();
            let problem = Problem::new(Code::Duplicate).on(far);
            self.trouble(problem.about(key.as_str()));
            return self.look();
        }
        let revision = receipt.revision.filter(|_| !found).unwrap_or_default();
        *self.pair.ends.get_mut(far) = Some(End {
            id,
            key,
            seen: model::Revision(0),
            written: revision,
            said: model::Revision(0),
            touched: model::Millis::default(),
        });
        for field in &planned {
            let arrived = receipt.returned.as_deref();
            self.lay_base(field, far, arrived);
        }
        for (rule, source) in left {
            self.lay_first(rule, source, shown);
        }
        self.pair.intents.clear();
        self.succeeded();
        self.pair.settled = false;
        self.notes.push(Note::Linked {
            side: far,
            item: id,
            found,
        });
        self.settle_phase();
        self.look();
    }

    /// An item with this pair's marker was met: it closes a doubt for free, or shows a duplicate.
    pub(crate) fn adopted(&mut self, item: &Item) {
        let ours = item.created_by_us
            && item.side == self.pair.far()
            && item
                .marker
                .as_ref()
                .is_some_and(|marker| marker.names(&self.context.profile.name, self.pair.id));
        if !ours {
            return self.contradiction("an item was adopted that does not carry the pair's marker");
        }
        match self.pair.ends.get(item.side).as_ref().map(|end| end.id) {
            Some(id) if id == item.id => self.told_of_twin(item),
            Some(_) => {
                let problem = Problem::new(Code::Duplicate)
                    .on(item.side)
                    .about(item.key.as_str());
                self.trouble(problem);
            }
            None => {
                let receipt = Receipt {
                    item: Some(item.id),
                    key: Some(item.key.clone()),
                    ..Receipt::default()
                };
                self.unpark_doubt();
                self.linked(&receipt, Some(item), true);
                self.told_of_twin(item);
            }
        }
    }

    /// The twin was met at that revision. Word of it came to whoever has handed it over, so nobody else tells of it: a reading
    /// that shows an older one is not to be believed.
    fn told_of_twin(&mut self, twin: &Item) {
        let mut told = Both::default();
        *told.get_mut(twin.side) = twin.revision;
        self.told_of(&told);
    }

    /// A pair that waited because its twin could not be found need not wait any more.
    fn unpark_doubt(&mut self) {
        if matches!(&self.pair.phase, Phase::Parked(park) if !park.by_person()) {
            self.cure_all();
            self.pair.phase = self.pair.settled_phase();
        }
    }

    /// A field that the create left out: neither side has carried it to the other yet.
    fn lay_first(&mut self, rule: RuleName, source: Digest, shown: Option<&Item>) {
        let origin = self.pair.id.origin;
        let born = shown.and_then(|item| self.digest_by_name(&rule, item));
        let base = self.pair.base.entry(rule).or_default();
        *base.value.get_mut(origin) = Some(source);
        *base.value.get_mut(origin.other()) = born;
        base.first = true;
    }

    /// The digests that the open create was made from. Of an item met later nobody knows whether people changed it since,
    /// so only what was sent counts as agreed, never what is there now.
    fn planned_create(&self) -> (Vec<Planned>, Vec<(RuleName, Digest)>) {
        let create = self
            .pair
            .intents
            .iter()
            .find_map(|intent| match &intent.kind {
                Kind::Create { fields, left, .. } => Some((fields.clone(), left.clone())),
                Kind::Edit { .. } | Kind::Transition { .. } | Kind::Comment { .. } | Kind::Link => {
                    None
                }
            });
        create.unwrap_or_default()
    }
}

/// Whether a rule fills the title of that side's items. No item is without one (jira.md 1, azure.md 10.2).
pub(crate) fn is_title(rule: &mapping::Rule, side: Side) -> bool {
    let title = match side {
        Side::Jira => "summary",
        Side::Azure => "System.Title",
    };
    rule.field(side) == title
}

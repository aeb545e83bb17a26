//! Operands: literals in the kind of their field, macros replaced by what they stand for.

use super::super::error::Refusal;
use super::super::field::{self, Field, Kind};
use super::super::limit;
use super::super::node::{Project, Structure};
use super::super::team::Team;
use super::super::time;
use super::super::trouble::Trouble;
use super::check;
use super::lexer::{Placed, Token};
use super::parser::Parser;
use super::{Comparison, Condition, Group, Operand};

impl<'a> Parser<'a> {
    /// `IN (a, b)`.
    pub(super) fn list(&mut self, f: &'static Field) -> Result<Condition, Refusal> {
        check::list(f)?;
        self.expect_sign("(")?;
        let mut operands = vec![self.operand(f)?];
        while self.sign(",") {
            if operands.len() >= limit::QUERY_VALUES {
                return Err(Refusal::Query(format!(
                    "A list has more than {} values. The error is caused by «[{}]».",
                    limit::QUERY_VALUES,
                    f.reference
                )));
            }
            operands.push(self.operand(f)?);
        }
        self.expect_sign(")")?;
        Ok(Condition::In(f, operands))
    }

    /// `IN GROUP 'name'`: people of a group, or types of a category.
    pub(super) fn group(&mut self, f: &'static Field) -> Result<Condition, Refusal> {
        let name = match self.next() {
            Some(Placed {
                token: Token::Text(name),
                ..
            }) => name,
            token => return Err(self.unexpected("a group in quotes", token)),
        };
        let organization = self.setting.organization;
        let unknown = || {
            Refusal::Query(format!(
                "The group does not exist. The error is caused by «'{name}'»."
            ))
        };
        if f.reference == field::TYPE {
            let types = organization.category(self.setting.project, name);
            return Ok(Condition::Group(
                f,
                Group {
                    name: name.clone(),
                    people: Vec::new(),
                    types: types.ok_or_else(unknown)?,
                },
            ));
        }
        if f.kind != Kind::Person {
            return Err(Refusal::Query(format!(
                "The operator IN GROUP cannot be used with this field. The error is caused by «[{}]».",
                f.reference
            )));
        }
        let people = organization.members_of(name);
        Ok(Condition::Group(
            f,
            Group {
                name: name.clone(),
                people: people.ok_or_else(unknown)?,
                types: Vec::new(),
            },
        ))
    }

    /// A comparison with what follows; a macro that stands for several areas becomes several.
    pub(super) fn compared(
        &mut self,
        f: &'static Field,
        comparison: Comparison,
    ) -> Result<Condition, Refusal> {
        let areas = self.team_areas(f, comparison)?;
        if let Some(condition) = areas {
            return Ok(condition);
        }
        let operand = self.operand(f)?;
        let textual = matches!(
            comparison,
            Comparison::Contains | Comparison::ContainsWords | Comparison::Under
        );
        if textual && !matches!(operand, Operand::Text(_) | Operand::Person(..)) {
            return Err(Refusal::Query(format!(
                "The operator {} needs a text. The error is caused by «[{}]».",
                check::wire(comparison),
                f.reference
            )));
        }
        Ok(Condition::Compare(f, comparison, operand))
    }

    fn operand(&mut self, f: &'static Field) -> Result<Operand, Refusal> {
        let minus = self.sign("-");
        let Some(placed) = self.next() else {
            return Err(self.unexpected("a value", None));
        };
        match &placed.token {
            Token::Number(n) => self.number(f, if minus { -n } else { *n }, placed),
            Token::Text(text) if !minus => self.literal(f, text),
            Token::Macro(name) if !minus => self.macro_value(f, name),
            Token::Name(name) if !minus => {
                let other = self.named(name)?;
                if fits(f, other) {
                    return Ok(Operand::Field(other));
                }
                Err(Refusal::Query(format!(
                    "The fields cannot be compared. The error is caused by «[{}]».",
                    other.reference
                )))
            }
            Token::Word(word) if f.kind == Kind::Flag && word.eq_ignore_ascii_case("true") => {
                Ok(Operand::Flag(true))
            }
            Token::Word(word) if f.kind == Kind::Flag && word.eq_ignore_ascii_case("false") => {
                Ok(Operand::Flag(false))
            }
            _ => Err(self.unexpected("a value", Some(placed))),
        }
    }

    fn number(&self, f: &'static Field, n: f64, placed: &Placed) -> Result<Operand, Refusal> {
        match f.kind {
            Kind::Integer | Kind::Double => Ok(Operand::Number(n)),
            Kind::Line => Ok(Operand::Text(n.to_string())),
            Kind::Flag if n == 0.0 || n == 1.0 => Ok(Operand::Flag(n == 1.0)),
            Kind::Flag
            | Kind::Rich
            | Kind::History
            | Kind::Tags
            | Kind::Time
            | Kind::Tree
            | Kind::Person => Err(self.unexpected("a text in quotes", Some(placed))),
        }
    }

    fn literal(&self, f: &'static Field, text: &str) -> Result<Operand, Refusal> {
        let wrong = |what: &str| {
            Refusal::Query(format!(
                "The value is not {what}. The error is caused by «[{}] '{text}'».",
                f.reference
            ))
        };
        match f.kind {
            Kind::Integer | Kind::Double | Kind::Time | Kind::Flag if text.is_empty() => {
                Ok(Operand::Text(String::new()))
            }
            Kind::Time => {
                let (ms, timed) = self.moment(text)?;
                if timed && !self.setting.precise {
                    return Err(Refusal::QueryPrecision(format!(
                        "[{}] '{text}'",
                        f.reference
                    )));
                }
                Ok(Operand::Time(ms))
            }
            Kind::Integer | Kind::Double => {
                let number: Option<f64> = text.trim().parse().ok();
                let finite = number.filter(|n| n.is_finite());
                finite.map(Operand::Number).ok_or_else(|| wrong("a number"))
            }
            Kind::Flag => match text.to_lowercase().as_str() {
                "true" => Ok(Operand::Flag(true)),
                "false" => Ok(Operand::Flag(false)),
                _ => Err(wrong("true or false")),
            },
            Kind::Person => {
                let people = &self.setting.organization.people;
                let named = people.find(&serde_json::Value::from(text));
                Ok(Operand::Person(named, text.to_lowercase()))
            }
            Kind::Tree => self.path(f, text),
            Kind::Line | Kind::Rich | Kind::History | Kind::Tags => {
                Ok(Operand::Text(text.to_owned()))
            }
        }
    }

    /// A path must be in a tree, in the spelling of nobody in particular.
    fn path(&self, f: &'static Field, text: &str) -> Result<Operand, Refusal> {
        let (structure, noun) = if f.reference == field::AREA {
            (Structure::Area, "area")
        } else {
            (Structure::Iteration, "iteration")
        };
        let path = text.trim_matches('\\');
        let organization = self.setting.organization;
        let found = organization
            .of_path(path)
            .and_then(|project| project.node(structure, path));
        match found {
            Some((_, spelled)) => Ok(Operand::Text(spelled)),
            None if text.is_empty() => Ok(Operand::Text(String::new())),
            None => Err(Refusal::QueryPath(noun, text.to_owned())),
        }
    }

    pub(super) fn moment(&self, text: &str) -> Result<(i64, bool), Refusal> {
        time::parse_in(text, self.setting.offset_ms).ok_or_else(|| {
            Refusal::Query(format!(
                "The value is not a date. The error is caused by «'{text}'»."
            ))
        })
    }

    fn macro_value(&mut self, f: &'static Field, name: &str) -> Result<Operand, Refusal> {
        let unfit = || {
            Refusal::Query(format!(
                "The macro @{name} cannot be used with this field. The error is caused by «[{}]».",
                f.reference
            ))
        };
        match name {
            "me" if f.kind == Kind::Person => {
                let me = self.setting.caller;
                let person = self.setting.organization.people.person(me);
                let shown = person.map_or_else(String::new, |p| p.email.to_lowercase());
                Ok(Operand::Person(Some(me), shown))
            }
            "project" if matches!(f.kind, Kind::Line | Kind::Tree) => {
                let organization = self.setting.organization;
                let project = self.setting.project.and_then(|p| organization.project(p));
                project
                    .map(|p| Operand::Text(p.name.to_owned()))
                    .ok_or_else(|| {
                        Refusal::Query(
                            "@project has no meaning in a query of the whole organization.".into(),
                        )
                    })
            }
            "currentiteration" if f.reference == field::ITERATION => self.current_iteration(),
            "me" | "project" | "currentiteration" | "teamareas" => Err(unfit()),
            _ => match self.time_macro(name)? {
                Some(ms) if f.kind == Kind::Time => Ok(Operand::Time(ms)),
                Some(_) => Err(unfit()),
                None => Err(Refusal::Query(format!(
                    "The macro is not known here. The error is caused by «@{name}»."
                ))),
            },
        }
    }

    /// The team of a macro: `('[Project]\Team')` after it, or the team of the path.
    fn team_of(&mut self, name: &str) -> Result<(&'a Project, &'a Team), Refusal> {
        let organization = self.setting.organization;
        if self.sign("(") {
            let Some(Placed {
                token: Token::Text(text),
                ..
            }) = self.next()
            else {
                return Err(self.unexpected("a team in quotes", None));
            };
            self.expect_sign(")")?;
            let plain = text.split('<').next().unwrap_or("").trim();
            let parts = plain.strip_prefix('[').and_then(|r| r.split_once("]\\"));
            let found = parts.and_then(|(project, team)| {
                let index = organization.find(project).ok()?;
                let project = organization.project(index)?;
                Some((project, project.team(Some(team))?))
            });
            return found.ok_or_else(|| Trouble::TeamMissing(text.clone()).into());
        }
        let project = self.setting.project.and_then(|p| organization.project(p));
        project
            .zip(self.setting.team)
            .ok_or_else(|| Trouble::Team(format!("@{name}")).into())
    }

    fn current_iteration(&mut self) -> Result<Operand, Refusal> {
        let now = self.setting.now;
        let (project, team) = self.team_of("CurrentIteration")?;
        let mut all = Vec::new();
        project.iterations.all(project.name, &mut all);
        let mut own: Vec<(i64, i64, String)> = all
            .into_iter()
            .filter(|(_, node)| team.iterations.contains(&node.id))
            .filter_map(|(path, node)| Some((node.dates?.0, node.dates?.1, path)))
            .collect();
        own.sort();
        let today = time::day(now);
        let current = own
            .iter()
            .position(|(start, finish, _)| *start <= today && today <= *finish);
        let shift = self.whole_shift()?;
        let wanted = current.and_then(|at| usize::try_from(i64::try_from(at).ok()? + shift).ok());
        let path = wanted.and_then(|at| own.get(at));
        Ok(path.map_or(Operand::Nothing, |(_, _, path)| Operand::Text(path.clone())))
    }

    /// `= @TeamAreas`: one of the team's areas, with what is below where the team says so.
    fn team_areas(
        &mut self,
        f: &'static Field,
        comparison: Comparison,
    ) -> Result<Option<Condition>, Refusal> {
        let wanted = f.reference == field::AREA
            && matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if !wanted || !self.take_macro("teamareas") {
            return Ok(None);
        }
        let (_, team) = self.team_of("TeamAreas")?;
        let parts = team.areas.iter().map(|area| {
            let comparison = if area.with_children {
                Comparison::Under
            } else {
                Comparison::Equal
            };
            Condition::Compare(f, comparison, Operand::Text(area.path.clone()))
        });
        let any = Condition::Or(parts.collect());
        Ok(Some(if comparison == Comparison::NotEqual {
            Condition::Not(Box::new(any))
        } else {
            any
        }))
    }
}

/// Whether two fields can be compared with each other.
fn fits(one: &Field, other: &Field) -> bool {
    let number = |f: &Field| matches!(f.kind, Kind::Integer | Kind::Double);
    let text = |f: &Field| matches!(f.kind, Kind::Line | Kind::Tree);
    one.kind == other.kind && !one.kind.is_long() && one.kind != Kind::Tags
        || number(one) && number(other)
        || text(one) && text(other)
}

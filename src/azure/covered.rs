//! Which items the profile's scopes cover.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use mapping::AzureScope;
use model::{ItemId, limit};
use serde_json::{Value as Json, json};
use sync::Obstacle;

use crate::address::{VERSION, post};
use crate::answer::Fault;
use crate::read::{BATCH, elements};
use crate::refusal::obstacle;
use crate::site::{Site, same_name};
use crate::wiql::{self, WIQL};
use sync::script::{Answer, Step};

type Covered = Result<Vec<ItemId>, Obstacle>;

/// One question to the service.
enum Question {
    /// In which projects are these? Answers for all scopes without area and filter.
    Projects(Vec<u64>),
    /// Which of these does that scope's query give?
    Query(AzureScope, Vec<u64>),
}

/// The conversation's own state.
struct Covering {
    site: Arc<Site>,
    asked: Vec<ItemId>,
    questions: VecDeque<Question>,
    covered: BTreeSet<u64>,
}

/// Asks which of these items are covered.
pub(crate) fn begin(site: Arc<Site>, items: &[ItemId]) -> Step<Covered> {
    let ids: BTreeSet<u64> = items.iter().map(|item| item.0).collect();
    let ids: Vec<u64> = ids.into_iter().collect();
    let mut questions = VecDeque::new();
    for ids in ids.chunks(limit::AZURE_READ_BATCH) {
        if site.scopes.iter().any(is_open) {
            questions.push_back(Question::Projects(ids.to_vec()));
        }
        for scope in site.scopes.iter().filter(|scope| !is_open(scope)) {
            questions.push_back(Question::Query(scope.clone(), ids.to_vec()));
        }
    }
    Covering {
        site,
        asked: items.to_vec(),
        questions,
        covered: BTreeSet::new(),
    }
    .next()
}

/// Whether a scope covers its whole project.
fn is_open(scope: &AzureScope) -> bool {
    scope.area.is_none() && scope.filter.is_none()
}

impl Covering {
    fn next(mut self) -> Step<Covered> {
        match self.questions.pop_front() {
            None => self.end(),
            Some(Question::Projects(ids)) => self.ask_projects(ids),
            Some(Question::Query(scope, ids)) => self.ask_query(&scope, ids),
        }
    }

    fn ask_projects(self, ids: Vec<u64>) -> Step<Covered> {
        let request = projects_request(&self.site, &ids);
        Step::ask(request, move |answer| match projects(answer) {
            Ok(projects) => {
                let open = projects
                    .into_iter()
                    .filter(|(_, project)| self.is_open(project));
                let open: Vec<u64> = open.map(|(id, _)| id).collect();
                self.take(open, &ids)
            }
            Err(fault) => Step::Done(Err(obstacle(fault, BATCH, "work items"))),
        })
    }

    fn is_open(&self, project: &str) -> bool {
        let mut open = self.site.scopes.iter().filter(|scope| is_open(scope));
        open.any(|scope| same_name(&scope.project, project))
    }

    fn ask_query(self, scope: &AzureScope, ids: Vec<u64>) -> Step<Covered> {
        let query = wiql::covered(scope, &ids);
        let request = wiql::request(&self.site, Some(&scope.project), &query, ids.len());
        let project = scope.project.clone();
        Step::ask(request, move |answer| match wiql::ids(answer) {
            Ok(found) => self.take(found, &ids),
            Err(fault) => Step::Done(Err(obstacle(fault, WIQL, &project))),
        })
    }

    fn take(mut self, found: Vec<u64>, asked: &[u64]) -> Step<Covered> {
        self.covered
            .extend(found.into_iter().filter(|id| asked.contains(id)));
        self.next()
    }

    fn end(self) -> Step<Covered> {
        let covered = self
            .asked
            .iter()
            .filter(|item| self.covered.contains(&item.0));
        Step::Done(Ok(covered.copied().collect()))
    }
}

/// The request for the projects of items.
pub(crate) fn projects_request(site: &Site, ids: &[u64]) -> model::http::Request {
    let body = json!({ "ids": ids, "fields": ["System.TeamProject"], "errorPolicy": "omit" });
    let url = site.address.api(None, "wit/workitemsbatch", VERSION, &[]);
    post(url, BATCH, &body)
}

/// Items and their projects.
pub(crate) fn projects(answer: Answer) -> Result<BTreeMap<u64, String>, Fault> {
    let read = |json: &Json| {
        let project = json.get("fields")?.get("System.TeamProject")?.as_str()?;
        Some((json.get("id")?.as_u64()?, project.to_owned()))
    };
    Ok(elements(answer)?.iter().filter_map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{body_of, lead, reply, scope, site};

    fn covered(scopes: Vec<AzureScope>, answers: &[(u16, Json)]) -> (Covered, Vec<String>) {
        let mut site = site();
        site.scopes = scopes;
        let mut answers = answers.iter();
        let mut asked = Vec::new();
        let items = [3, 1, 2].map(ItemId);
        let end = lead(begin(Arc::new(site), &items), |request| {
            asked.push(format!("{} {}", request.url, body_of(request)["query"]));
            match answers.next() {
                Some((status, body)) => reply(*status, body),
                None => reply(500, &json!({})),
            }
        });
        (end, asked)
    }

    fn in_project(id: u64, project: &str) -> Json {
        json!({ "id": id, "fields": { "System.TeamProject": project } })
    }

    #[test]
    fn a_scope_without_conditions_covers_its_project() {
        let batch = json!({ "value": [in_project(1, "platform"), in_project(2, "Other"), null, in_project(3, "Platform")] });
        let (end, asked) = covered(vec![scope("Platform", None, None)], &[(200, batch)]);
        assert_eq!(end, Ok(vec![ItemId(3), ItemId(1)]));
        assert_eq!(asked.len(), 1);
    }

    #[test]
    fn conditions_are_asked_of_the_service() {
        let found = json!({ "queryType": "flat", "workItems": [{ "id": 2 }, { "id": 99 }] });
        let (end, asked) = covered(
            vec![scope("Platform", Some("Platform\\Web"), None)],
            &[(200, found)],
        );
        assert_eq!(end, Ok(vec![ItemId(2)]));
        assert_eq!(asked.len(), 1);
        assert!(asked[0].starts_with("https://dev.azure.com/acme/Platform/_apis/wit/wiql?api-version=7.1&timePrecision=true&$top=3 "), "{}", asked[0]);
        assert!(asked[0].contains("IN (1, 2, 3)"));
    }

    #[test]
    fn scopes_add_up() {
        let batch = json!({ "value": [in_project(1, "Open"), in_project(2, "Platform")] });
        let found = json!({ "workItems": [{ "id": 2 }] });
        let scopes = vec![
            scope("Platform", None, Some("1 = 1")),
            scope("Open", None, None),
        ];
        let (end, _) = covered(scopes, &[(200, batch), (200, found)]);
        assert_eq!(end, Ok(vec![ItemId(1), ItemId(2)]));
    }

    #[test]
    fn a_filter_that_is_no_query_is_refused() {
        let answer = json!({ "message": "TF51006: The query statement is not valid." });
        let (end, _) = covered(vec![scope("Platform", None, Some("("))], &[(400, answer)]);
        assert_eq!(
            end,
            Err(Obstacle::Refused {
                status: 400,
                code: Some("TF51006".into())
            })
        );
    }
}

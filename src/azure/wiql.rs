//! Queries in the service's own language, and the ids that they give (azure.md 2).

use mapping::AzureScope;
use model::http::Request;
use serde_json::{Value as Json, json};

use crate::address::{VERSION, post};
use crate::answer::{self, Fault};
use crate::site::Site;
use sync::script::Answer;

pub(crate) const WIQL: &str = "/_apis/wit/wiql";

/// Which of these items a scope covers.
pub(crate) fn covered(scope: &AzureScope, ids: &[u64]) -> String {
    let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
    let mut query = format!(
        "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = {} AND [System.Id] IN ({})",
        quote(&scope.project),
        ids.join(", "),
    );
    if let Some(area) = &scope.area {
        query.push_str(" AND [System.AreaPath] UNDER ");
        query.push_str(&quote(area));
    }
    if let Some(filter) = &scope.filter {
        query.push_str(" AND (");
        query.push_str(filter);
        query.push(')');
    }
    query
}

/// What we created, newest first.
pub(crate) const CREATED_BY_US: &str =
    "SELECT [System.Id] FROM WorkItems WHERE [System.CreatedBy] = @Me ORDER BY [System.Id] DESC";

/// The request for a query's first `top` ids. Filters may hold times of day, which need time precision.
pub(crate) fn request(site: &Site, project: Option<&str>, query: &str, top: usize) -> Request {
    let top = top.to_string();
    let parameters = [("timePrecision", "true"), ("$top", top.as_str())];
    let url = site.address.api(project, "wit/wiql", VERSION, &parameters);
    post(url, WIQL, &json!({ "query": query }))
}

/// The ids that a query gave.
pub(crate) fn ids(answer: Answer) -> Result<Vec<u64>, Fault> {
    let body = answer::json(answer)?;
    let items = body.get("workItems").and_then(Json::as_array);
    let items = items.ok_or(Fault::Unreadable("it holds no work items"))?;
    let id = |item: &Json| item.get("id")?.as_u64();
    Ok(items.iter().filter_map(id).collect())
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::scope;

    #[test]
    fn a_scope_is_a_query() {
        for (scope, expected) in [
            (scope("Platform", None, None), ""),
            (
                scope("Platform", Some("Platform\\Web"), None),
                " AND [System.AreaPath] UNDER 'Platform\\Web'",
            ),
            (
                scope(
                    "Platform",
                    None,
                    Some("[System.Tags] CONTAINS 'a' OR [System.Id] > 1"),
                ),
                " AND ([System.Tags] CONTAINS 'a' OR [System.Id] > 1)",
            ),
        ] {
            let head = "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = 'Platform' AND [System.Id] IN (1, 2)";
            assert_eq!(covered(&scope, &[1, 2]), format!("{head}{expected}"));
        }
    }

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        let query = covered(&scope("O'Neill", None, None), &[1]);
        assert!(query.contains("= 'O''Neill' AND"), "{query}");
    }
}

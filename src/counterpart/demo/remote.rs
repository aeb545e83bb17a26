//! What people do at the remotes, over the products' own HTTP interfaces, with a person's own token.

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::exit::Error;

/// Where an emulator is met.
#[derive(Clone, Debug)]
pub struct Address {
    /// The address that a client of the product is configured with.
    pub url: String,
    /// The server's root, below which its control endpoints lie.
    pub root: String,
    /// The project with the sample items.
    pub project: String,
}

/// A person at one of the remotes.
#[derive(Clone)]
pub struct Seat {
    client: Client,
    base: String,
    user: String,
    token: String,
}

impl Seat {
    /// A seat at that address.
    pub fn new(client: &Client, base: &str, user: &str, token: &str) -> Seat {
        Seat {
            client: client.clone(),
            base: base.to_owned(),
            user: user.to_owned(),
            token: token.to_owned(),
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.base);
        self.client
            .request(method, url)
            .basic_auth(&self.user, Some(&self.token))
    }

    /// Does something. A refusal is an everyday matter (a person may be late), so it only says whether it was done.
    async fn act(&self, request: RequestBuilder) -> Result<bool, Error> {
        match request.send().await {
            Ok(answer) => Ok(answer.status().is_success()),
            // Under faults a person sees an error now and then, too.
            Err(_) => Ok(false),
        }
    }

    async fn read(&self, path: &str) -> Result<Value, Error> {
        let answer = self
            .request(Method::GET, path)
            .send()
            .await
            .map_err(Error::unreachable)?;
        answer.json().await.map_err(Error::unreachable)
    }

    /// Changes fields of a Jira issue.
    pub async fn edit_issue(&self, id: &str, body: &Value) -> Result<bool, Error> {
        let path = format!("/rest/api/3/issue/{id}");
        self.act(self.request(Method::PUT, &path).json(body)).await
    }

    /// Comments on a Jira issue.
    pub async fn comment_issue(&self, id: &str, text: &str) -> Result<bool, Error> {
        let path = format!("/rest/api/3/issue/{id}/comment");
        self.act(
            self.request(Method::POST, &path)
                .json(&json!({ "body": paragraph(text) })),
        )
        .await
    }

    /// Moves a Jira issue along the transition of that number, counted round.
    pub async fn move_issue(&self, id: &str, choice: usize) -> Result<bool, Error> {
        let path = format!("/rest/api/3/issue/{id}/transitions");
        let Ok(open) = self.read(&path).await else {
            return Ok(false);
        };
        let transitions = open["transitions"].as_array().cloned().unwrap_or_default();
        if transitions.is_empty() {
            return Ok(false);
        }
        let chosen = &transitions[choice % transitions.len()]["id"];
        let body = json!({ "transition": { "id": chosen } });
        self.act(self.request(Method::POST, &path).json(&body))
            .await
    }

    /// Patches a work item.
    pub async fn patch(&self, id: &str, operations: &Value) -> Result<bool, Error> {
        let path = format!("/_apis/wit/workitems/{id}?api-version=7.1");
        let request = self
            .request(Method::PATCH, &path)
            .header("content-type", "application/json-patch+json")
            .body(operations.to_string());
        self.act(request).await
    }

    /// Comments on a work item.
    pub async fn comment_work_item(
        &self,
        project: &str,
        id: &str,
        text: &str,
    ) -> Result<bool, Error> {
        let path =
            format!("/{project}/_apis/wit/workItems/{id}/comments?api-version=7.1-preview.4");
        let body = json!({ "text": format!("<div>{text}</div>") });
        self.act(self.request(Method::POST, &path).json(&body))
            .await
    }
}

/// A document of one paragraph.
#[must_use]
pub fn paragraph(text: &str) -> Value {
    json!({
        "type": "doc",
        "version": 1,
        "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": text }] }],
    })
}

/// Reads an emulator's control endpoint. It lies at the server's root, whatever the product's base path is.
pub async fn control(client: &Client, root: &str, what: &str) -> Result<Value, Error> {
    let url = format!("{root}/_emulator/{what}");
    let answer = client.get(url).send().await.map_err(Error::unreachable)?;
    answer.json().await.map_err(Error::unreachable)
}

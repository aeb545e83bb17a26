//! A handler of ten steps on Restate. The handler is served by this process; the server calls it.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use restate_sdk::prelude::*;
use serde_json::json;
use tokio::net::TcpListener;

use crate::{Outcome, RESULT, STEPS, load};

struct Ten;

#[service]
impl Ten {
    #[handler]
    async fn run(&self, context: Context<'_>, number: u64) -> Result<u64, HandlerError> {
        let mut sum = 0;
        for place in 0..STEPS {
            let work = move || async move { Ok(Json(vec![place as u8; RESULT / 4])) };
            sum += context.run(work).await?.into_inner().len() as u64;
        }
        Ok(sum + number)
    }
}

/// Measures the server whose ingress and administration are at these addresses.
pub(crate) async fn measure(ingress: &str, admin: &str) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let endpoint = Endpoint::builder().bind(Ten).build();
    tokio::spawn(HttpServer::new(endpoint).serve(listener));
    let client: Caller = Client::builder(TokioExecutor::new()).build_http();
    let deployment = json!({"uri": format!("http://{address}"), "force": true}).to_string();
    post(&client, format!("{admin}/deployments"), deployment).await?;
    let target = format!("{ingress}/Ten/run");
    load::measure("Restate", move |number| {
        let (client, target) = (client.clone(), target.clone());
        async move { post(&client, target, number.to_string()).await }
    })
    .await
}

type Caller = Client<HttpConnector, Full<Bytes>>;

async fn post(client: &Caller, target: String, body: String) -> Result<(), String> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(&target)
        .header("content-type", "application/json")
        .body(Full::from(body))
        .map_err(|error| error.to_string())?;
    let answer = client
        .request(request)
        .await
        .map_err(|error| format!("{target}: {error}"))?;
    let status = answer.status();
    let body = answer
        .into_body()
        .collect()
        .await
        .map_err(|error| error.to_string())?;
    if status.is_success() {
        return Ok(());
    }
    let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    Err(format!("{target}: {status}: {body}"))
}

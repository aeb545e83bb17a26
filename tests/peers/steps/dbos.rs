//! A workflow of ten steps on DBOS, which keeps them in PostgreSQL.

use dbos::{Config, DBOS, step};

use crate::{Outcome, RESULT, STEPS, load};

/// Measures DBOS on the database at `url`.
pub(crate) async fn measure(url: &str) -> Outcome {
    let config = Config {
        app_version: Some("1".to_owned()),
        ..Config::new("peers", url)
    };
    let instance = DBOS::new(config);
    let ten = instance.register_workflow("ten", ten)?;
    instance.launch().await?;
    load::measure("DBOS", move |number| {
        let ten = ten.clone();
        async move {
            let sum = ten.run(number).await;
            sum.map(drop).map_err(|error| error.to_string())
        }
    })
    .await?;
    instance.shutdown().await;
    Ok(())
}

async fn ten(number: u64) -> dbos::Result<u64> {
    let mut sum = 0;
    for place in 0..STEPS {
        let work = move || async move { Ok::<_, dbos::Error>(vec![place as u8; RESULT]) };
        sum += step("step", work).await?.len() as u64;
    }
    Ok(sum + number)
}

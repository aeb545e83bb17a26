//! The query part of a request's target, checked: known names, each once, bounded, UTF-8.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::backend::Refusal;
use crate::limit;

/// The parameters of a request, taken out one by one.
pub(crate) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Reads `a=b&c=d`.
    pub(crate) fn parse(query: Option<&str>) -> Result<Parameters, Refusal> {
        let mut found = BTreeMap::new();
        let parts = query.unwrap_or_default().split('&');
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (name, value) = (
                decode(&name.replace('+', " "))?,
                decode(&value.replace('+', " "))?,
            );
            if found.insert(name, value).is_some() {
                return Err(Refusal::Invalid(
                    "a parameter is there twice; give each once".to_owned(),
                ));
            }
        }
        Ok(Parameters(found))
    }

    /// Takes a parameter's value. An empty one counts as not given.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).filter(|value| !value.is_empty())
    }

    /// Takes a switch: `name` or `name=true` is on.
    pub(crate) fn switch(&mut self, name: &str) -> Result<bool, Refusal> {
        match self.0.remove(name).as_deref() {
            None | Some("false" | "0") => Ok(false),
            Some("" | "true" | "1") => Ok(true),
            Some(_) => Err(Refusal::Invalid(format!(
                "`{name}` is a switch; write {name}=true or leave it out"
            ))),
        }
    }

    /// Takes the size of a page.
    pub(crate) fn page(&mut self) -> Result<usize, Refusal> {
        let Some(text) = self.text("limit") else {
            return Ok(limit::PAGE);
        };
        let number = text.parse().ok();
        number
            .filter(|number| (1..=limit::PAGE_MAX).contains(number))
            .ok_or_else(|| {
                Refusal::Invalid(format!("`limit` is a number from 1 to {}", limit::PAGE_MAX))
            })
    }

    /// Takes for how long extended logging is to be on.
    pub(crate) fn minutes(&mut self) -> Result<u32, Refusal> {
        let most = model::limit::EXTENDED_MINUTES;
        let minutes = self.text("minutes").and_then(|text| text.parse().ok());
        minutes.filter(|minutes| *minutes <= most).ok_or_else(|| {
            Refusal::Invalid(format!(
                "`minutes` is a number from 0, which ends it, to {most}"
            ))
        })
    }

    /// Ends: what was not taken is not known here.
    pub(crate) fn end(self, known: &str) -> Result<(), Refusal> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Refusal::Invalid(format!(
            "there is a parameter that is not known here; known: {known}"
        )))
    }
}

/// A percent-encoded part of a target as text.
pub(crate) fn decode(part: &str) -> Result<String, Refusal> {
    let text = percent_decode_str(part)
        .decode_utf8()
        .map_err(|_not_utf8| Refusal::Invalid("the path or query is not UTF-8".to_owned()))?;
    if text.len() > limit::PARAMETER_BYTES || text.chars().any(char::is_control) {
        return Err(Refusal::Invalid(format!(
            "a part of the path or query has more than {} bytes or holds control characters",
            limit::PARAMETER_BYTES
        )));
    }
    Ok(text.into_owned())
}

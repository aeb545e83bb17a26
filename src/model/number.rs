//! Numbers as fields hold them.

/// A decimal number in one canonical spelling, so that `3`, `3.0` and `3.00` are the same value on both sides.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(String);

/// A number may be content (an estimate, a cost), so it is not shown.
impl std::fmt::Debug for Number {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Number(..)")
    }
}

impl Number {
    /// A finite number.
    #[must_use]
    pub fn new(value: f64) -> Option<Number> {
        // Adding zero turns the negative zero into the positive one.
        value
            .is_finite()
            .then(|| Number(format!("{}", value + 0.0)))
    }

    /// A number from its text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Number> {
        text.trim().parse().ok().and_then(Number::new)
    }

    /// The canonical spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number in JSON, whole numbers without a fraction as Azure DevOps wants its integers.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        if let Ok(whole) = self.0.parse::<i64>() {
            return whole.into();
        }
        self.0
            .parse::<f64>()
            .map_or(serde_json::Value::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_number_are_equal() {
        let three = Number::new(3.0);
        assert_eq!(Number::parse("3"), three);
        assert_eq!(Number::parse(" 3.00 "), three);
        assert_eq!(Number::new(-0.0), Number::new(0.0));
        assert_eq!(Number::parse("NaN"), None);
        assert_eq!(Number::parse("three"), None);
    }
}

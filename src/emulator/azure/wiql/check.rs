//! Which operators fit which fields. What does not fit is refused with the field's name.

use super::super::error::Refusal;
use super::super::field::{Field, Kind};
use super::Comparison;

fn refused(operator: &str, f: &Field) -> Refusal {
    Refusal::Query(format!(
        "The operator {operator} cannot be used with this field. The error is caused by «[{}]».",
        f.reference
    ))
}

/// Whether a comparison fits a field.
pub(super) fn operator(f: &Field, comparison: Comparison) -> Result<(), Refusal> {
    use Comparison::{
        Contains, ContainsWords, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual, Under,
    };
    let ordered = matches!(comparison, Greater | GreaterOrEqual | Less | LessOrEqual);
    let equal = matches!(comparison, Equal | NotEqual);
    let fits = match f.kind {
        Kind::Line => comparison != Under,
        Kind::Person => equal || ordered || comparison == Contains,
        Kind::Integer | Kind::Double | Kind::Time => equal || ordered,
        Kind::Tree => equal || comparison == Under,
        Kind::Tags => equal || comparison == Contains,
        Kind::Rich | Kind::History => matches!(comparison, Contains | ContainsWords),
        Kind::Flag => equal,
    };
    if fits {
        return Ok(());
    }
    Err(refused(wire(comparison), f))
}

/// The operator as a query writes it.
pub(super) fn wire(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::NotEqual => "<>",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Contains => "CONTAINS",
        Comparison::ContainsWords => "CONTAINS WORDS",
        Comparison::Under => "UNDER",
    }
}

/// Whether `IS EMPTY` fits a field: long texts and tags.
pub(super) fn empty(f: &Field) -> Result<(), Refusal> {
    match f.kind {
        Kind::Rich | Kind::Tags => Ok(()),
        Kind::Line
        | Kind::History
        | Kind::Integer
        | Kind::Double
        | Kind::Time
        | Kind::Tree
        | Kind::Flag
        | Kind::Person => Err(refused("IS EMPTY", f)),
    }
}

/// Whether `EVER` fits a field: values that are compared, not texts or paths.
pub(super) fn ever(f: &Field) -> Result<(), Refusal> {
    match f.kind {
        Kind::Line | Kind::Person | Kind::Integer | Kind::Double | Kind::Time => Ok(()),
        Kind::Rich | Kind::History | Kind::Tags | Kind::Tree | Kind::Flag => {
            Err(refused("EVER", f))
        }
    }
}

/// Whether `IN` fits a field.
pub(super) fn list(f: &Field) -> Result<(), Refusal> {
    match f.kind {
        Kind::Line | Kind::Person | Kind::Integer | Kind::Double | Kind::Time | Kind::Tree => {
            Ok(())
        }
        Kind::Rich | Kind::History | Kind::Tags | Kind::Flag => Err(refused("IN", f)),
    }
}

//! Kinds of fields, and what queries can ask of each.

/// What kind of value a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One line of text.
    Line,
    /// Rich text, kept as sanitised HTML or as Markdown.
    Rich,
    /// The comment of a revision.
    History,
    /// Tags separated by semicolons.
    Tags,
    /// A whole number.
    Integer,
    /// A number.
    Double,
    /// A moment.
    Time,
    /// A path in the area or iteration tree.
    Tree,
    /// Yes or no.
    Flag,
    /// A person.
    Person,
}

impl Kind {
    /// The `type` of the fields endpoint.
    pub(crate) fn wire(self) -> &'static str {
        match self {
            Kind::Line => "string",
            Kind::Rich => "html",
            Kind::History => "history",
            Kind::Tags => "plainText",
            Kind::Integer => "integer",
            Kind::Double => "double",
            Kind::Time => "dateTime",
            Kind::Tree => "treePath",
            Kind::Flag => "boolean",
            Kind::Person => "string",
        }
    }

    /// Whether the revisions feed leaves the field out unless it is asked for (azure.md 3.1).
    pub(crate) fn is_long(self) -> bool {
        matches!(self, Kind::Rich | Kind::History)
    }

    /// The operations of queries: their reference names, and how they are written.
    pub(super) fn operations(self) -> &'static [(&'static str, &'static str)] {
        const FLAG: [(&str, &str); 4] = [
            ("SupportedOperations.Equals", "="),
            ("SupportedOperations.NotEquals", "<>"),
            ("SupportedOperations.EqualsField", "= [Field]"),
            ("SupportedOperations.NotEqualsField", "<> [Field]"),
        ];
        const ORDER: [(&str, &str); 9] = [
            ("SupportedOperations.Equals", "="),
            ("SupportedOperations.NotEquals", "<>"),
            ("SupportedOperations.GreaterThan", ">"),
            ("SupportedOperations.LessThan", "<"),
            ("SupportedOperations.GreaterThanEquals", ">="),
            ("SupportedOperations.LessThanEquals", "<="),
            ("SupportedOperations.In", "In"),
            ("SupportedOperations.NotIn", "Not In"),
            ("SupportedOperations.Ever", "Was Ever"),
        ];
        const LINE: [(&str, &str); 13] = [
            ("SupportedOperations.Equals", "="),
            ("SupportedOperations.NotEquals", "<>"),
            ("SupportedOperations.GreaterThan", ">"),
            ("SupportedOperations.LessThan", "<"),
            ("SupportedOperations.GreaterThanEquals", ">="),
            ("SupportedOperations.LessThanEquals", "<="),
            ("SupportedOperations.Contains", "Contains"),
            ("SupportedOperations.NotContains", "Does Not Contain"),
            ("SupportedOperations.In", "In"),
            ("SupportedOperations.NotIn", "Not In"),
            ("SupportedOperations.InGroup", "In Group"),
            ("SupportedOperations.NotInGroup", "Not In Group"),
            ("SupportedOperations.Ever", "Was Ever"),
        ];
        const TAGS: [(&str, &str); 4] = [
            ("SupportedOperations.Contains", "Contains"),
            ("SupportedOperations.NotContains", "Does Not Contain"),
            ("SupportedOperations.IsEmpty", "Is Empty"),
            ("SupportedOperations.IsNotEmpty", "Is Not Empty"),
        ];
        const TREE: [(&str, &str); 5] = [
            ("SupportedOperations.Under", "Under"),
            ("SupportedOperations.NotUnder", "Not Under"),
            ("SupportedOperations.Equals", "="),
            ("SupportedOperations.NotEquals", "<>"),
            ("SupportedOperations.In", "In"),
        ];
        const TEXT: [(&str, &str); 4] = [
            ("SupportedOperations.ContainsWords", "Contains Words"),
            (
                "SupportedOperations.NotContainsWords",
                "Does Not Contain Words",
            ),
            ("SupportedOperations.IsEmpty", "Is Empty"),
            ("SupportedOperations.IsNotEmpty", "Is Not Empty"),
        ];
        match self {
            Kind::Integer | Kind::Double | Kind::Time => &ORDER,
            Kind::Tree => &TREE,
            Kind::Rich | Kind::History => &TEXT,
            Kind::Line | Kind::Person => &LINE,
            Kind::Tags => &TAGS,
            Kind::Flag => &FLAG,
        }
    }
}

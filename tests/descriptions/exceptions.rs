//! Where the descriptions are known to be wrong, with what says so. An exception that nothing needs fails a test: it is
//! either mended upstream or was never true.

/// One finding that is the description's fault.
#[derive(Clone, Copy, Debug)]
pub struct Exception {
    /// The operation; `*` stands for anything.
    pub operation: &'static str,
    /// What is found; `*` stands for anything.
    pub what: &'static str,
    /// Why it is right all the same.
    pub why: &'static str,
}

impl Exception {
    /// Whether this exception speaks of the finding.
    #[must_use]
    pub fn covers(&self, operation: &str, what: &str) -> bool {
        fits(self.operation, operation) && fits(self.what, what)
    }
}

/// Whether a text fits a pattern in which `*` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(rest) = text.strip_prefix(before) else {
        return false;
    };
    (0..=rest.len())
        .filter(|at| rest.is_char_boundary(*at))
        .any(|at| fits(after, &rest[at..]))
}

/// A definition that says otherwise than the remote does, set right before anything is held against it.
#[derive(Clone, Copy, Debug)]
pub struct Mend {
    /// The definition's name.
    pub definition: &'static str,
    /// Its member; empty for the whole definition.
    pub member: &'static str,
    /// What it should say, in the description's own dialect.
    pub schema: &'static str,
    /// Why it is right so.
    pub why: &'static str,
}

/// All mends.
pub const MENDS: &[Mend] = &[
    Mend {
        definition: "ReferenceLinks",
        member: "",
        schema: r#"{"type": "object", "additionalProperties": {"type": "object"}}"#,
        why: "the map itself is sent, not an object with a member `links` (every example with `_links`)",
    },
    Mend {
        definition: "JsonPatchDocument",
        member: "",
        schema: r##"{"type": "array", "items": {"$ref": "#/definitions/JsonPatchOperation"}}"##,
        why: "a document is a list of operations, as in every example of a write (azure.md 5.1)",
    },
    Mend {
        definition: "WorkItem",
        member: "multilineFieldsFormat",
        schema: r#"{"type": "object", "additionalProperties": {"type": "string"}}"#,
        why: "described from 7.2 on, and sent at 7.1 already (azure.md 9)",
    },
    Mend {
        definition: "WorkItemStateTransition",
        member: "actions",
        schema: r#"{"type": "array", "items": {"type": "string"}, "x-nullable": true}"#,
        why: "a transition without actions has null (azure.md 10.2)",
    },
    Mend {
        definition: "WorkItemTypeFieldInstance",
        member: "defaultValue",
        schema: r#"{"type": "string", "x-nullable": true}"#,
        why: "a field without a default has null (example workItemTypes)",
    },
    Mend {
        definition: "WorkItemTypeFieldInstanceBase",
        member: "helpText",
        schema: r##"{"type": "string", "x-nullable": true}"##,
        why: "a field without help has null (example GET__workItemType_field)",
    },
    Mend {
        definition: "WorkItemLink",
        member: "rel",
        schema: r##"{"type": "string", "x-nullable": true}"##,
        why: "the root of a tree comes by no link",
    },
    Mend {
        definition: "WorkItemLink",
        member: "source",
        schema: r##"{"$ref": "#/definitions/WorkItemReference", "x-nullable": true}"##,
        why: "the root of a tree comes from nowhere",
    },
    Mend {
        definition: "ProcessInfo",
        member: "referenceName",
        schema: r##"{"type": "string", "x-nullable": true}"##,
        why: "a system process has none",
    },
    Mend {
        definition: "ProcessWorkItemType",
        member: "inherits",
        schema: r##"{"type": "string", "x-nullable": true}"##,
        why: "a type of a system process is derived from none",
    },
    Mend {
        definition: "GraphMember",
        member: "mailAddress",
        schema: r##"{"type": "string", "x-nullable": true}"##,
        why: "a group has no address",
    },
    Mend {
        definition: "IdentityDescriptor",
        member: "",
        schema: r##"{"type": "string"}"##,
        why: "the description's object is sent as `type;identifier`, as all clients read it",
    },
    Mend {
        definition: "PropertiesCollection",
        member: "",
        schema: r##"{"type": "object", "additionalProperties": {"type": "object"}}"##,
        why: "the map itself is sent, each value with its type",
    },
    Mend {
        definition: "StreamedBatch",
        member: "values",
        schema: r#"{"type": "array", "items": {"type": "object"}}"#,
        why: "the feeds bring objects, not texts (examples workItemRevisions, workItemLinks; azure.md 3)",
    },
    Mend {
        definition: "Subscription",
        member: "probationRetries",
        schema: r#"{"type": "integer"}"#,
        why: "a number, as in every example with it (hooks/subscriptions)",
    },
    Mend {
        definition: "IssueTypeDetails",
        member: "untranslatedName",
        schema: r#"{"type": "string"}"#,
        why: "Jira Cloud sends it beside the name in the account's language",
    },
    Mend {
        definition: "IssueTypeIssueCreateMetadata",
        member: "untranslatedName",
        schema: r#"{"type": "string"}"#,
        why: "Jira Cloud sends it beside the name in the account's language",
    },
    Mend {
        definition: "ChangeDetails",
        member: "from",
        schema: r#"{"type": "string", "nullable": true}"#,
        why: "what was empty before is null (recorded changelogs)",
    },
    Mend {
        definition: "ChangeDetails",
        member: "fromString",
        schema: r#"{"type": "string", "nullable": true}"#,
        why: "what was empty before is null (recorded changelogs)",
    },
    Mend {
        definition: "ChangeDetails",
        member: "to",
        schema: r#"{"type": "string", "nullable": true}"#,
        why: "what is empty now is null (recorded changelogs)",
    },
    Mend {
        definition: "ChangeDetails",
        member: "toString",
        schema: r#"{"type": "string", "nullable": true}"#,
        why: "what is empty now is null (recorded changelogs)",
    },
    Mend {
        definition: "ServerInformation",
        member: "defaultLocale",
        schema: r#"{"type": "object"}"#,
        why: "Jira Cloud tells the site's language here",
    },
    Mend {
        definition: "BulkIssueResults",
        member: "expand",
        schema: r#"{"type": "string"}"#,
        why: "sent as in a search (jira.md 4)",
    },
];

/// All exceptions.
pub const EXCEPTIONS: &[Exception] = &[
    Exception {
        operation: "OPTIONS *",
        what: "no operation",
        why: "the location service is in no description; every public client asks it (azure.md 1)",
    },
    Exception {
        operation: "GET /_apis/ResourceAreas*",
        what: "no operation",
        why: "the resource areas are in no description; every public client asks for them",
    },
    Exception {
        operation: "GET /_apis/connectionData",
        what: "no operation",
        why: "who am I, in no description (azure.md 10.1)",
    },
    Exception {
        operation: "GET /rest/applinks/*",
        what: "not served",
        why: "the package for Python asks for application links before it makes a remote link, and goes on without",
    },
    Exception {
        operation: "* /rest/webhooks/1.0/webhook*",
        what: "no operation",
        why: "the administrator's webhooks are in no description (jira.md 12.1)",
    },
    Exception {
        operation: "* /rest/agile/1.0/*",
        what: "response body undeclared",
        why: "the description of boards has no schema for some answers, only examples",
    },
    Exception {
        operation: "* /rest/api/3/search",
        what: "status 410",
        why: "the removed searches still stand in the description (jira.md 3.1)",
    },
    Exception {
        operation: "POST /rest/api/3/changelog/bulkfetch",
        what: "response /issueChangeLogs/*/changeHistories/*/created type",
        why: "a number here, as in the description's own example (jira.md 8.2)",
    },
    Exception {
        operation: "DELETE /rest/api/3/issue/{issueIdOrKey}/remotelink*",
        what: "status 415",
        why: "a removal without a body and without a content type (jira.md 7.3)",
    },
    Exception {
        operation: "* /{organization}*",
        what: "status 400",
        why: "no description of Azure DevOps declares an error (azure.md 14)",
    },
    Exception {
        operation: "* /{organization}*",
        what: "status 404",
        why: "no description of Azure DevOps declares an error (azure.md 14)",
    },
    Exception {
        operation: "PATCH /{organization}/{project}/_apis/wit/workitems/{id}",
        what: "status 412",
        why: "a stale revision (azure.md 5.2); no description declares an error",
    },
    Exception {
        operation: "GET /{organization}*",
        what: "status 203",
        why: "the sign-in page (azure.md 11.3)",
    },
    Exception {
        operation: "GET /{organization}*",
        what: "response 203 not json",
        why: "the sign-in page (azure.md 11.3)",
    },
    Exception {
        operation: "POST /{organization}/{project}/_apis/wit/attachments",
        what: "status 201",
        why: "as in all examples of uploads (azure.md 8.1)",
    },
    Exception {
        operation: "POST /{organization}/{project}/_apis/wit/classificationnodes/{structureGroup}/{path}",
        what: "status 201",
        why: "as in all examples of new nodes (azure.md 8.3)",
    },
    Exception {
        operation: "POST /{organization}/{project}/_apis/wit/classificationnodes/{structureGroup}/{path}",
        what: "status 409",
        why: "a name that is taken (azure.md 14); no description declares an error",
    },
    Exception {
        operation: "POST /{organization}/{project}/_apis/wit/queries/{query}",
        what: "status 201",
        why: "as in all examples of new queries",
    },
    Exception {
        operation: "POST /{organization}/_apis/graph/subjectlookup",
        what: "response /*",
        why: "the map comes as the value of a list, as the package for Python unwraps it",
    },
    Exception {
        operation: "POST /{organization}/_apis/graph/subjectquery",
        what: "response /value/*/* unknown",
        why: "described as the base of users and groups; what comes are users and groups",
    },
    Exception {
        operation: "DELETE /{organization}*",
        what: "status 204",
        why: "nothing to say, where the description has 200 without a body",
    },
    Exception {
        operation: "DELETE /{organization}/{project}/_apis/wit/workItems/{workItemId}/comments/{commentId}",
        what: "response body undeclared",
        why: "the comment comes back as it now is, marked as deleted (azure.md 7)",
    },
    Exception {
        operation: "POST /{organization}/{project}/_apis/wit/workitemsbatch",
        what: "response /value/* type",
        why: "with the policy `omit` a missing item is null (azure.md 4)",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        let check =
            |pattern, text, expected| assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        check("GET /a", "GET /a", true);
        check("GET /a", "GET /a/b", false);
        check("GET *", "GET /a/b", true);
        check("* /a/{id}", "GET /a/{id}", true);
        check("GET /*/b", "GET /a/b", true);
        check("GET /*/b", "GET /a/c", false);
        check("*", "", true);
    }
}

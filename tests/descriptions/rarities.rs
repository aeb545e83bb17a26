//! Exceptions that the days of the public clients do not need: what unit tests provoke, and what faults do. One that no
//! recording of a whole run needs fails `tests/recordings.rs`.

use super::Exception;

/// All of them.
pub const RARITIES: &[Exception] = &[
    Exception {
        operation: "*",
        what: "not served",
        why: "asked in order to see that an address is refused which no description has",
    },
    Exception {
        operation: "GET /_apis/resourceAreas*",
        what: "no operation",
        why: "the resource areas, as some clients spell them",
    },
    Exception {
        operation: "POST /_apis/IdentityPicker/Identities",
        what: "no operation",
        why: "what the portal searches people by, in no description (azure.md 16)",
    },
    Exception {
        operation: "PATCH /_apis/wit/$batch",
        what: "no operation",
        why: "many writes in one request, in no description (azure.md 5.4)",
    },
    Exception {
        operation: "DELETE /_apis/wit/attachments/{id}",
        what: "no operation",
        why: "described from 7.2 on",
    },
    Exception {
        operation: "GET /_edge/tenant_info",
        what: "no operation",
        why: "which site this is, in no description (jira.md 10)",
    },
    Exception {
        operation: "* /rest/*",
        what: "status 302",
        why: "the front door sends whoever is not signed in to a page; it stands before every operation",
    },
    Exception {
        operation: "* /login",
        what: "no operation",
        why: "where that page is, for clients that follow",
    },
    Exception {
        operation: "GET /rest/api/3/bulk/queue/{taskId}",
        what: "error /error*",
        why: "the form of all other errors, as in the description's own example",
    },
    Exception {
        operation: "POST /rest/api/3/issue/{issueIdOrKey}/attachments",
        what: "response 403 not json",
        why: "the check against forged requests answers in plain text (jira.md 10)",
    },
    Exception {
        operation: "POST /rest/api/3/issue/{issueIdOrKey}/attachments",
        what: "status 400",
        why: "a form that cannot be read; the description has only what may be wrong with its files",
    },
    Exception {
        operation: "POST /rest/api/3/issue/{issueIdOrKey}/*",
        what: "status 415",
        why: "a content type that the operation does not take; it is refused before the operation is reached",
    },
    Exception {
        operation: "* /{organization}*",
        what: "status 401",
        why: "no description of Azure DevOps declares an error (azure.md 14)",
    },
    Exception {
        operation: "* /{organization}*",
        what: "status 403",
        why: "no description of Azure DevOps declares an error (azure.md 14)",
    },
    Exception {
        operation: "* /{organization}*",
        what: "status 409",
        why: "no description of Azure DevOps declares an error (azure.md 14)",
    },
    Exception {
        operation: "* /{organization}*",
        what: "status 415",
        why: "no description of Azure DevOps declares an error (azure.md 14)",
    },
    Exception {
        operation: "* /{organization}*",
        what: "status 500",
        why: "no description of Azure DevOps declares an error; this one is the limit of revisions (azure.md 5.2)",
    },
    Exception {
        operation: "* /{organization}*",
        what: "status 503",
        why: "no description of Azure DevOps declares an error (azure.md 14)",
    },
    Exception {
        operation: "* /{organization}*",
        what: "status 203",
        why: "the sign-in page stands for any answer (azure.md 11.3)",
    },
    Exception {
        operation: "* /{organization}*",
        what: "response 203 not json",
        why: "the sign-in page stands for any answer (azure.md 11.3)",
    },
    Exception {
        operation: "GET /{organization}*",
        what: "status 302",
        why: "a browser is sent to the sign-in page (azure.md 11.3)",
    },
    Exception {
        operation: "PUT /{organization}/{project}/_apis/wit/attachments/{id}",
        what: "status 201",
        why: "as in the example of a chunk (azure.md 8.1)",
    },
    Exception {
        operation: "GET /{organization}/{project}/_apis/wit/workitems",
        what: "response /value/* type",
        why: "with the policy `omit` a missing item is null (azure.md 4)",
    },
    Exception {
        operation: "GET /{organization}/{project}/_apis/wit/classificationnodes?ids={ids}",
        what: "response /value/* type",
        why: "with the policy `omit` a missing node is null, as a missing item is (azure.md 4)",
    },
    Exception {
        operation: "PATCH /{organization}/{project}/{team}/_apis/work/teamsettings",
        what: "response /backlogIteration/attributes/*Date type",
        why: "an iteration without dates has null",
    },
    Exception {
        operation: "GET /{organization}/_apis/identities",
        what: "response /value/* type",
        why: "an identity that is asked for and not there is null",
    },
];

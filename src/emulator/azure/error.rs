//! What the service says when it refuses: one variant per refusal, and the wrapped exception body
//! of azure.md 14.

use serde_json::{Value as Json, json};

use crate::site::Response;

/// A request that was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// 404: the item is missing or unreadable; the service does not tell which (azure.md 4).
    #[error("TF401232: Work item {0} does not exist, or you do not have permissions to read it.")]
    ItemMissing(i64),
    /// 404: no such revision or update of an existing item.
    #[error("TF401232: Revision {1} of work item {0} does not exist.")]
    RevisionMissing(i64, i64),
    /// 404: no such comment.
    #[error(
        "Comment {1} of work item {0} does not exist, or you do not have permissions to read it."
    )]
    CommentMissing(i64, i64),
    /// 404: the project's name is unknown.
    #[error(
        "TF200016: The following project does not exist: {0}. Verify that the name of the \
        project is correct and that the project exists on the specified Azure DevOps Server."
    )]
    ProjectMissing(String),
    /// 400: a create without a project in its path.
    #[error("The request must name a project: {0}.")]
    ProjectNeeded(&'static str),
    /// 404: the type is not in the project.
    #[error(
        "VS402323: Work item type {0} does not exist in project {1} or you do not have \
        permission to access it."
    )]
    TypeMissing(String, String),
    /// 400 in writes and queries, 404 when the field itself is read.
    #[error("TF51535: Cannot find field {name}.")]
    FieldMissing {
        /// The name as it was given.
        name: String,
        /// The status it is answered with.
        status: u16,
    },
    /// 400: a query that names an unknown field.
    #[error(
        "TF51005: The query references a field that does not exist. The error is caused by «{0}»."
    )]
    QueryField(String),
    /// 400: a query that is not WIQL, or not the part of it that is emulated.
    #[error("TF51006: The query statement is not valid. {0}")]
    Query(String),
    /// 400: a query that names a path which is in no tree.
    #[error("TF51011: The specified {0} path does not exist. The error is caused by «'{1}'».")]
    QueryPath(&'static str, String),
    /// 400: a time of day in a query with date precision (azure.md 2).
    #[error(
        "You cannot supply a time with the date when running a query using date precision. The \
        error is caused by «{0}»."
    )]
    QueryPrecision(String),
    /// 400: more rows than a query may give.
    #[error(
        "VS402337: The number of work items returned exceeds the size limit of 20000. Change the \
        query to return fewer items."
    )]
    QuerySize,
    /// 400: more ids than a batch may name.
    #[error("VS403474: You requested {0} work items which exceeds the limit of 200")]
    BatchSize(usize),
    /// 400: `fields` together with an `$expand` that fills fields in.
    #[error("The expand parameter can not be used with the fields parameter.")]
    ExpandWithFields,
    /// 400: a parameter or a body that cannot be read.
    #[error("The request is not valid: {0}")]
    Invalid(String),
    /// 400: the body is no JSON Patch, or the content type says that it is none (azure.md 5.1).
    #[error("You must pass a valid patch document in the body of the request.{0}")]
    PatchDocument(String),
    /// 412: the item has moved on (azure.md 5.2).
    #[error(
        "VS403351: Test Operation for path {path} failed, value {actual} was not equal to test \
        value {expected}."
    )]
    Test {
        /// The tested path.
        path: String,
        /// What the item has.
        actual: String,
        /// What the caller expected.
        expected: String,
    },
    /// 400: two operations of one document set the same field.
    #[error(
        "VS403691: Update to work item {0} had two or more updates for field with reference name \
        '{1}'. A field cannot be updated more than once in the same update."
    )]
    FieldTwice(i64, String),
    /// 400: an area or iteration path that is not in the tree.
    #[error("TF401347: Invalid tree name given for work item {0}, field '{1}'.")]
    TreeName(i64, &'static str),
    /// 400: a person who is not in the organisation (azure.md 10.1).
    #[error("The identity value '{0}' for field '{1}' is an unknown identity.")]
    Identity(String, &'static str),
    /// 400: a field that only the server sets.
    #[error("TF401326: Invalid field status 'ReadOnly' for field '{0}'.")]
    ReadOnly(&'static str),
    /// 400: rules of the type are broken; at least one of them.
    #[error("{}", rule_message(.0))]
    Rules(Vec<Broken>),
    /// 400: a forged ChangedDate that does not move forward.
    #[error(
        "VS402625: Dates must be increasing with each revision. The date {0} is not later than \
        the one before it."
    )]
    DateOrder(String),
    /// 400: a forged ChangedDate that lies in the future.
    #[error("VS402624: The date {0} cannot be in the future.")]
    DateFuture(String),
    /// 400: a format flipped without a value (azure.md 9).
    #[error(
        "The type changed without a value: field '{0}' needs new content in the same document."
    )]
    FormatAlone(String),
    /// 400: a relation's name is unknown.
    #[error("The relation type '{0}' does not exist.")]
    RelationType(String),
    /// 400: the relation's address names nothing that can be linked.
    #[error("The relation's url '{0}' is not valid for relation type '{1}'.")]
    RelationUrl(String, &'static str),
    /// 400: the relation is there already.
    #[error("Relation already exists.")]
    RelationExists,
    /// 404: an index past the end of the relations.
    #[error("Relation with index {0} does not exist.")]
    RelationIndex(usize),
    /// 400: the child already has a parent in a tree of this kind (azure.md 8.2).
    #[error(
        "TF201036: You cannot add a {link} link between work items {from} and {to} because a work \
        item can have only one {back} link."
    )]
    SecondParent {
        /// The name of the link from the parent.
        link: &'static str,
        /// The name of the link from the child.
        back: &'static str,
        /// The parent.
        from: i64,
        /// The child.
        to: i64,
    },
    /// 400: the item would be its own ancestor or its own predecessor.
    #[error(
        "TF201035: You cannot add a {link} link between work items {from} and {to} because the link \
        would create a circular relationship."
    )]
    Circular {
        /// The name of the link in the forward direction.
        link: &'static str,
        /// Where the link would begin.
        from: i64,
        /// Where it would end.
        to: i64,
    },
    /// 403: `bypassRules` without the permission for it (azure.md 5.3).
    #[error(
        "TF401322: You don't have bypass rules permission. Please contact your collection \
        administrator to grant this permission for enabling this action."
    )]
    BypassDenied,
    /// 404: no such uploaded file, or one that is not whole yet.
    #[error("TF237090: The attachment '{0}' does not exist.")]
    FileMissing(String),
    /// 403: an upload that was never linked, read by somebody else (azure.md 8.1).
    #[error("VS402330: Unauthorized Read access to the attachment under the areas ")]
    FileUnreadable,
    /// 400: a file above the organisation's limit.
    #[error(
        "TF237082: The file you are trying to upload exceeds the supported file upload size \
        (60.000 MB(s))."
    )]
    FileTooBig,
    /// 503: the emulator's own bound on what it keeps in memory.
    #[error("TF10216: Azure DevOps services are currently unavailable. Try again later.")]
    Full,
    /// 415: a body of a kind that the resource does not take.
    #[error(
        "The request indicated a Content-Type of \"{given}\" for method type \"{method}\" which is \
        not supported. Valid content types for this method are: {valid}."
    )]
    ContentType {
        /// The type that was given.
        given: String,
        /// The HTTP method.
        method: String,
        /// The types that the resource takes.
        valid: &'static str,
    },
    /// 404: no such subscription of service hooks.
    #[error("The subscription with ID {0} could not be found.")]
    SubscriptionMissing(String),
    /// 404: no such publisher, event type, consumer, action or notification.
    #[error("Service hooks know no '{0}'.")]
    HookMissing(String),
    /// 400: an input of a subscription that may not be so.
    #[error("The value '{1}' of subscription input '{0}' is not valid.")]
    HookInput(String, String),
    /// 404: the caller takes back a reaction that it never made.
    #[error("The reaction to comment {0} does not exist.")]
    ReactionMissing(i64),
    /// 409: a tag is renamed to a name that another one has.
    #[error("TF400931: The tag '{0}' already exists.")]
    TagExists(String),
    /// 400: rules are bypassed and nobody is named as the one who changed the item.
    #[error("VS403417: ChangedBy value cannot be empty when BypassRules is specified")]
    ChangerEmpty,
    /// 400: more of something than an item may hold.
    #[error("VS403313: Work item {id} exceeds the limit of {limit} {what}.")]
    TooMany {
        /// The item.
        id: i64,
        /// The limit's noun.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// 500, for ever: the item has used up its revisions (azure.md 5.3).
    #[error(
        "Work item {0} has {1} revisions, but currently, when updating via the API, only work \
        items with up to 10,000 revisions are supported."
    )]
    RevisionLimit(i64, usize),
    /// 404: no such node.
    #[error(
        "VS402485: The classification node '{0}' does not exist or you do not have permission to \
        access it."
    )]
    NodeMissing(String),
    /// 404: no such tag.
    #[error("TF400932: The tag '{0}' does not exist.")]
    TagMissing(String),
    /// 400: a continuation token that this feed never gave.
    #[error("The continuation token '{0}' is not valid.")]
    Token(String),
    /// 400: a version newer or older than the resource has (azure.md 1).
    #[error(
        "The requested REST API version of {0} is out of range for this server. The latest REST \
        API version this server supports is 7.2."
    )]
    VersionRange(String),
    /// 400: a preview resource without `-preview`.
    #[error(
        "The requested version \"{0}\" of the resource is under preview. The -preview flag must \
        be supplied in the api-version for such requests. For example: \"{0}-preview\""
    )]
    VersionPreview(String),
    /// 400: a write that names no version.
    #[error(
        "No api-version was supplied for the \"{0}\" request. The version must be supplied \
        either as part of the Accept header (e.g. \"application/json; api-version=1.0\") or as a \
        query parameter (e.g. \"?api-version=1.0\")."
    )]
    VersionMissing(String),
    /// 400: a version that cannot be read.
    #[error("The api-version '{0}' is not a valid version.")]
    VersionForm(String),
    /// 401: signed out, on a write (azure.md 11.3).
    #[error("TF400813: The user '' is not authorized to access this resource.")]
    SignedOut,
    /// What is refused around the items.
    #[error(transparent)]
    Around(#[from] super::trouble::Trouble),
    /// 404: nothing is served at this path.
    #[error("The controller for path '{0}' was not found or does not implement IController.")]
    Route(String),
    /// 405: the resource does not know the method.
    #[error("The requested resource does not support http method '{0}'.")]
    Method(String),
}

/// One rule that a write breaks (azure.md 14).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    /// The field's reference name.
    pub(crate) reference: &'static str,
    /// The field's display name.
    pub(crate) name: &'static str,
    /// Flags as the message writes them, such as `Required, InvalidEmpty`.
    pub(crate) flags: &'static str,
}

impl Broken {
    fn message(&self) -> String {
        format!(
            "TF401320: Rule Error for field {}. Error code: {}.",
            self.name, self.flags
        )
    }

    fn json(&self) -> Json {
        let flags: Vec<String> = self.flags.split(", ").map(lower_first).collect();
        json!({
            "fieldReferenceName": self.reference,
            "fieldStatusFlags": flags.join(", "),
            "errorMessage": self.message(),
            "ruleValidationErrors": null,
        })
    }
}

fn lower_first(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

fn rule_message(broken: &[Broken]) -> String {
    let first = broken.first().map_or_else(String::new, Broken::message);
    match broken.len() {
        0 | 1 => first,
        more => format!("{first} ({} additional errors occurred)", more - 1),
    }
}

const TRACKING: &str = "Microsoft.TeamFoundation.WorkItemTracking.Server";
const WEB: &str = "Microsoft.VisualStudio.Services.WebApi";
const HOOKS: &str = "Microsoft.VisualStudio.Services.ServiceHooks.WebApi";
const FRAMEWORK: &str = "Microsoft.TeamFoundation.Framework.Server";

impl Refusal {
    /// A field named in `fields=` or in a patch that nobody defined.
    pub(crate) fn field(name: &str) -> Self {
        Refusal::FieldMissing {
            name: name.to_owned(),
            status: 400,
        }
    }

    /// The HTTP status that carries the refusal.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Refusal::FieldMissing { status, .. } => *status,
            Refusal::Around(trouble) => trouble.status(),
            Refusal::ItemMissing(_)
            | Refusal::RevisionMissing(..)
            | Refusal::CommentMissing(..)
            | Refusal::ProjectMissing(_)
            | Refusal::TypeMissing(..)
            | Refusal::RelationIndex(_)
            | Refusal::NodeMissing(_)
            | Refusal::TagMissing(_)
            | Refusal::Route(_) => 404,
            Refusal::Test { .. } => 412,
            Refusal::SignedOut => 401,
            Refusal::BypassDenied | Refusal::FileUnreadable => 403,
            Refusal::FileMissing(_)
            | Refusal::SubscriptionMissing(_)
            | Refusal::HookMissing(_)
            | Refusal::ReactionMissing(_) => 404,
            Refusal::TagExists(_) => 409,
            Refusal::Full => 503,
            Refusal::ContentType { .. } => 415,
            Refusal::Method(_) => 405,
            Refusal::RevisionLimit(..) => 500,
            _ => 400,
        }
    }

    fn key(&self) -> (&'static str, &'static str) {
        match self {
            Refusal::ItemMissing(_) => (TRACKING, "WorkItemUnauthorizedAccessException"),
            Refusal::RevisionMissing(..) => (TRACKING, "WorkItemRevisionNotFoundException"),
            Refusal::CommentMissing(..) => (TRACKING, "WorkItemCommentNotFoundException"),
            Refusal::ProjectMissing(_) => (
                "Microsoft.TeamFoundation.Core.WebApi",
                "ProjectDoesNotExistWithNameException",
            ),
            Refusal::TypeMissing(..) => (TRACKING, "WorkItemTypeNotFoundException"),
            Refusal::FieldMissing { .. } => {
                (TRACKING, "WorkItemTrackingFieldDefinitionNotFoundException")
            }
            Refusal::QueryField(_)
            | Refusal::Query(_)
            | Refusal::QueryPath(..)
            | Refusal::QueryPrecision(_) => (TRACKING, "WorkItemTrackingQueryException"),
            Refusal::QuerySize => (
                TRACKING,
                "WorkItemTrackingQueryResultSizeLimitExceededException",
            ),
            Refusal::BatchSize(_) => (TRACKING, "WorkItemBatchSizeLimitExceededException"),
            Refusal::ExpandWithFields => (TRACKING, "ConflictingParametersException"),
            Refusal::Test { .. } => (WEB, "TestPatchOperationFailedException"),
            Refusal::PatchDocument(_) => (WEB, "VssPropertyValidationException"),
            Refusal::FieldTwice(..) => (TRACKING, "WorkItemFieldUpdatedTwiceException"),
            Refusal::TreeName(..) => (TRACKING, "WorkItemInvalidTreeNameException"),
            Refusal::Identity(..) | Refusal::ReadOnly(_) | Refusal::Rules(_) => {
                (TRACKING, "RuleValidationException")
            }
            Refusal::DateOrder(_) | Refusal::DateFuture(_) => {
                (TRACKING, "WorkItemDatesNotIncreasingException")
            }
            Refusal::RelationType(_) => (TRACKING, "WorkItemLinkTypeNotFoundException"),
            Refusal::RelationExists => (TRACKING, "RelationAlreadyExistsException"),
            Refusal::SubscriptionMissing(_) => (HOOKS, "SubscriptionNotFoundException"),
            Refusal::HookMissing(_) => (HOOKS, "ServiceHookNotFoundException"),
            Refusal::HookInput(..) => (HOOKS, "SubscriptionInputException"),
            Refusal::TagExists(_) => (TRACKING, "DuplicateTagNameException"),
            Refusal::ReactionMissing(_) => (TRACKING, "CommentReactionNotFoundException"),
            Refusal::FileMissing(_) => (TRACKING, "AttachmentNotFoundException"),
            Refusal::FileUnreadable => (TRACKING, "WorkItemUnauthorizedAttachmentException"),
            Refusal::FileTooBig => (TRACKING, "WorkItemAttachmentExceedsMaxSizeException"),
            Refusal::Full => (FRAMEWORK, "HostShutdownException"),
            Refusal::ContentType { .. } => (WEB, "VssRequestContentTypeNotSupportedException"),
            Refusal::SecondParent { .. } | Refusal::Circular { .. } => {
                (TRACKING, "WorkItemLinkInvalidException")
            }
            Refusal::NodeMissing(_) => (TRACKING, "WorkItemTrackingTreeNodeNotFoundException"),
            Refusal::VersionRange(_) => (WEB, "VssVersionOutOfRangeException"),
            Refusal::VersionPreview(_) => (WEB, "VssInvalidPreviewVersionException"),
            Refusal::VersionMissing(_) => (WEB, "VssVersionNotSpecifiedException"),
            Refusal::VersionForm(_) => (WEB, "VssRequestContentTypeNotSupportedException"),
            Refusal::SignedOut => (FRAMEWORK, "UnauthorizedRequestException"),
            Refusal::Around(trouble) => (TRACKING, trouble.key()),
            Refusal::TooMany { .. } => (TRACKING, "WorkItemLimitExceededException"),
            Refusal::RevisionLimit(..) => (TRACKING, "WorkItemRevisionLimitExceededException"),
            Refusal::Token(_) => (TRACKING, "InvalidContinuationTokenException"),
            _ => (TRACKING, "VssServiceException"),
        }
    }

    fn custom(&self) -> Option<Json> {
        let Refusal::Rules(broken) = self else {
            return None;
        };
        let first = broken.first().map(Broken::json)?;
        Some(json!({
            "ErrorMessage": first["errorMessage"],
            "FieldReferenceName": first["fieldReferenceName"],
            "FieldStatusFlags": first["fieldStatusFlags"],
            "RuleValidationErrors": broken.iter().map(Broken::json).collect::<Vec<_>>(),
        }))
    }

    /// The refusal as the service sends it.
    pub(crate) fn response(&self) -> Response {
        let (space, key) = self.key();
        let event = if matches!(self, Refusal::SignedOut) {
            3000
        } else {
            3200
        };
        let mut body = json!({
            "$id": "1",
            "innerException": null,
            "message": self.to_string(),
            "typeName": format!("{space}.{key}, {space}"),
            "typeKey": key,
            "errorCode": 0,
            "eventId": event,
        });
        if let (Some(custom), Some(object)) = (self.custom(), body.as_object_mut()) {
            object.insert("customProperties".to_owned(), custom);
        }
        Response::json(self.status(), &body)
    }
}

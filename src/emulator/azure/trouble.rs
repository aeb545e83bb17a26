//! What the service says when it refuses something around the items: queries, nodes, processes,
//! fields, teams and people.

/// A request around the items that was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// 403: the caller may not write items in this area.
    #[error(
        "TF237111: The current user does not have permissions to save work items under the \
        specified area path."
    )]
    AreaPermission,
    /// 403: the caller lacks a permission by name.
    #[error(
        "TF50309: The following account does not have sufficient permissions to complete the \
        operation: {account}. The following permissions are needed to perform this operation: \
        {permission}."
    )]
    Permission {
        /// The caller's unique name.
        account: String,
        /// What is missing.
        permission: &'static str,
    },
    /// 401: profiles do not answer personal access tokens (azure.md 11.1).
    #[error("TF400813: The user '' is not authorized to access this resource.")]
    Profile,
    /// 409: the name is taken under the same parent (azure.md 8.3).
    #[error(
        "VS402371: Classification node name {0} is already in use by a different child of parent \
        classification node {1}"
    )]
    NodeTaken(String, String),
    /// 400: a name that nodes cannot have.
    #[error(
        "TF50316: The following name is not valid: {0}. Verify that the name does not exceed the maximum character limit, only contains valid characters, and is not a reserved name."
    )]
    NodeName(String),
    /// 400: a node cannot be moved below itself or into the other tree, and a root not at all.
    #[error("VS402374: The classification node '{0}' cannot be moved or changed: {1}")]
    NodeStays(String, &'static str),
    /// 400: an iteration that ends before it begins.
    #[error("VS403590: The start date of iteration '{0}' must not be later than its finish date.")]
    NodeDates(String),
    /// 404: the node that takes the items over does not exist, or lies below the deleted one.
    #[error(
        "VS402373: The classification node with id {0} that work items should move to does not exist."
    )]
    Reclassify(String),
    /// 404: no such query or folder.
    #[error("TF401243: The query {0} does not exist, or you do not have permission to read it.")]
    QueryMissing(String),
    /// 409: the folder has something of that name.
    #[error("TF237018: A query or folder named '{0}' already exists in this folder.")]
    QueryTaken(String),
    /// 400: what was asked of a query cannot be done.
    #[error("TF401256: The query item is not valid: {0}")]
    QueryItem(String),
    /// 403: a shared folder is not the caller's to change.
    #[error("TF401256: You do not have Write permissions for query {0}.")]
    QueryPermission(String),
    /// 400: a macro without what it needs.
    #[error("VS402612: The macro '{0}' is not supported without a team context.")]
    Team(String),
    /// 404: no such team.
    #[error("The team with id '{0}' does not exist.")]
    TeamMissing(String),
    /// 400: a team that cannot be made or changed so.
    #[error("TF400856: The team cannot be saved: {0}")]
    TeamWrong(String),
    /// 404: an iteration that is not one of the team's.
    #[error("VS403276: The iteration '{0}' does not belong to the team.")]
    TeamIteration(String),
    /// 400: an iteration or setting that a team cannot have.
    #[error("VS403210: The team setting is not valid: {0}")]
    TeamSetting(String),
    /// 404: no such board or backlog.
    #[error("VS403280: The board or backlog '{0}' does not exist.")]
    BoardMissing(String),
    /// 404: no such process.
    #[error("VS402362: The process {0} does not exist, or you do not have permission to read it.")]
    ProcessMissing(String),
    /// 404: no such type in the process.
    #[error("VS402805: The work item type {0} does not exist in process {1}.")]
    ProcessType(String, String),
    /// 404: no such part (state, field, rule, behavior) of a type.
    #[error("VS403113: {0} '{1}' does not exist in work item type {2}.")]
    PartMissing(&'static str, String, String),
    /// 400: system processes and their types do not change.
    #[error(
        "VS402356: System processes and work item types cannot be changed. Inherit from {0} and change the inherited one."
    )]
    System(String),
    /// 400: what a process change asks for is not possible.
    #[error("VS403091: The process cannot be changed: {0}")]
    Process(String),
    /// 409: a name that something of the process has already.
    #[error("VS402375: The name '{0}' is already in use.")]
    Taken(String),
    /// 404: no such picklist.
    #[error("VS402891: The list {0} does not exist.")]
    ListMissing(String),
    /// 400: a field that cannot be made or changed so.
    #[error("VS402820: The field cannot be saved: {0}")]
    Field(String),
    /// 404: no such category.
    #[error("VS402322: The work item type category {0} does not exist in project {1}.")]
    Category(String, String),
    /// 404: no such person, group or descriptor.
    #[error("VS860018: The subject '{0}' does not exist.")]
    Subject(String),
    /// 400: a search of people that cannot be understood.
    #[error("VS403400: The identity search is not valid: {0}")]
    Search(String),
    /// 400: more of something than there may be.
    #[error("VS402840: The limit of {1} {0} is reached.")]
    Limit(&'static str, usize),
    /// 404: no such icon or other stock resource.
    #[error("VS402324: {0} '{1}' does not exist.")]
    Stock(&'static str, String),
}

impl Trouble {
    /// The HTTP status that carries the refusal.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Trouble::AreaPermission | Trouble::Permission { .. } | Trouble::QueryPermission(_) => {
                403
            }
            Trouble::Profile => 401,
            Trouble::NodeTaken(..) | Trouble::QueryTaken(_) | Trouble::Taken(_) => 409,
            Trouble::Reclassify(_)
            | Trouble::QueryMissing(_)
            | Trouble::TeamMissing(_)
            | Trouble::TeamIteration(_)
            | Trouble::BoardMissing(_)
            | Trouble::ProcessMissing(_)
            | Trouble::ProcessType(..)
            | Trouble::PartMissing(..)
            | Trouble::ListMissing(_)
            | Trouble::Category(..)
            | Trouble::Subject(_)
            | Trouble::Stock(..) => 404,
            Trouble::NodeName(_)
            | Trouble::NodeStays(..)
            | Trouble::NodeDates(_)
            | Trouble::QueryItem(_)
            | Trouble::Team(_)
            | Trouble::TeamWrong(_)
            | Trouble::TeamSetting(_)
            | Trouble::System(_)
            | Trouble::Process(_)
            | Trouble::Field(_)
            | Trouble::Search(_)
            | Trouble::Limit(..) => 400,
        }
    }

    /// The exception's name.
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Trouble::AreaPermission => "WorkItemTrackingPermissionException",
            Trouble::Permission { .. } => "AccessCheckException",
            Trouble::Profile => "UnauthorizedRequestException",
            Trouble::NodeTaken(..) => "ClassificationNodeDuplicateNameException",
            Trouble::NodeName(_) => "InvalidNameException",
            Trouble::NodeStays(..) | Trouble::NodeDates(_) => {
                "WorkItemTrackingTreeNodeInvalidException"
            }
            Trouble::Reclassify(_) => "ReclassificationNodeNotFoundException",
            Trouble::QueryMissing(_) => "QueryItemNotFoundException",
            Trouble::QueryTaken(_) => "LegacyQueryItemDuplicateNameException",
            Trouble::QueryItem(_) => "QueryItemException",
            Trouble::QueryPermission(_) => "QueryItemPermissionException",
            Trouble::Team(_) => "WorkItemTrackingQueryMacroException",
            Trouble::TeamMissing(_) => "TeamNotFoundException",
            Trouble::TeamWrong(_) => "TeamValidationException",
            Trouble::TeamIteration(_) => "InvalidTeamSettingsIterationException",
            Trouble::TeamSetting(_) => "InvalidTeamSettingsException",
            Trouble::BoardMissing(_) => "BoardDoesNotExistException",
            Trouble::ProcessMissing(_) => "ProcessNotFoundByTypeIdException",
            Trouble::ProcessType(..) => "ProcessWorkItemTypeDoesNotExistException",
            Trouble::PartMissing(..) => "ProcessWorkItemTypePartNotFoundException",
            Trouble::System(_) => "SystemProcessModificationException",
            Trouble::Process(_) => "ProcessServiceException",
            Trouble::Taken(_) => "ProcessNameConflictException",
            Trouble::ListMissing(_) => "WorkItemPicklistNotFoundException",
            Trouble::Field(_) => "ProcessFieldException",
            Trouble::Category(..) => "WorkItemTypeCategoryNotFoundException",
            Trouble::Subject(_) => "GraphSubjectNotFoundException",
            Trouble::Search(_) => "IdentitySearchException",
            Trouble::Limit(..) => "LimitExceededException",
            Trouble::Stock(..) => "ResourceNotFoundException",
        }
    }
}

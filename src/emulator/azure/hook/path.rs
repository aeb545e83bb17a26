//! What the paths below `_apis/hooks` name.

/// A resource of the service hooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HookPath {
    /// `publishers`
    Publishers,
    /// `publishers/{id}`
    Publisher(String),
    /// `publishers/{id}/eventTypes`
    EventTypes(String),
    /// `publishers/{id}/eventTypes/{id}`
    EventType(String, String),
    /// `publishers/{id}/inputValuesQuery`
    InputValues(String),
    /// `publishersQuery`
    PublishersQuery,
    /// `consumers`
    Consumers,
    /// `consumers/{id}`
    Consumer(String),
    /// `consumers/{id}/actions`
    Actions(String),
    /// `consumers/{id}/actions/{id}`
    Action(String, String),
    /// `subscriptions`
    Subscriptions,
    /// `subscriptions/{id}`
    Subscription(String),
    /// `subscriptions/{id}/diagnostics`
    Diagnostics(String),
    /// `subscriptions/{id}/notifications`
    Notifications(String),
    /// `subscriptions/{id}/notifications/{number}`
    Notification(String, i32),
    /// `subscriptionsQuery`
    SubscriptionsQuery,
    /// `notificationsQuery`
    NotificationsQuery,
    /// `testNotifications`
    Tests,
}

impl HookPath {
    /// Reads what follows `_apis/hooks`.
    pub(crate) fn parse(rest: &[&str]) -> Option<Self> {
        let own = |text: &str| text.to_owned();
        let words: Vec<String> = rest.iter().map(|s| s.to_lowercase()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let name = |at: usize| rest.get(at).map(|text| own(text));
        match words.as_slice() {
            ["publishers"] => Some(Self::Publishers),
            ["publishers", _] => Some(Self::Publisher(name(1)?)),
            ["publishers", _, "eventtypes"] => Some(Self::EventTypes(name(1)?)),
            ["publishers", _, "eventtypes", _] => Some(Self::EventType(name(1)?, name(3)?)),
            ["publishers", _, "inputvaluesquery"] => Some(Self::InputValues(name(1)?)),
            ["publishersquery"] => Some(Self::PublishersQuery),
            ["consumers"] => Some(Self::Consumers),
            ["consumers", _] => Some(Self::Consumer(name(1)?)),
            ["consumers", _, "actions"] => Some(Self::Actions(name(1)?)),
            ["consumers", _, "actions", _] => Some(Self::Action(name(1)?, name(3)?)),
            ["subscriptions"] => Some(Self::Subscriptions),
            ["subscriptions", _] => Some(Self::Subscription(name(1)?)),
            ["subscriptions", _, "diagnostics"] => Some(Self::Diagnostics(name(1)?)),
            ["subscriptions", _, "notifications"] => Some(Self::Notifications(name(1)?)),
            ["subscriptions", _, "notifications", number] => {
                Some(Self::Notification(name(1)?, number.parse().ok()?))
            }
            ["subscriptionsquery"] => Some(Self::SubscriptionsQuery),
            ["notificationsquery"] => Some(Self::NotificationsQuery),
            ["testnotifications"] => Some(Self::Tests),
            _ => None,
        }
    }

    /// A name for counting requests.
    pub(crate) fn template(&self) -> &'static str {
        match self {
            Self::Publishers => "/_apis/hooks/publishers",
            Self::Publisher(_) => "/_apis/hooks/publishers/{id}",
            Self::EventTypes(_) => "/_apis/hooks/publishers/{id}/eventtypes",
            Self::EventType(..) => "/_apis/hooks/publishers/{id}/eventtypes/{type}",
            Self::InputValues(_) => "/_apis/hooks/publishers/{id}/inputvaluesquery",
            Self::PublishersQuery => "/_apis/hooks/publishersquery",
            Self::Consumers => "/_apis/hooks/consumers",
            Self::Consumer(_) => "/_apis/hooks/consumers/{id}",
            Self::Actions(_) => "/_apis/hooks/consumers/{id}/actions",
            Self::Action(..) => "/_apis/hooks/consumers/{id}/actions/{action}",
            Self::Subscriptions => "/_apis/hooks/subscriptions",
            Self::Subscription(_) => "/_apis/hooks/subscriptions/{id}",
            Self::Diagnostics(_) => "/_apis/hooks/subscriptions/{id}/diagnostics",
            Self::Notifications(_) => "/_apis/hooks/subscriptions/{id}/notifications",
            Self::Notification(..) => "/_apis/hooks/subscriptions/{id}/notifications/{number}",
            Self::SubscriptionsQuery => "/_apis/hooks/subscriptionsquery",
            Self::NotificationsQuery => "/_apis/hooks/notificationsquery",
            Self::Tests => "/_apis/hooks/testnotifications",
        }
    }

    /// Whether a POST here only reads.
    pub(crate) fn posts_to_read(&self) -> bool {
        matches!(
            self,
            Self::InputValues(_)
                | Self::PublishersQuery
                | Self::SubscriptionsQuery
                | Self::NotificationsQuery
        )
    }
}

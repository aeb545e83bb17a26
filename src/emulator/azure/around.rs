//! What is asked around the items, by place and method.

use http::Method;
use serde_json::Value as Json;

use super::Services;
use super::call::Call;
use super::error::Refusal;
use super::place::{Part, Place};
use super::trouble::Trouble;
use crate::site::Response;

impl Services {
    /// Answers a request around the items.
    pub(crate) fn around(&mut self, call: &Call<'_>, place: &Place) -> Result<Response, Refusal> {
        let ok = |json: Json| Response::json(200, &json);
        match place {
            Place::AllTeams
            | Place::Teams(_)
            | Place::Team(..)
            | Place::TeamMembers(..)
            | Place::Properties(_) => self.teams(call, place),
            Place::Queries(_) | Place::QueriesBatch | Place::StoredQuery(_) => {
                self.queries(call, place)
            }
            Place::TeamSettings
            | Place::TeamField
            | Place::TeamIterations(_)
            | Place::IterationItems(_) => self.team_settings(call, place),
            Place::Processes(_)
            | Place::Behaviors(..)
            | Place::ProcessTypes(_)
            | Place::ProcessType(..)
            | Place::Lists(_) => self.processes(call, place),
            Place::Migration => self.migrate(call).map(ok),
            _ if call.request.method == Method::GET => self.look_around(call, place).map(ok),
            Place::SubjectQuery | Place::SubjectLookup | Place::Picker
                if call.request.method == Method::POST =>
            {
                self.search_people(call, place).map(ok)
            }
            _ => Err(Refusal::Method(call.request.method.to_string())),
        }
    }

    /// What can only be read.
    fn look_around(&self, call: &Call<'_>, place: &Place) -> Result<Json, Refusal> {
        match place {
            Place::CoreProcesses(id) => self.core_processes(call, id.as_deref()),
            Place::Categories(name) => self.categories(call, name.as_deref()),
            Place::Icons(icon) => self.icons(call, icon.as_deref()),
            Place::Transitions => self.next_states(call),
            Place::Boards(id) => self.boards(call, id.as_deref()),
            Place::BoardColumns(id) => self.board_part(call, id, "columns"),
            Place::BoardRows(id) => self.board_part(call, id, "rows"),
            Place::Backlogs(id) => self.backlogs(call, id.as_deref()),
            Place::BacklogItems(id) => self.backlog_items(call, id),
            Place::BacklogConfiguration => self.backlog_configuration(call),
            Place::ProcessConfiguration => self.process_configuration(call),
            Place::Identities(id) => self.identities(call, id.as_deref()),
            Place::Users(descriptor) => self.users(call, descriptor.as_deref()),
            Place::Groups(descriptor) => self.groups(call, descriptor.as_deref()),
            Place::Descriptor(key) => self.descriptor(call, key),
            Place::StorageKey(descriptor) => self.storage_key(call, descriptor),
            Place::Memberships(subject) => self.memberships(call, subject),
            Place::Membership(subject, container) => self.membership(call, subject, container),
            Place::MembershipState(subject) => self.membership_state(call, subject),
            Place::Profile => Err(Trouble::Profile.into()),
            Place::AllTeams
            | Place::Teams(_)
            | Place::Team(..)
            | Place::TeamMembers(..)
            | Place::Properties(_)
            | Place::Queries(_)
            | Place::QueriesBatch
            | Place::StoredQuery(_)
            | Place::Migration
            | Place::TeamSettings
            | Place::TeamField
            | Place::TeamIterations(_)
            | Place::IterationItems(_)
            | Place::Processes(_)
            | Place::Behaviors(..)
            | Place::ProcessTypes(_)
            | Place::ProcessType(
                _,
                _,
                Part::Whole
                | Part::States(_)
                | Part::Fields(_)
                | Part::Rules(_)
                | Part::Layout
                | Part::Behaviors(_),
            )
            | Place::Lists(_)
            | Place::Picker
            | Place::SubjectQuery
            | Place::SubjectLookup => Err(Refusal::Method(call.request.method.to_string())),
        }
    }
}

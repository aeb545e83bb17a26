//! Broken profiles: what is replaced in (or, when that is empty, added to) a sound one, by what, and the faults.

/// A sound profile; the line numbers below are its.
pub(super) const SOUND: &str = r#"name = "web"
direction = "both"
[jira]
url = "https://acme.atlassian.net/"
credential = "jira-sync"
[azure]
url = "https://dev.azure.com/acme"
credential = "azure-sync"
[[scope]]
jira = { project = "WEB" }
azure = { project = "Platform", area = "Platform\\Web" }
[[type]]
jira = "Story"
azure = "User Story"
[[type]]
jira = "Bug"
azure = "Bug"
[[field]]
jira = "priority"
azure = "Microsoft.VSTS.Common.Priority"
values = [["High", 1], ["Low", 2]]
[[state]]
jira = "To Do"
azure = "New"
"#;

/// One way to break it: replaced text, new text, and the faults as `line: what; cure`.
pub(super) type Broken = (&'static str, &'static str, &'static [&'static str]);

pub(super) const BROKEN: &[Broken] = &[
    (
        r#"name = "web"
"#,
        "",
        &[r#"1: the profile has no `name`; add name = "web-to-platform""#],
    ),
    (
        r#"name = "web""#,
        r#"name = "../web""#,
        &[
            r#"1: "../web" is no name for a profile; a name holds only letters a-z, digits, '-', '_' and '.', and begins with a letter or digit; found '.'"#,
        ],
    ),
    (
        r#"name = "web""#,
        "name = 7",
        &[
            r#"1: `name` of the profile is of type integer; write a text in quotes, such as name = "...""#,
        ],
    ),
    (
        r#"name = "web""#,
        r#"name = "  ""#,
        &["1: `name` of the profile is empty; write a value or remove the key"],
    ),
    (
        r#"direction = "both""#,
        r#"direction = "to-azur""#,
        &[r#"2: `direction` of the profile cannot be "to-azur"; did you mean "to-azure"?"#],
    ),
    (
        r#"direction = "both""#,
        r#"dirction = "both""#,
        &[r#"2: the profile has no key "dirction"; did you mean "direction"?"#],
    ),
    (
        r#"direction = "both""#,
        r#"conflict = "newest""#,
        &[
            r#"2: `conflict` of the profile cannot be "newest"; write one of "latest", "jira", "azure", "manual""#,
        ],
    ),
    (
        r#"direction = "both""#,
        r#"direction = "both"#,
        &[
            r#"2: this is not TOML: invalid basic string, expected `"`; mend the syntax; the rest is read after that"#,
        ],
    ),
    (
        r#"direction = "both""#,
        r#"direction = "both"
direction = "both""#,
        &["3: this is not TOML: duplicate key; mend the syntax; the rest is read after that"],
    ),
    (
        r#"[jira]
url = "https://acme.atlassian.net/"
credential = "jira-sync"
"#,
        "",
        &["1: the profile has no `jira`; add [jira] with `url` and `credential`"],
    ),
    (
        "https://acme.atlassian.net/",
        "http://jira.acme.example",
        &[
            "4: the address is plain HTTP, over which the token could be read on the way; only a loopback address may be; write the root address, such as https://acme.atlassian.net",
        ],
    ),
    (
        r#"url = "https://acme.atlassian.net/""#,
        r#"url = "acme.atlassian.net""#,
        &[
            "4: the address does not begin with https:// or http://; write the root address, such as https://acme.atlassian.net",
        ],
    ),
    (
        r#"url = "https://acme.atlassian.net/""#,
        r#"url = "https://acme.atlassian.net/browse""#,
        &[
            r#"4: "https://acme.atlassian.net/browse" leads below the root of the Jira site; write the root address, such as https://acme.atlassian.net"#,
        ],
    ),
    (
        r#"url = "https://acme.atlassian.net/""#,
        r#"url = "https://me:secret@acme.example""#,
        &[
            "4: the address holds a user or a password; write the root address, such as https://acme.atlassian.net",
        ],
    ),
    (
        r#"url = "https://acme.atlassian.net/""#,
        r#"url = "https://?""#,
        &[
            r#"4: "https://?" is no root address; write the root address, such as https://acme.atlassian.net"#,
        ],
    ),
    (
        r#"url = "https://dev.azure.com/acme""#,
        r#"url = "https://dev.azure.com""#,
        &[
            r#"7: "https://dev.azure.com" does not name the organisation; write the root address, such as https://dev.azure.com/acme"#,
        ],
    ),
    (
        r#"url = "https://dev.azure.com/acme""#,
        r#"url = "https://dev.azure.com/acme/Platform""#,
        &[
            r#"7: "https://dev.azure.com/acme/Platform" leads below the organisation; write the root address, such as https://dev.azure.com/acme"#,
        ],
    ),
    (
        r#"credential = "jira-sync"
"#,
        "",
        &[r#"3: [jira] has no `credential`; add credential = "jira-sync""#],
    ),
    (
        r#"credential = "jira-sync""#,
        r#"credential = "ATATT3xFfGF0=secret""#,
        &[
            "5: `credential` is no name of a credential; write its name, never the secret itself: a name holds only letters a-z, digits, '-', '_' and '.', and begins with a letter or digit; found '='",
        ],
    ),
    (
        r#"credential = "jira-sync""#,
        r#"credential = "jira-sync"
token = "x""#,
        &[r#"6: [jira] has no key "token"; remove it; known keys are "url", "credential""#],
    ),
    (
        r#"[[scope]]
jira = { project = "WEB" }
azure = { project = "Platform", area = "Platform\\Web" }
"#,
        "",
        &[
            r#"1: the profile has no `[[scope]]`; add [[scope]] with jira = { project = "WEB" } and azure = { project = "Platform" }"#,
        ],
    ),
    (
        "[[scope]]",
        "[scope]",
        &[
            "9: `scope` of the profile is of type table; write it with double brackets, such as [[scope]]",
        ],
    ),
    (
        r#"jira = { project = "WEB" }"#,
        r#"jira = "WEB""#,
        &["10: `jira` of [[scope]] is of type string; write a table, such as jira = { ... }"],
    ),
    (
        r#"jira = { project = "WEB" }"#,
        r#"jira = { project = "Web Shop" }"#,
        &[
            r#"10: "Web Shop" is no key of a Jira project; write the key, such as WEB, not the name"#,
        ],
    ),
    (
        r#"jira = { project = "WEB" }"#,
        r#"jira = { projct = "WEB" }"#,
        &[
            r#"10: `jira` of [[scope]] has no key "projct"; did you mean "project"?"#,
            r#"10: `jira` of [[scope]] has no `project`; add project = "WEB""#,
        ],
    ),
    (
        r#"jira = { project = "WEB" }"#,
        r#"jira = { project = "WEB", filter = "labels = a ORDER BY rank" }"#,
        &["10: the filter has an ORDER BY; write one JQL condition; it is joined to others by AND"],
    ),
    (
        r#"jira = { project = "WEB" }"#,
        r#"jira = { project = "WEB", filter = "(labels = a" }"#,
        &[
            "10: the filter does not close a bracket; write one JQL condition; it is joined to others by AND",
        ],
    ),
    (
        r#"project = "Platform", area"#,
        r#"project = "Plat/form", area"#,
        &[
            r#"11: "Plat/form" is no name of an Azure DevOps project; write the project's name alone"#,
        ],
    ),
    (
        r#"area = "Platform\\Web""#,
        r#"area = "Web""#,
        &[
            r#"11: the area "Web" is not in project "Platform"; write the whole path, such as area = "Platform\\Web""#,
        ],
    ),
    (
        "",
        r#"[[scope]]
jira = { project = "web" }
azure = { project = "Other" }
"#,
        &[
            "25: Jira project web is in another [[scope]] already (line 9); put each project into one scope",
        ],
    ),
    (
        r#"[[type]]
jira = "Story"
azure = "User Story"
[[type]]
jira = "Bug"
azure = "Bug"
"#,
        "",
        &[
            r#"1: the profile has no `[[type]]`; add [[type]] with jira = "Task" and azure = "Task""#,
        ],
    ),
    (
        r#"azure = "User Story"
"#,
        "",
        &[r#"12: [[type]] has no `azure`; add azure = "User Story""#],
    ),
    (
        "",
        r#"[[type]]
jira = "Bug"
azure = "bug"
"#,
        &[
            "25: this row never applies: both its values stand in earlier rows (line 15); remove it, or move it up",
        ],
    ),
    (
        r#"jira = "priority"
"#,
        "",
        &[r#"18: [[field]] has no `jira`; add jira = "priority""#],
    ),
    (
        r#"jira = "priority""#,
        r#"jira = "prioritty"
kind = "choise""#,
        &[r#"20: `kind` of [[field]] cannot be "choise"; did you mean "choice"?"#],
    ),
    (
        r#"jira = "priority""#,
        r#"jira = "priority"
kind = "user""#,
        &[
            r#"20: `kind` is "user", but priority holds "choice" and Microsoft.VSTS.Common.Priority "number"; remove the key"#,
        ],
    ),
    (
        r#"values = [["High", 1], ["Low", 2]]
"#,
        "",
        &[
            r#"18: priority holds "choice" and Microsoft.VSTS.Common.Priority "number"; add `values`, such as values = [["High", 2], ["Low", 4]]"#,
        ],
    ),
    (
        r#"values = [["High", 1], ["Low", 2]]"#,
        r#"values = [["High", 1], ["Low"]]"#,
        &["21: a row of `values` has 1 values; write two: Jira's, then Azure DevOps'"],
    ),
    (
        r#"values = [["High", 1], ["Low", 2]]"#,
        r#"values = [["High", 1],
  ["Low", "2"]]"#,
        &[
            r#"22: the Azure DevOps field holds numbers, and here is "2"; write the number without quotes"#,
        ],
    ),
    (
        r#"values = [["High", 1], ["Low", 2]]"#,
        r#"values = [["High", 1], [true, 2]]"#,
        &[r#"21: the Jira field holds names, and here is "true"; write the name in quotes"#],
    ),
    (
        r#"values = [["High", 1], ["Low", 2]]"#,
        r#"values = [["High", 1], ["Low", 2],
  ["high", 2]]"#,
        &[
            "22: this row never applies: both its values stand in earlier rows (line 21); remove it, or move it up",
        ],
    ),
    (
        r#"values = [["High", 1], ["Low", 2]]"#,
        r#"values = "High""#,
        &[
            r#"21: `values` of [[field]] is of type string; write a list of pairs, such as values = [["High", 2], ["Low", 4]]"#,
        ],
    ),
    (
        r#"values = [["High", 1], ["Low", 2]]"#,
        "values = []",
        &["21: `values` has no sound row; add rows or remove the key"],
    ),
    (
        r#"values = [["High", 1], ["Low", 2]]"#,
        r#"values = [["High", 1]]
otherwise = "ignore""#,
        &[r#"22: `otherwise` of [[field]] cannot be "ignore"; write one of "skip", "error""#],
    ),
    (
        r#"values = [["High", 1], ["Low", 2]]"#,
        r#"values = [["High", 1]]
otherwise = { azure = "three" }"#,
        &[
            r#"22: the Azure DevOps field holds numbers, and here is "three"; write the number without quotes"#,
        ],
    ),
    (
        r#"values = [["High", 1], ["Low", 2]]"#,
        r#"values = [["High", 1]]
otherwise = {}"#,
        &[
            r#"22: `otherwise` names no value; write otherwise = { jira = "...", azure = "..." }, or "skip" or "error""#,
        ],
    ),
    (
        r#"values = [["High", 1], ["Low", 2]]"#,
        r#"values = [["High", 1]]
types = ["Storry"]"#,
        &[r#"22: no [[type]] row names the Jira type "Storry"; did you mean "Story"?"#],
    ),
    (
        r#"values = [["High", 1], ["Low", 2]]"#,
        r#"values = [["High", 1]]
types = []"#,
        &[
            "22: `types` is empty, so the rule applies to nothing; name Jira types or remove the key",
        ],
    ),
    (
        r#"values = [["High", 1], ["Low", 2]]"#,
        r#"values = [["High", 1]]
name = "my priority""#,
        &[
            r#"22: "my priority" is no name for a rule; give the rule a `name`: a name holds only letters a-z, digits, '-', '_' and '.', and begins with a letter or digit; found ' '"#,
        ],
    ),
    (
        r#"values = [["High", 1], ["Low", 2]]"#,
        r#"values = [["High", 1]]
valeus = []"#,
        &[r#"22: [[field]] has no key "valeus"; did you mean "values"?"#],
    ),
    (
        "",
        r#"[[field]]
jira = "customfield_10010"
azure = "Custom.Region"
"#,
        &[
            r#"26: it is not known what customfield_10010 and Custom.Region hold; add `kind`, one of "text", "rich", "number", "choice", "user", "set", "date", "moment", "flag""#,
        ],
    ),
    (
        "",
        r#"[[field]]
jira = "lables"
azure = "Custom.Region"
"#,
        &[
            r#"26: it is not known what lables and Custom.Region hold; did you mean "labels"? For a custom field add `kind`"#,
        ],
    ),
    (
        "",
        r#"[[field]]
jira = "labels"
azure = "Custom.Region"
kind = "sett"
"#,
        &[r#"28: `kind` of [[field]] cannot be "sett"; did you mean "set"?"#],
    ),
    (
        "",
        r#"[[field]]
jira = "labels"
azure = "Microsoft.VSTS.Common.Severity"
"#,
        &[
            r#"25: labels holds "set" and Microsoft.VSTS.Common.Severity "choice", which cannot be carried; map fields that hold the same"#,
        ],
    ),
    (
        "",
        r#"[[field]]
jira = "status"
azure = "Custom.State"
kind = "choice"
"#,
        &[
            "26: the Jira field status is not carried by a rule; remove this rule and map states by [[state]] rows",
        ],
    ),
    (
        "",
        r#"[[field]]
jira = "customfield_1"
azure = "System.AreaPath"
kind = "text"
"#,
        &[
            "27: the Azure DevOps field System.AreaPath is not carried by a rule; the area is named by `area` in a [[scope]]",
        ],
    ),
    (
        "",
        r#"[[field]]
jira = "customfield_1"
azure = "Custom.A"
kind = "state"
"#,
        &[r#"28: a rule cannot have the kind "state"; map states by [[state]] rows"#],
    ),
    (
        "",
        r#"[[field]]
jira = "updated"
azure = "Custom.JiraUpdated"
"#,
        &[r#"26: updated is written by Jira itself; add direction = "to-azure" to the rule"#],
    ),
    (
        "",
        r#"[[field]]
jira = "assignee"
azure = "System.AssignedTo"
values = [["a", "b"]]
"#,
        &[
            r#"28: a field that holds "user" has no table of values; remove `values` and map people by [[user]] rows"#,
        ],
    ),
    (
        "",
        r#"[[field]]
jira = "labels"
azure = "System.Tags"
otherwise = "skip"
"#,
        &[r#"28: a field that holds "set" has no `otherwise`; remove the key"#],
    ),
    (
        "",
        r#"[[field]]
jira = "labels"
azure = "System.Tags"
values = [["a", "x"], ["b", "X"]]
"#,
        &[
            r#"28: "X" stands in two rows (line 28 too); name each element once; elements of sets are mapped one to one"#,
        ],
    ),
    (
        "",
        r#"[[field]]
jira = "priority"
azure = "Microsoft.VSTS.Common.Severity"
direction = "to-azure"
"#,
        &[r#"25: two rules have the name "priority"; give this one another `name`"#],
    ),
    (
        "",
        r#"[[field]]
name = "severity"
jira = "priority"
azure = "Microsoft.VSTS.Common.Severity"
"#,
        &[
            r#"25: the Jira field priority is written by two rules, "priority" and "severity"; remove one, limit them to different `types`, or give one a `direction`"#,
        ],
    ),
    (
        "",
        r#"[[field]]
name = "status"
jira = "labels"
azure = "System.Tags"
"#,
        &[r#"25: two rules have the name "status"; give this one another `name`"#],
    ),
    (
        "",
        r#"[[field]]
jira = "summary"
azure = "Custom.Summary"
"#,
        &[
            "25: no rule fills System.Title of Azure DevOps type User Story; a rule that names the title must fill it on both sides and for all types; or remove the rule",
        ],
    ),
    (
        "",
        r#"[[field]]
jira = "summary"
azure = "System.Title"
types = ["Bug"]
"#,
        &[
            "25: no rule fills summary of Jira type Story; a rule that names the title must fill it on both sides and for all types; or remove the rule",
            "25: no rule fills System.Title of Azure DevOps type User Story; a rule that names the title must fill it on both sides and for all types; or remove the rule",
        ],
    ),
    (
        "",
        r#"[[state]]
jira = "Done"
azure = "Closed"
type = "Storyy"
"#,
        &[r#"28: no [[type]] row names the Jira type "Storyy"; did you mean "Story"?"#],
    ),
    (
        "",
        r#"[[state]]
jira = "to do"
azure = "New"
"#,
        &[
            "25: this row never applies: both its values stand in earlier rows (line 22); remove it, or move it up",
        ],
    ),
    (
        "",
        r#"[[state]]
azure = "Closed"
"#,
        &[r#"25: [[state]] has no `jira`; add jira = "In Progress""#],
    ),
    (
        "",
        r#"[[user]]
jira = "a"
"#,
        &[r#"25: [[user]] has no `azure`; add azure = "alice@acme.example""#],
    ),
    (
        "",
        r#"[[user]]
jira = "a"
azure = "b\tc"
"#,
        &["27: `azure` of [[user]] holds a control character; write it on one line without tabs"],
    ),
    (
        "",
        r#"[[user]]
jira = "a"
azure = "b"
azure_id = "alice"
"#,
        &[
            r#"28: `azure_id` of [[user]] is "alice", which is no GUID; write the identity's id as the profile page or the Graph API of Azure DevOps shows it, such as "8c8c7d32-6b1b-47f4-b2e9-30b477b5ab3d", or leave it out"#,
        ],
    ),
    (
        "",
        r#"[[user]]
jira = "a"
azure = "b"
[[user]]
jira = "a"
azure = "B"
"#,
        &[
            "28: this row never applies: both its values stand in earlier rows (line 25); remove it, or move it up",
        ],
    ),
    (
        "",
        r#"[comments]
direction = "none"
"#,
        &[
            r#"26: `direction` of [comments] cannot be "none"; write one of "both", "to-azure", "to-jira", "off""#,
        ],
    ),
    (
        "",
        "[comments]\nauthor_line = 1\n",
        &[
            "26: `author_line` of [comments] is of type integer; write true or false, such as author_line = true",
        ],
    ),
    (
        "",
        "[attachments]\nmax_bytes = 0\n",
        &[
            "26: `max_bytes` of [attachments] is no whole number above zero; write one, such as max_bytes = 1000000",
        ],
    ),
    (
        "",
        r#"[attachments]
types = ["png"]
"#,
        &[r#"26: "png" is no media type; write type/subtype, such as "image/*""#],
    ),
    (
        "",
        r#"[links]
types = [["Blocks", 1]]
"#,
        &["26: a link type is a name; write both names in quotes"],
    ),
    (
        "",
        r#"[links]
hierarchy = "yes"
"#,
        &[
            "26: `hierarchy` of [links] is of type string; write true or false, such as hierarchy = true",
        ],
    ),
    (
        "",
        r#"[deletions]
jira = "delete"
"#,
        &[
            r#"26: `jira` of [deletions] cannot be "delete"; write one of "ignore", "note", "close", "recycle""#,
        ],
    ),
    (
        "",
        r#"[[example]]
from = "Jira"
type = "Bug"
jira = { priority = "High" }
azure = { "Microsoft.VSTS.Common.Priority" = 1 }
"#,
        &[r#"26: `from` of [[example]] cannot be "Jira"; did you mean "jira"?"#],
    ),
    (
        "",
        r#"[[example]]
from = "jira"
type = "Bug"
jira = { prority = "High" }
azure = { "Microsoft.VSTS.Common.Priority" = 1 }
"#,
        &[r#"28: no rule names the Jira field prority; did you mean "priority"?"#],
    ),
    (
        "",
        r#"[[example]]
from = "jira"
type = "Bug"
jira = { priority = "High" }
"#,
        &["25: [[example]] has no `azure`; add azure = { ... } with fields and values"],
    ),
];

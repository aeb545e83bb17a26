// Where one works from: clients of the platform and of boards, a project, and small helpers.
'use strict';

const { AgileClient, Version3Client } = require('jira.js');

const ALICE = '712020:0a1f7c52-6e0d-4b6e-9a43-1d2f5b7c9e01';
const BRUNO = '712020:1b2e8d63-7f1e-4c7f-8b54-2e3a6c8d0f02';

class Desk {
  constructor(site) {
    this.site = site;
    this.project = site.project;
    this.api = this.connect(site.user, site.token);
    this.agile = new AgileClient({ host: site.url, authentication: { basic: { email: site.user, apiToken: site.token } } });
  }

  connect(email, apiToken) {
    return new Version3Client({ host: this.site.url, authentication: { basic: { email, apiToken } } });
  }

  fields(kind, summary, more = {}) {
    return { project: { key: this.project }, issuetype: { name: kind }, summary, ...more };
  }

  async create(kind, summary, more = {}) {
    return this.api.issues.createIssue({ fields: this.fields(kind, summary, more) });
  }

  async read(issueIdOrKey, more = {}) {
    return this.api.issues.getIssue({ issueIdOrKey, ...more });
  }

  async edit(issueIdOrKey, fields) {
    return this.api.issues.editIssue({ issueIdOrKey, fields });
  }
}

/** A document of the Atlassian Document Format, one plain paragraph per text. */
function document(...paragraphs) {
  const content = paragraphs.map((text) => ({ type: 'paragraph', content: [{ type: 'text', text }] }));
  return { type: 'doc', version: 1, content };
}

/** The text of a document. */
function words(node) {
  return (node.text ?? '') + (node.content ?? []).map(words).join('');
}

/** Whether the client raised an answer of that status. */
function status(code, check = () => true) {
  return (failure) => failure.status === code && check(failure.response ?? {});
}

module.exports = { ALICE, BRUNO, Desk, document, status, words };

// Where one works from: a connection, a project, and small helpers.
'use strict';

const { WebApi, getPersonalAccessTokenHandler } = require('azure-devops-node-api');

const TITLE = 'System.Title';
const STATE = 'System.State';
const PRIORITY = 'Microsoft.VSTS.Common.Priority';

class Desk {
  constructor(organization) {
    this.organization = organization;
    this.project = organization.project;
    this.connection = this.connect(organization.token);
  }

  connect(token) {
    return new WebApi(this.organization.url, getPersonalAccessTokenHandler(token));
  }

  async open() {
    this.api = await this.connection.getWorkItemTrackingApi();
  }

  async create(kind, title, fields = {}, more = {}) {
    return this.api.createWorkItem({}, patch({ [TITLE]: title, ...fields }), this.project, kind, more.validateOnly, more.bypassRules);
  }

  async edit(id, fields, more = {}) {
    return this.api.updateWorkItem({}, patch(fields), id, this.project, more.validateOnly, more.bypassRules);
  }

  async fields(id) {
    return (await this.api.getWorkItem(id)).fields;
  }

  /** The address of a resource that the package has no method for; its `rest` client asks for it. */
  address(path) {
    return `${this.organization.url}/_apis/${path}`;
  }
}

/** A patch document that sets these fields; null clears the field. */
function patch(fields) {
  return Object.entries(fields).map(([name, value]) => (value === null ? { op: 'remove', path: `/fields/${name}` } : { op: 'add', path: `/fields/${name}`, value }));
}

function relation(rel, url, attributes = {}) {
  return { op: 'add', path: '/relations/-', value: { rel, url, attributes } };
}

/** Whether the client raised an answer whose message holds that code. */
function says(code, status) {
  return (failure) => failure.message.includes(code) && (status === undefined || failure.statusCode === status);
}

module.exports = { Desk, PRIORITY, STATE, TITLE, patch, relation, says };

'use strict';
/**
 * Calling the script the way NetSuite does: loaded afresh for every call, with its full allowance, its arguments
 * out of JSON and its answer into JSON, and an error it did not catch as HTTP 400 with the error's own name.
 *
 * When CONTRACT_RECORDS names a file, every exchange is appended to it; the contract's schema is checked outside.
 */
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const { createHash } = require('node:crypto');
const { modulesOf, SuiteScriptError } = require('./account.cjs');

const SCRIPT = path.join(__dirname, '../../../docs/netsuite/restlet/countersign_push.js');
const SOURCE = new vm.Script(fs.readFileSync(SCRIPT, 'utf8'), { filename: SCRIPT });

function load(account) {
    let entryPoints;
    const modules = modulesOf(account);
    const define = (names, factory) => {
        entryPoints = factory(...names.map((name) => modules[name]));
    };
    SOURCE.runInNewContext({ define, Date });
    return entryPoints;
}

/** `query` for a GET, `body` for a POST; the answer is `{status, answer}`. */
function call(account, method, { query, body }) {
    account.unitsLeft = account.units;
    account.calls = [];
    let reply;
    try {
        const given = JSON.parse(JSON.stringify(method === 'GET' ? query : body));
        const returned = load(account)[method.toLowerCase()](given);
        reply = { status: 200, answer: JSON.parse(JSON.stringify(returned)) };
    } catch (problem) {
        const code = problem instanceof SuiteScriptError ? problem.name : 'UNEXPECTED_ERROR';
        reply = { status: 400, answer: { error: { code, message: String(problem.message) } } };
    }
    if (process.env.CONTRACT_RECORDS) {
        const request = method === 'GET' ? query : body;
        const line = { op: request.op ?? null, request, ...reply };
        fs.appendFileSync(process.env.CONTRACT_RECORDS, `${JSON.stringify(line)}\n`);
    }
    return reply;
}

const ADDRESS = { script: 'customscript_countersign_push', deploy: 'customdeploy_countersign_push' };
const ping = (account) => call(account, 'GET', { query: { ...ADDRESS, op: 'ping' } });
const lookup = (account, externalid, recordtype = 'inventoryadjustment') =>
    call(account, 'GET', { query: { ...ADDRESS, op: 'lookup', recordtype, externalid } });
const push = (account, body) => call(account, 'POST', { body }).answer;

/** The same canonical text, written without a look at the script's own. */
function sorted(value) {
    if (Array.isArray(value)) {
        return value.map(sorted);
    }
    if (value && typeof value === 'object') {
        return Object.fromEntries(
            Object.entries(value)
                .sort(([a], [b]) => (a < b ? -1 : 1))
                .map(([k, v]) => [k, sorted(v)])
        );
    }
    return value;
}

function pushBody(externalId, record, changed = {}, recordType = 'inventoryadjustment') {
    const content = { recordType, externalId, record };
    const payloadHash = createHash('sha256')
        .update(JSON.stringify(sorted(content)), 'utf8')
        .digest('hex');
    return { op: 'push', contract: 1, payloadHash, dryRun: false, ...content, ...changed };
}

const line = (item, adjustQtyBy, more = {}) => ({
    item: { itemid: item },
    location: { name: 'MAIN' },
    adjustQtyBy,
    memo: '',
    ...more,
});

const adjustment = (lines = [line('000123', '-3.000')], header = {}) => ({
    tranDate: '2026-11-21',
    memo: 'Cycle count A-01',
    account: null,
    subsidiary: null,
    adjLocation: { name: 'MAIN' },
    lines,
    ...header,
});

const quoteBody = (externalId, record, changed = {}) => pushBody(externalId, record, changed, 'estimate');

const quoteLine = (item, quantity, more = {}) => ({ item: { itemid: item }, quantity, ...more });

const estimate = (lines = [quoteLine('000123', '12.000', { rate: '17.2500' })], header = {}) => ({
    tranDate: '2026-11-21',
    entity: { entityid: 'LAKESIDE' },
    dueDate: '2026-12-31',
    expectedCloseDate: '2026-12-31',
    title: 'Q-2026-00017',
    memo: '',
    lines,
    ...header,
});

module.exports = { call, ping, lookup, push, pushBody, line, adjustment, quoteBody, quoteLine, estimate };

'use strict';
/**
 * A NetSuite account as a script sees it through its N/* modules, in memory.
 *
 * It follows Oracle's help: usage units per call (SuiteQL 10, create 10, load 10, save 20 of a transaction), external
 * ids unique without regard to case over all transactions, records in standard mode whose lines must be written in
 * order, an error object with name and message, rows of a query with lower-case keys. What it does not know it refuses,
 * so that a script cannot lean on a field or a column nobody has checked.
 */
const { createHash } = require('node:crypto');
const estimateClass = require('./estimate.cjs');
const inventoryDetail = require('./inventory_detail.cjs');
const DEFAULTS = require('./standing_records.cjs');

const COLUMNS = {
    transaction: [
        ...['id', 'recordtype', 'externalid', 'trandate', 'custbody_countersign_payload_hash'],
        'custbody_countersign_push_key',
    ],
    item: ['id', 'itemid', 'itemtype', 'isinactive', 'islotitem', 'isserialitem'],
    location: ['id', 'name', 'isinactive'],
    customer: ['id', 'entityid', 'isinactive'],
    pricelevel: ['id', 'name', 'isinactive'],
    bin: ['id', 'binnumber', 'location'],
    inventorystatus: ['id', 'name', 'isinactive'],
    inventorynumber: ['id', 'inventorynumber', 'item'],
};
const ROWS = {
    ...{ item: 'items', location: 'locations', customer: 'customers', pricelevel: 'levels' },
    ...{ bin: 'bins', inventorystatus: 'statuses', inventorynumber: 'numbers' },
};
const COLUMNS_OF_FEATURES = {
    islotitem: 'LOTNUMBEREDINVENTORY',
    isserialitem: 'SERIALIZEDINVENTORY',
    binnumber: 'BINMANAGEMENT',
};
const BODY_FIELDS = [
    ...['externalid', 'subsidiary', 'account', 'trandate', 'memo', 'adjlocation', 'tranid', 'createddate'],
    ...[
        'lastmodifieddate',
        'estimatedtotalvalue',
        'custbody_countersign_payload_hash',
        'custbody_countersign_push_key',
    ],
];
const LINE_FIELDS = ['item', 'location', 'adjustqtyby', 'unitcost', 'memo'];
const UNITS = { query: 10, create: 10, load: 10, save: 20 };
const MOST_VALUES_IN_A_LIST = 1000;
const MOST_ROWS = 5000;
const ASSET_ACCOUNT = '12';

class SuiteScriptError extends Error {
    constructor(name, message) {
        super(message);
        this.name = name;
    }
}

/** `hooks.beforeSave` and `hooks.afterSave` are the account's own user event scripts. */
function createAccount(options = {}) {
    const account = {
        ...DEFAULTS,
        ...options,
        transactions: [],
        numbers: [],
        logged: [],
        hooks: { ...options.hooks },
        hiddenFromQueries: false,
        unitsLeft: 0,
        calls: [],
    };
    (options.transactions || []).forEach((given) => insert(account, given));
    return account;
}

/** A transaction somebody else made. */
function insert(account, given) {
    const made = {
        id: 1001 + account.transactions.length,
        recordtype: 'inventoryadjustment',
        body: { tranid: `INVADJ${account.transactions.length + 1}`, ...given.body },
        lines: given.lines || [],
    };
    if (given.recordtype) {
        made.recordtype = given.recordtype;
    }
    const now = account.now ? new Date(account.now) : new Date();
    made.body.createddate = made.body.lastmodifieddate = now;
    account.transactions.push(made);
    return made;
}

function spend(account, what) {
    account.calls.push(what);
    if (account.unitsLeft < UNITS[what]) {
        throw new SuiteScriptError('SSS_USAGE_LIMIT_EXCEEDED', 'Script Execution Usage Limit Exceeded');
    }
    account.unitsLeft -= UNITS[what];
}

const sameKey = (one, other) => Boolean(one) && String(one).toUpperCase() === String(other).toUpperCase();

// ---- N/query ----------------------------------------------------------------------------------------------------

const day = (date) =>
    [
        String(date.getFullYear()).padStart(4, '0'),
        String(date.getMonth() + 1).padStart(2, '0'),
        String(date.getDate()).padStart(2, '0'),
    ].join('-');

function checkColumns(account, table, names) {
    names.forEach((name) => {
        const feature = COLUMNS_OF_FEATURES[name];
        const known = COLUMNS[table].includes(name) && (!feature || account.features.includes(feature));
        if (!known || (name.startsWith('custbody_') && !account.customFields)) {
            throw new SuiteScriptError(
                'SSS_SEARCH_ERROR_OCCURRED',
                `Search error occurred: Unknown identifier '${name}'`
            );
        }
    });
}

const SHAPES = [
    {
        form: new RegExp(
            '^SELECT t\\.id, t\\.recordtype, t\\.externalid, t\\.(\\w+) AS payloadhash FROM transaction t' +
                ' WHERE UPPER\\(t\\.externalid\\) = \\? OR UPPER\\(t\\.(\\w+)\\) = \\? ORDER BY t\\.id$'
        ),
        run(account, [, hashField, keyField], [externalId, key]) {
            checkColumns(account, 'transaction', [hashField, keyField]);
            return visible(account)
                .filter(({ body }) => upper(body.externalid) === externalId || upper(body[keyField]) === key)
                .map(({ id, recordtype, body }) => ({
                    id,
                    recordtype,
                    externalid: body.externalid || null,
                    payloadhash: body[hashField] || null,
                }));
        },
    },
    {
        form: /^SELECT TO_CHAR\(t\.trandate, 'YYYY-MM-DD'\) AS day FROM transaction t WHERE t\.id = \?$/,
        run: (account, _, [id]) =>
            visible(account)
                .filter((row) => row.id === id)
                .map(({ body }) => ({ day: day(body.trandate) })),
    },
    {
        form: new RegExp(
            `^SELECT ([\\w, ]+) FROM (${Object.keys(ROWS).join('|')}) WHERE (\\w+) IN \\(([?, ]+)\\) ORDER BY id$`
        ),
        run(account, [, columns, table, key, marks], values) {
            const names = columns.split(', ');
            checkColumns(account, table, [...names, key]);
            if (values.length !== marks.split(',').length || values.length > MOST_VALUES_IN_A_LIST) {
                throw new SuiteScriptError(
                    'SSS_SEARCH_ERROR_OCCURRED',
                    'Search error occurred: Invalid or unsupported search'
                );
            }
            return account[ROWS[table]]
                .filter((row) => values.includes(row[key]))
                .map((row) => Object.fromEntries(names.map((name) => [name, row[name] ?? flag(name)])));
        },
    },
];

const flag = (name) => (name.startsWith('is') ? 'F' : null);
const upper = (value) => (value ? value.toUpperCase() : null);
const visible = (account) => (account.hiddenFromQueries ? [] : account.transactions);

const queryModule = (account) => ({
    runSuiteQL({ query, params = [] }) {
        spend(account, 'query');
        for (const shape of SHAPES) {
            const parts = shape.form.exec(query);
            if (parts) {
                const rows = shape.run(account, parts, params).slice(0, MOST_ROWS);
                return { asMappedResults: () => rows };
            }
        }
        throw new SuiteScriptError('SSS_SEARCH_ERROR_OCCURRED', `Search error occurred: ${query}`);
    },
});

// ---- N/record ---------------------------------------------------------------------------------------------------

class InventoryAdjustment {
    constructor(account, held = null) {
        this.account = account;
        this.held = held;
        this.body = held ? { ...held.body } : {};
        this.lines = held ? held.lines.map((line) => ({ ...line })) : [];
    }

    setValue({ fieldId, value }) {
        known(BODY_FIELDS, fieldId);
        if (fieldId === 'trandate' && !(value instanceof Date)) {
            throw new SuiteScriptError('INVALID_FLD_VALUE', 'You have entered an Invalid Field Value for trandate');
        }
        if (fieldId === 'subsidiary' && !this.account.subsidiaries.includes(String(value))) {
            throw new SuiteScriptError('INVALID_KEY_OR_REF', `Invalid subsidiary reference key ${value}.`);
        }
        this.body[fieldId] = value;
        return this;
    }

    getValue({ fieldId }) {
        known(BODY_FIELDS, fieldId);
        return this.body[fieldId] ?? '';
    }

    setSublistValue({ sublistId, fieldId, line, value }) {
        inventory(sublistId);
        known(LINE_FIELDS, fieldId);
        if (line > this.lines.length) {
            throw new SuiteScriptError(
                'SSS_INVALID_SUBLIST_OPERATION',
                'You have attempted an invalid sublist operation.'
            );
        }
        if (['adjustqtyby', 'unitcost'].includes(fieldId) && typeof value !== 'number') {
            throw new SuiteScriptError('INVALID_NUMBER', `Invalid number: ${value}`);
        }
        if (this.account.hooks.onLine) {
            this.account.hooks.onLine(fieldId, line, value, SuiteScriptError);
        }
        this.lines[line] = { ...this.lines[line], [fieldId]: value };
        return this;
    }

    getSublistValue({ sublistId, fieldId, line }) {
        inventory(sublistId);
        known(LINE_FIELDS, fieldId);
        return this.lines[line][fieldId];
    }

    getLineCount({ sublistId }) {
        inventory(sublistId);
        return this.lines.length;
    }

    getSublistSubrecord({ sublistId, fieldId, line }) {
        inventory(sublistId);
        known(['inventorydetail'], fieldId);
        return new InventoryDetail(this.lines[line]);
    }

    save({ ignoreMandatoryFields }) {
        spend(this.account, 'save');
        const { hooks } = this.account;
        if (hooks.beforeSave) {
            hooks.beforeSave(this, this.account, SuiteScriptError);
        }
        checkBeforeSave(this.account, this, ignoreMandatoryFields);
        this.body.estimatedtotalvalue = this.lines.reduce((sum, line) => sum + line.adjustqtyby * this.costOf(line), 0);
        keepDetails(this.account, this.lines);
        const made = insert(this.account, { body: this.body, lines: this.lines });
        if (hooks.afterSave) {
            hooks.afterSave(made, this.account, SuiteScriptError);
        }
        return made.id;
    }

    costOf(line) {
        const standing = this.account.items.find((item) => item.id === line.item).cost || 0;
        return line.adjustqtyby > 0 && line.unitcost !== undefined ? line.unitcost : standing;
    }
}

function known(names, fieldId) {
    if (!names.includes(fieldId)) {
        throw new SuiteScriptError('SSS_INVALID_FIELD_ID', `There is no field ${fieldId}.`);
    }
}

function inventory(sublistId) {
    if (sublistId !== 'inventory') {
        throw new SuiteScriptError('SSS_INVALID_SUBLIST_OPERATION', `There is no sublist ${sublistId}.`);
    }
}

function checkUnique(account, body) {
    if (account.transactions.some((held) => sameKey(held.body.externalid, body.externalid))) {
        throw new SuiteScriptError('DUP_RCRD', 'This record already exists');
    }
}

const { InventoryDetail, checkDetails, heldOf, keepDetails } = inventoryDetail({ SuiteScriptError, known });
const Estimate = estimateClass({ SuiteScriptError, spend, known, insert, checkUnique });
const KINDS = {
    inventoryadjustment: { Kind: InventoryAdjustment, isDynamic: false },
    estimate: { Kind: Estimate, isDynamic: true },
};

function checkBeforeSave(account, { body, lines }, ignoreMandatoryFields) {
    checkUnique(account, body);
    if (!body.account && !ignoreMandatoryFields) {
        throw new SuiteScriptError('USER_ERROR', 'Please enter value(s) for: Adjustment Account');
    }
    if (String(body.account) === ASSET_ACCOUNT) {
        throw new SuiteScriptError(
            'INVALID_ADJUSTMENT_ACCT',
            'The adjustment account must differ from the asset account.'
        );
    }
    if (account.closedMonths.includes(day(body.trandate).slice(0, 7))) {
        throw new SuiteScriptError('TRAN_PERIOD_CLOSED', 'The posting period is closed.');
    }
    lines.forEach((line, index) => {
        const { name, subsidiary } = account.locations.find((location) => location.id === line.location);
        if (subsidiary !== String(body.subsidiary || '1')) {
            const text = `The location ${name} in line ${index + 1} does not belong to the subsidiary.`;
            throw new SuiteScriptError('INVALID_TRANS_SUB_LOC', text);
        }
    });
    checkDetails(account, lines);
}

const recordModule = (account) => ({
    Type: { INVENTORY_ADJUSTMENT: 'inventoryadjustment', ESTIMATE: 'estimate' },
    create({ type, isDynamic }) {
        spend(account, 'create');
        if (!KINDS[type] || KINDS[type].isDynamic !== isDynamic) {
            throw new SuiteScriptError('INVALID_RCRD_TYPE', `This account makes no ${type}.`);
        }
        return new KINDS[type].Kind(account);
    },
    load({ type, id }) {
        spend(account, 'load');
        const held = account.transactions.find((row) => row.id === Number(id) && row.recordtype === type);
        if (!held) {
            throw new SuiteScriptError('RCRD_DSNT_EXIST', 'That record does not exist.');
        }
        return new KINDS[type].Kind(account, held);
    },
});

// ---- The other modules ------------------------------------------------------------------------------------------

const cryptoModule = {
    HashAlg: { SHA256: 'SHA256' },
    createHash({ algorithm }) {
        const hash = createHash(algorithm.toLowerCase());
        return {
            update: ({ input, inputEncoding }) => void hash.update(input, { UTF_8: 'utf8' }[inputEncoding]),
            // The help does not say in which case, so the stand-in uses the one a script may not expect.
            digest: ({ outputEncoding }) => hash.digest({ HEX: 'hex' }[outputEncoding]).toUpperCase(),
        };
    },
};

const runtimeModule = (account) => ({
    accountId: '1234567_sb1',
    envType: 'SANDBOX',
    getCurrentScript: () => ({
        getRemainingUsage: () => account.unitsLeft,
        getParameter: ({ name }) => account.parameters[name] ?? null,
    }),
    getCurrentUser: () => ({
        roleId: 'customrole1042',
        name: 'Countersign Integration',
        getPreference: ({ name }) => ({ DATEFORMAT: 'DD.MM.YYYY' })[name] || '',
    }),
    isFeatureInEffect: ({ feature }) => account.features.includes(feature),
});

const modulesOf = (account) => ({
    'N/crypto': cryptoModule,
    'N/encode': { Encoding: { UTF_8: 'UTF_8', HEX: 'HEX', BASE_64: 'BASE_64' } },
    'N/error': { create: ({ name, message }) => new SuiteScriptError(name, message) },
    'N/log': { audit: (entry) => account.logged.push(entry) },
    'N/query': queryModule(account),
    'N/record': recordModule(account),
    'N/runtime': runtimeModule(account),
});

module.exports = { createAccount, heldOf, insert, modulesOf, SuiteScriptError };

/**
 * Countersign push, contract 1, version 1.0.0.
 *
 * Writes the inventory adjustments Countersign sends, each once. What it does, and all it does:
 *
 *   GET  op=ping     says who is calling, and proves that the two custom fields are there to be read
 *   GET  op=lookup   says whether an adjustment with an external id exists, and what it holds
 *   POST op=push     creates one inventory adjustment, or says why not
 *
 * What an auditor may rely on:
 *
 *   1. It creates inventory adjustments and nothing else. It changes no record, deletes none, sends no e-mail and
 *      calls no other system. There is no put and no delete entry point.
 *   2. An external id is looked up, without regard to case, among all transactions before anything is created, and
 *      again whenever a save fails: NetSuite itself refuses a second record with the same external id, and a script
 *      of the account that fails after the save leaves the record standing.
 *   3. Nothing is created from a body that does not hash to its payloadHash. The hash is kept on the record.
 *   4. A record is created whole or not at all. A field this script does not know refuses the whole record.
 *   5. Quantities and costs arrive as decimal text of at most 15 digits, which is what a number of this language holds
 *      without loss. What is answered is read back from the saved record, never repeated from the request.
 *   6. Every push leaves one line in the execution log: external id, outcome, internal id, units used.
 *
 * A refusal that a person can act on is answered with HTTP 200 and outcome "rejected". Anything else is left to
 * NetSuite, which answers HTTP 400 or 500: Countersign then looks the external id up before it does anything more.
 *
 * The contract in full: netsuite/restlet_contract.schema.json. Setting this script up: INSTALL.md beside it.
 *
 * @NApiVersion 2.1
 * @NScriptType Restlet
 * @NModuleScope SameAccount
 */
define(['N/crypto', 'N/encode', 'N/error', 'N/log', 'N/query', 'N/record', 'N/runtime'], (
    crypto,
    encode,
    error,
    log,
    query,
    record,
    runtime
) => {
    const CONTRACT = 1;
    const VERSION = '1.0.0';
    const RECORD_TYPE = 'inventoryadjustment';
    const SUBLIST = 'inventory';
    const HASH_FIELD = 'custbody_countersign_payload_hash';
    const KEY_FIELD = 'custbody_countersign_push_key';
    const ACCOUNTS_PARAMETER = 'custscript_countersign_accounts';

    const ENVELOPE_FIELDS = ['op', 'contract', 'recordType', 'externalId', 'payloadHash', 'dryRun', 'record'];
    const HEADER_FIELDS = ['tranDate', 'memo', 'account', 'subsidiary', 'adjLocation', 'lines'];
    const LINE_FIELDS = ['item', 'location', 'adjustQtyBy', 'unitCost', 'memo'];

    // NetSuite's field ids in the words of the contract, for a refusal that names a field.
    const CONTRACT_NAMES = {
        externalid: 'externalId',
        [HASH_FIELD]: 'payloadHash',
        [KEY_FIELD]: 'externalId',
        trandate: 'tranDate',
        adjlocation: 'adjLocation',
        adjustqtyby: 'adjustQtyBy',
        unitcost: 'unitCost',
    };

    const EXTERNAL_ID = /^[A-Za-z0-9_-]{1,64}$/;
    const SHA256 = /^[0-9a-f]{64}$/;
    const ISO_DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
    // At most 15 digits, so that Number() keeps every one of them.
    const DECIMAL = /^[+-]?(?:[0-9]{1,12}(?:\.[0-9]{1,3})?|[0-9]{1,9}(?:\.[0-9]{1,6})?)$/;
    const INTERNAL_ID = /^[1-9][0-9]{0,14}$/;
    const LONGEST_MEMO = 999;

    const STOCKED_TYPES = ['InvtPart', 'Assembly'];
    const MILLION = 1000000;
    // A query takes at most a thousand values in one list.
    const VALUES_PER_QUERY = 500;
    // One save (20), one look-up (10) and one load (10), with room for the account's own scripts.
    const UNITS_TO_SAVE = 100;

    // NetSuite's names for "there is one already". DUP_CSTM_RCRD_ENTRY is a clash of names, not of our records.
    const DUPLICATE_CODES = ['DUP_RCRD', 'DUP_RCRD_LINK', 'UNIQUE_RCRD_ID_REQD', 'NONUNIQUE_INDEX_VALUE'];
    // NetSuite's own names of errors are capitals; a TypeError of this script is not one of them.
    const NETSUITE_CODE = /^[A-Z][A-Z0-9_]+$/;
    // After these nobody knows how far NetSuite came, so they must not look like a refusal.
    const UNCLEAR_CODE = /^(?:SSS_.*|UNEXPECTED_ERROR)$/;

    /** A reason not to create the record which a person can act on. Lines count from 1. */
    class Refusal extends Error {
        constructor(code, message, field = null, line = null) {
            super(message);
            this.answer = { code, message, field, line };
        }
    }

    // ---- Entry points --------------------------------------------------------------------------------------------

    const get = (parameters) => {
        if (parameters.op === 'ping') {
            return ping();
        }
        if (parameters.op === 'lookup') {
            return lookup(parameters);
        }
        throw notUnderstood('SSS_INVALID_API_USAGE', `There is no operation '${parameters.op}' for GET.`);
    };

    const post = (body) => {
        if (!isObject(body)) {
            throw notUnderstood('PARSING_ERROR', 'The request body is not a JSON object.');
        }
        if (body.op !== 'push') {
            throw notUnderstood('SSS_INVALID_API_USAGE', `There is no operation '${body.op}' for POST.`);
        }
        return push(body);
    };

    // ---- Operations ----------------------------------------------------------------------------------------------

    const ping = () => {
        // Fails when a custom field is missing or the role may not query, which is what a ping should find out.
        transactionsHolding('COUNTERSIGN-PING');
        const user = runtime.getCurrentUser();
        return {
            contract: CONTRACT,
            version: VERSION,
            account: String(runtime.accountId).toUpperCase(),
            environment: String(runtime.envType),
            role: String(user.roleId),
            user: String(user.name),
            serverTime: new Date().toISOString(),
            remainingUsage: runtime.getCurrentScript().getRemainingUsage(),
            features: {
                inventory: hasFeature('INVENTORY'),
                multiLocation: hasFeature('MULTILOCINVT'),
                lots: hasFeature('LOTNUMBEREDINVENTORY'),
                bins: hasFeature('BINMANAGEMENT'),
                oneWorld: hasFeature('SUBSIDIARIES'),
                suiteTax: hasFeature('TAX_OVERHAULING'),
            },
            dateFormat: String(user.getPreference({ name: 'DATEFORMAT' })),
        };
    };

    const lookup = ({ recordtype, externalid }) => {
        if (!recordtype || !externalid) {
            throw notUnderstood('SSS_MISSING_REQD_ARGUMENT', 'recordtype and externalid are required.');
        }
        if (String(recordtype).toLowerCase() !== RECORD_TYPE) {
            // "Not found" is never said about something that was not looked for.
            throw notUnderstood('SSS_INVALID_API_USAGE', `recordtype must be ${RECORD_TYPE}.`);
        }
        const held = transactionsHolding(externalid).filter((row) => row.recordtype === RECORD_TYPE);
        if (held.length === 0) {
            return { contract: CONTRACT, found: false, matches: 0, externalId: externalid };
        }
        const { created, ...described } = describe(held[0], externalid);
        return { contract: CONTRACT, found: true, matches: held.length, ...described };
    };

    const push = (body) => {
        const started = Date.now();
        const script = runtime.getCurrentScript();
        const unitsBefore = script.getRemainingUsage();
        const answer = emptyPushAnswer();
        try {
            const asked = checkEnvelope(body);
            answer.externalId = asked.externalId;
            answer.payloadHash = asked.payloadHash;
            Object.assign(answer, answerTo(asked));
        } catch (problem) {
            if (!(problem instanceof Refusal)) {
                throw problem;
            }
            answer.outcome = 'rejected';
            answer.error = problem.answer;
        }
        answer.usage = unitsBefore - script.getRemainingUsage();
        answer.ms = Date.now() - started;
        log.audit({
            title: `Countersign push ${answer.externalId}: ${answer.outcome}`,
            details: {
                internalId: answer.internalId,
                code: answer.error && answer.error.code,
                lines: answer.lineCount,
                dryRun: body.dryRun === true,
                usage: answer.usage,
                ms: answer.ms,
            },
        });
        return answer;
    };

    const emptyPushAnswer = () => ({
        contract: CONTRACT,
        outcome: null,
        internalId: null,
        tranId: null,
        externalId: null,
        payloadHash: null,
        created: null,
        lineCount: null,
        quantitySum: null,
        total: null,
        warnings: [],
        error: null,
        usage: 0,
        ms: 0,
        version: VERSION,
    });

    /** The look-up comes first: whether a record is there does not depend on whether it could be written again. */
    const answerTo = (asked) => {
        const held = transactionsHolding(asked.externalId);
        if (held.length > 0) {
            return alreadyThere(held, asked);
        }
        checkHash(asked);
        const header = checkHeader(asked.record);
        const lines = checkLines(asked.record.lines, header);
        resolveReferences(header, lines);
        const adjustment = build(asked, header, lines);
        if (asked.dryRun) {
            return {
                outcome: 'created',
                lineCount: lines.length,
                quantitySum: sumOf(lines.map((line) => line.quantity)),
            };
        }
        return save(adjustment, asked, header);
    };

    // ---- One record per external id ------------------------------------------------------------------------------

    /**
     * All transactions with this external id, or that were pushed under it and lost it to another integration. External
     * ids share one name space over all transactions, and NetSuite compares them without regard to case.
     */
    const transactionsHolding = (externalId) => {
        const key = String(externalId).toUpperCase();
        return rowsOf(
            `SELECT t.id, t.recordtype, t.externalid, t.${HASH_FIELD} AS payloadhash FROM transaction t` +
                ` WHERE UPPER(t.externalid) = ? OR UPPER(t.${KEY_FIELD}) = ? ORDER BY t.id`,
            [key, key]
        );
    };

    const alreadyThere = (held, asked) => {
        const { lastModified, ...described } = describe(held[0], asked.externalId);
        const [{ recordtype }] = held;
        if (held.length === 1 && recordtype === RECORD_TYPE && described.payloadHash === asked.payloadHash) {
            return { ...described, outcome: 'existing' };
        }
        const message =
            held.length > 1
                ? `${held.length} transactions have this external id.`
                : 'This record already exists with other content.';
        return { ...described, outcome: 'conflict', error: new Refusal('DUP_RCRD', message, 'externalId').answer };
    };

    /** A saved transaction in the words of the contract, read from the record itself. */
    const describe = (row, externalId) => {
        const held = row.externalid || '';
        const described = {
            internalId: String(row.id),
            tranId: null,
            // A record found by its push key only answers to the key it was pushed under.
            externalId: held.toUpperCase() === String(externalId).toUpperCase() ? held : externalId,
            payloadHash: row.payloadhash || '',
            created: null,
            lineCount: null,
            quantitySum: null,
            total: null,
            lastModified: null,
        };
        if (row.recordtype !== RECORD_TYPE) {
            return described;
        }
        const saved = record.load({ type: record.Type.INVENTORY_ADJUSTMENT, id: row.id, isDynamic: false });
        const lineCount = saved.getLineCount({ sublistId: SUBLIST });
        const quantities = [];
        for (let line = 0; line < lineCount; line += 1) {
            quantities.push(saved.getSublistValue({ sublistId: SUBLIST, fieldId: 'adjustqtyby', line }));
        }
        return {
            ...described,
            tranId: textOf(saved.getValue({ fieldId: 'tranid' })),
            created: momentOf(saved.getValue({ fieldId: 'createddate' })),
            lineCount,
            quantitySum: sumOf(quantities.map(plainDecimal)),
            total: amountOf(saved.getValue({ fieldId: 'estimatedtotalvalue' })),
            lastModified: momentOf(saved.getValue({ fieldId: 'lastmodifieddate' })),
        };
    };

    const save = (adjustment, asked, header) => {
        if (runtime.getCurrentScript().getRemainingUsage() < UNITS_TO_SAVE) {
            throw notUnderstood(
                'SSS_USAGE_LIMIT_EXCEEDED',
                'Too few units are left to save the record and read it back.'
            );
        }
        let internalId;
        try {
            internalId = adjustment.save({ enableSourcing: true, ignoreMandatoryFields: false });
        } catch (problem) {
            return afterFailedSave(problem, asked);
        }
        // Should reading it back fail, NetSuite answers an error, and Countersign looks the record up.
        const row = {
            id: internalId,
            recordtype: RECORD_TYPE,
            externalid: asked.externalId,
            payloadhash: asked.payloadHash,
        };
        const { lastModified, ...described } = describe(row, asked.externalId);
        return { ...described, outcome: 'created', warnings: warningsAbout(header, internalId) };
    };

    /** The record may stand nevertheless: somebody was faster, or a script of the account failed after the save. */
    const afterFailedSave = (problem, asked) => {
        let held;
        try {
            held = transactionsHolding(asked.externalId);
        } catch (unable) {
            throw problem;
        }
        const reported = `the save reported ${problem.name}: ${problem.message}`;
        if (held.length > 0) {
            return { ...alreadyThere(held, asked), warnings: [reported] };
        }
        if (DUPLICATE_CODES.includes(problem.name)) {
            const message = `NetSuite holds a record with this external id that this role cannot see; ${reported}`;
            return { outcome: 'conflict', error: new Refusal('DUP_RCRD', message, 'externalId').answer };
        }
        throw refusalOf(problem, null, lineNamedIn(problem.message));
    };

    /** A date is kept as a moment, and a moment read in another time zone can be another day. */
    const warningsAbout = (header, internalId) => {
        const rows = rowsOf("SELECT TO_CHAR(t.trandate, 'YYYY-MM-DD') AS day FROM transaction t WHERE t.id = ?", [
            Number(internalId),
        ]);
        const day = rows.length > 0 ? rows[0].day : header.tranDate;
        return day === header.tranDate ? [] : [`tranDate was saved as ${day}`];
    };

    // ---- What may be in a request --------------------------------------------------------------------------------

    const checkEnvelope = (body) => {
        refuseUnknown(body, ENVELOPE_FIELDS);
        if (body.contract !== CONTRACT) {
            throw new Refusal('INVALID_FLD_VALUE', `This script speaks contract ${CONTRACT}.`, 'contract');
        }
        if (body.recordType !== RECORD_TYPE) {
            throw new Refusal('INVALID_FLD_VALUE', `recordType must be ${RECORD_TYPE}.`, 'recordType');
        }
        if (typeof body.externalId !== 'string' || !EXTERNAL_ID.test(body.externalId)) {
            const message = 'An external id has 1 to 64 letters, digits, _ or -.';
            throw new Refusal('INVALID_FLD_VALUE', message, 'externalId');
        }
        if (typeof body.payloadHash !== 'string' || !SHA256.test(body.payloadHash)) {
            throw new Refusal('INVALID_FLD_VALUE', 'payloadHash must be 64 lower-case hex digits.', 'payloadHash');
        }
        const dryRun = body.dryRun === undefined ? false : body.dryRun;
        if (typeof dryRun !== 'boolean') {
            throw new Refusal('INVALID_BOOLEAN_VALUE', 'dryRun must be true or false.', 'dryRun');
        }
        return { externalId: body.externalId, payloadHash: body.payloadHash, dryRun, record: body.record };
    };

    const checkHash = (asked) => {
        const content = { recordType: RECORD_TYPE, externalId: asked.externalId, record: asked.record };
        const hash = crypto.createHash({ algorithm: crypto.HashAlg.SHA256 });
        hash.update({ input: canonical(content), inputEncoding: encode.Encoding.UTF_8 });
        if (hash.digest({ outputEncoding: encode.Encoding.HEX }).toLowerCase() !== asked.payloadHash) {
            const message = 'payloadHash is not the hash of the record received.';
            throw new Refusal('INVALID_FLD_VALUE', message, 'payloadHash');
        }
    };

    /** JSON with sorted keys and no spaces: the text both sides hash. */
    const canonical = (value) => {
        if (Array.isArray(value)) {
            return `[${value.map(canonical).join(',')}]`;
        }
        if (isObject(value)) {
            const members = Object.keys(value).sort();
            return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
        }
        return JSON.stringify(value === undefined ? null : value);
    };

    const checkHeader = (given) => {
        if (!isObject(given)) {
            throw new Refusal('INVALID_FLD_VALUE', 'An object was expected.', 'record');
        }
        refuseUnknown(given, HEADER_FIELDS);
        return {
            tranDate: checkDate(given.tranDate),
            memo: checkMemo(given.memo, null),
            account: checkAccount(given.account),
            subsidiary: checkSubsidiary(given.subsidiary),
            location: checkReference(given.adjLocation, ['id', 'name'], 'adjLocation', null),
        };
    };

    const checkDate = (given) => {
        if (!given) {
            throw new Refusal('TRAN_DATE_REQD', 'The transaction date is required.', 'tranDate');
        }
        const parts = typeof given === 'string' ? ISO_DATE.exec(given) : null;
        const day = parts && dayOf(given);
        if (!day || day.getMonth() + 1 !== Number(parts[2]) || day.getDate() !== Number(parts[3])) {
            const message = 'The transaction date is not a date of the form YYYY-MM-DD.';
            throw new Refusal('INVALID_DATE_FORMAT', message, 'tranDate');
        }
        return given;
    };

    /** The script parameter lists the accounts this script may post to; the first stands in when none is sent. */
    const checkAccount = (given) => {
        const parameter = runtime.getCurrentScript().getParameter({ name: ACCOUNTS_PARAMETER });
        const allowed = textOf(parameter)
            .split(/[\s,]+/)
            .filter(Boolean);
        const asked = checkReference(given, ['id'], 'account', null);
        if (!asked && allowed.length === 0) {
            const message = 'No adjustment account was sent, and the script parameter names none.';
            throw new Refusal('MISSING_REQD_FLD', message, 'account');
        }
        const account = asked ? asked.value : allowed[0];
        if (!INTERNAL_ID.test(account) || (allowed.length > 0 && !allowed.includes(account))) {
            throw new Refusal('INVALID_KEY_OR_REF', `Invalid account reference key ${account}.`, 'account');
        }
        return account;
    };

    const checkSubsidiary = (given) => {
        const asked = checkReference(given, ['id'], 'subsidiary', null);
        if (!asked) {
            return null;
        }
        if (!hasFeature('SUBSIDIARIES')) {
            throw new Refusal('INVALID_FLD_VALUE', 'This account has no subsidiaries; leave it out.', 'subsidiary');
        }
        if (!INTERNAL_ID.test(asked.value)) {
            throw new Refusal('INVALID_KEY_OR_REF', `Invalid subsidiary reference key ${asked.value}.`, 'subsidiary');
        }
        return asked.value;
    };

    const checkLines = (given, header) => {
        if (!Array.isArray(given) || given.length === 0) {
            throw new Refusal('VALID_LINE_ITEM_REQD', 'You must enter at least one valid line item.', 'lines');
        }
        return given.map((line, index) => checkLine(line, index + 1, header));
    };

    const checkLine = (given, number, header) => {
        if (!isObject(given)) {
            throw new Refusal('INVALID_FLD_VALUE', 'An object was expected.', 'lines', number);
        }
        refuseUnknown(given, LINE_FIELDS, number);
        const item = checkReference(given.item, ['id', 'itemid'], 'item', number);
        if (!item) {
            throw new Refusal('MISSING_REQD_FLD', 'Please enter value(s) for: Item', 'item', number);
        }
        const location = checkReference(given.location, ['id', 'name'], 'location', number) || header.location;
        if (!location) {
            throw new Refusal('LOCATION_REQD', 'Please enter value(s) for: Location', 'location', number);
        }
        const quantity = checkQuantity(given.adjustQtyBy, number);
        const unitCost = checkUnitCost(given.unitCost, quantity, number);
        return { number, item, location, quantity, unitCost, memo: checkMemo(given.memo, number) };
    };

    const checkQuantity = (given, line) => {
        if (typeof given !== 'string' || !DECIMAL.test(given)) {
            const message = 'adjustQtyBy must be a decimal string of at most 15 digits, such as "-3.000".';
            throw new Refusal('INVALID_NUMBER', message, 'adjustQtyBy', line);
        }
        if (Number(given) === 0) {
            throw new Refusal('INVALID_QUANTITY', 'The quantity must not be zero.', 'adjustQtyBy', line);
        }
        return given;
    };

    /** NetSuite ignores a unit cost on a decrease; sent there it is a mistake, and a mistake is refused. */
    const checkUnitCost = (given, quantity, line) => {
        if (given === undefined || given === null) {
            return null;
        }
        if (typeof given !== 'string' || !DECIMAL.test(given)) {
            throw new Refusal('INVALID_NUMBER', 'unitCost must be a decimal string.', 'unitCost', line);
        }
        if (Number(given) < 0) {
            throw new Refusal('POSITIVE_UNITCOST_REQD', 'The unit cost must be positive.', 'unitCost', line);
        }
        if (Number(quantity) < 0) {
            throw new Refusal('INVALID_FLD_VALUE', 'A decrease takes no unit cost.', 'unitCost', line);
        }
        return given;
    };

    const checkMemo = (given, line) => {
        if (given === undefined || given === null) {
            return '';
        }
        if (typeof given !== 'string' || Array.from(given).length > LONGEST_MEMO) {
            const message = `memo must be text of at most ${LONGEST_MEMO} characters.`;
            throw new Refusal('INVALID_FLD_VALUE', message, 'memo', line);
        }
        return given;
    };

    /** An object with exactly one of the keys and a text, or nothing. */
    const checkReference = (given, keys, field, line) => {
        if (given === undefined || given === null) {
            return null;
        }
        const names = isObject(given) ? Object.keys(given) : [];
        const value = names.length === 1 && keys.includes(names[0]) ? given[names[0]] : null;
        if (typeof value !== 'string' || value.trim() === '') {
            const shape = keys.map((key) => `{"${key}": "…"}`).join(' or ');
            throw new Refusal('INVALID_FLD_VALUE', `${field} must be ${shape}.`, field, line);
        }
        return { key: names[0], value };
    };

    const refuseUnknown = (given, known, line = null) => {
        const unknown = Object.keys(given)
            .filter((name) => !known.includes(name))
            .sort();
        if (unknown.length > 0) {
            throw new Refusal('INVALID_FLD_VALUE', `Unknown field: ${unknown[0]}`, unknown[0], line);
        }
    };

    // ---- From references to internal ids -------------------------------------------------------------------------

    const resolveReferences = (header, lines) => {
        const places = lines.map((line) => line.location).concat(header.location || []);
        const locations = rowsNamed('location', 'name', ['id', 'name', 'isinactive'], places);
        const items = rowsNamed(
            'item',
            'itemid',
            itemColumns(),
            lines.map((line) => line.item)
        );
        if (header.location) {
            header.locationId = onlyOne(locations, header.location, 'adjLocation', null).id;
        }
        lines.forEach((line) => {
            const item = onlyOne(items, line.item, 'item', line.number);
            refuseUnfitItem(item, line.number);
            line.itemId = item.id;
            line.locationId = onlyOne(locations, line.location, 'location', line.number).id;
        });
    };

    /** A column that belongs to a feature can be asked for only where the feature is on. */
    const itemColumns = () => {
        const columns = ['id', 'itemid', 'itemtype', 'isinactive'];
        if (hasFeature('LOTNUMBEREDINVENTORY')) {
            columns.push('islotitem');
        }
        if (hasFeature('SERIALIZEDINVENTORY')) {
            columns.push('isserialitem');
        }
        return columns;
    };

    const refuseUnfitItem = (item, line) => {
        if (!STOCKED_TYPES.includes(item.itemtype)) {
            const message = `The item ${item.itemid} is not an inventory item.`;
            throw new Refusal('INVALID_TRAN_ITEM_LINE', message, 'item', line);
        }
        if (item.islotitem === 'T' || item.isserialitem === 'T') {
            const message = `Please configure the inventory detail in line ${line}: ${item.itemid} has lots or serials.`;
            throw new Refusal('USER_ERROR', message, 'item', line);
        }
    };

    /** The rows behind a list of references, as a map from key and value to every row that fits. */
    const rowsNamed = (table, nameColumn, columns, references) => {
        const found = new Map();
        ['id', nameColumn].forEach((column) => {
            const values = references
                .filter((reference) => reference.key === column)
                .map((reference) => reference.value);
            const askable = column === 'id' ? values.filter((value) => INTERNAL_ID.test(value)).map(Number) : values;
            const distinct = Array.from(new Set(askable));
            for (let start = 0; start < distinct.length; start += VALUES_PER_QUERY) {
                const asked = distinct.slice(start, start + VALUES_PER_QUERY);
                const marks = asked.map(() => '?').join(', ');
                const statement = `SELECT ${columns.join(', ')} FROM ${table} WHERE ${column} IN (${marks}) ORDER BY id`;
                rowsOf(statement, asked).forEach((row) => {
                    const key = `${column} ${row[column]}`;
                    found.set(key, (found.get(key) || []).concat(row));
                });
            }
        });
        return found;
    };

    const onlyOne = (found, reference, field, line) => {
        const rows = found.get(`${reference.key} ${reference.value}`) || [];
        const active = rows.filter((row) => row.isinactive !== 'T');
        if (active.length === 1) {
            return active[0];
        }
        let reason = rows.length > 0 ? 'inactive' : 'unknown';
        if (active.length > 1) {
            reason = `${active.length} records have this name; send the internal id`;
        }
        const message = `Invalid ${field} reference key ${reference.value} (${reason}).`;
        throw new Refusal('INVALID_KEY_OR_REF', message, field, line);
    };

    // ---- The record ----------------------------------------------------------------------------------------------

    const build = (asked, header, lines) => {
        const adjustment = record.create({ type: record.Type.INVENTORY_ADJUSTMENT, isDynamic: false });
        const values = {
            externalid: asked.externalId,
            [KEY_FIELD]: asked.externalId,
            [HASH_FIELD]: asked.payloadHash,
            subsidiary: header.subsidiary,
            account: header.account,
            trandate: dayOf(header.tranDate),
            memo: header.memo,
            adjlocation: header.locationId,
        };
        setEach(values, null, (fieldId, value) => adjustment.setValue({ fieldId, value }));
        lines.forEach((line, index) => {
            const cells = {
                item: line.itemId,
                location: line.locationId,
                adjustqtyby: Number(line.quantity),
                unitcost: line.unitCost === null ? null : Number(line.unitCost),
                memo: line.memo,
            };
            setEach(cells, line.number, (fieldId, value) =>
                adjustment.setSublistValue({ sublistId: SUBLIST, fieldId, line: index, value })
            );
        });
        return adjustment;
    };

    /** What is empty is not set, so that the account's own defaults stay. */
    const setEach = (values, line, set) => {
        Object.keys(values).forEach((name) => {
            if (values[name] === null || values[name] === undefined || values[name] === '') {
                return;
            }
            try {
                set(name, values[name]);
            } catch (problem) {
                throw refusalOf(problem, CONTRACT_NAMES[name] || name, line);
            }
        });
    };

    /** NetSuite's "no" as a refusal; anything that is not a plain "no" stays what it is. */
    const refusalOf = (problem, field, line) => {
        const name = String(problem.name);
        return NETSUITE_CODE.test(name) && !UNCLEAR_CODE.test(name)
            ? new Refusal(name, String(problem.message || name), field, line)
            : problem;
    };

    const lineNamedIn = (message) => {
        const named = /\bline (?:number )?#?([1-9][0-9]{0,5})\b/i.exec(String(message));
        return named ? Number(named[1]) : null;
    };

    // ---- Figures, dates and small questions ----------------------------------------------------------------------

    /** The exact sum of decimal texts: whole parts and millionths are added apart, as integers. */
    const sumOf = (texts) => {
        let whole = 0;
        let millionths = 0;
        texts.forEach((text) => {
            const [, sign, before, after] = /^([+-]?)([0-9]+)(?:\.([0-9]+))?$/.exec(text);
            const direction = sign === '-' ? -1 : 1;
            whole += direction * Number(before);
            millionths += direction * Number((after || '').padEnd(6, '0').slice(0, 6));
        });
        whole += Math.trunc(millionths / MILLION);
        millionths %= MILLION;
        if (whole > 0 && millionths < 0) {
            whole -= 1;
            millionths += MILLION;
        } else if (whole < 0 && millionths > 0) {
            whole += 1;
            millionths -= MILLION;
        }
        const sign = whole < 0 || millionths < 0 ? '-' : '';
        const fraction = String(Math.abs(millionths))
            .padStart(6, '0')
            .replace(/0{1,3}$/, '');
        return `${sign}${Math.abs(whole)}.${fraction}`;
    };

    /** A quantity as NetSuite returns it: the 15 digits a number holds, without the noise behind them. */
    const plainDecimal = (value) => Number(value).toPrecision(15);

    const amountOf = (value) =>
        value === null || value === undefined || value === '' ? null : Number(value).toFixed(2);

    /** Noon, so that reading the moment in a neighbouring time zone gives the same day. */
    const dayOf = (iso) => {
        const [year, month, day] = iso.split('-').map(Number);
        const noon = new Date(2000, 0, 1, 12);
        noon.setFullYear(year, month - 1, day);
        return noon;
    };

    const momentOf = (value) => (value && typeof value.toISOString === 'function' ? value.toISOString() : null);

    const textOf = (value) => (value === null || value === undefined ? '' : String(value));

    const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

    const hasFeature = (feature) => runtime.isFeatureInEffect({ feature }) === true;

    const rowsOf = (statement, params) => query.runSuiteQL({ query: statement, params }).asMappedResults();

    /** An error NetSuite answers with HTTP 400. Nobody gets an e-mail about it. */
    const notUnderstood = (name, message) => error.create({ name, message, notifyOff: true });

    return { get, post };
});

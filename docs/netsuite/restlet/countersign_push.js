/**
 * Countersign push, contract 1, version 1.2.0.
 *
 * Writes the inventory adjustments and the estimates Countersign sends, each once. What it does, and all it does:
 *
 *   GET  op=ping     says who is calling, and proves that the two custom fields are there to be read
 *   GET  op=lookup   says whether a record with an external id exists, and what it holds
 *   POST op=push     creates one inventory adjustment or one estimate, or says why not
 *
 * What an auditor may rely on:
 *
 *   1. It creates inventory adjustments and estimates, nothing else. It changes no record, deletes none, sends no e-mail and
 *      calls no other system. There is no put and no delete entry point.
 *   2. An external id is looked up, without regard to case, among all transactions before anything is created, and
 *      again whenever a save fails: NetSuite itself refuses a second record with the same external id, and a script
 *      of the account that fails after the save leaves the record standing.
 *   3. Nothing is created from a body that does not hash to its payloadHash. The hash is kept on the record.
 *   4. A record is created whole or not at all. A field this script does not know refuses the whole record.
 *   5. Quantities and costs arrive as decimal text of at most 15 digits, which is what a number of this language holds
 *      without loss. What is answered is read back from the saved record, never repeated from the request.
 *   6. The inventory detail of a line (lots, serial numbers, bins, statuses) adds up to the line, or nothing is created.
 *   7. Every push leaves one line in the execution log: external id, outcome, internal id, units used.
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
    const VERSION = '1.2.0';
    const HASH_FIELD = 'custbody_countersign_payload_hash';
    const KEY_FIELD = 'custbody_countersign_push_key';
    const ACCOUNTS_PARAMETER = 'custscript_countersign_accounts';

    const ENVELOPE_FIELDS = ['op', 'contract', 'recordType', 'externalId', 'payloadHash', 'dryRun', 'record'];
    const HEADER_FIELDS = ['tranDate', 'memo', 'account', 'subsidiary', 'adjLocation', 'lines'];
    const LINE_FIELDS = ['item', 'location', 'adjustQtyBy', 'unitCost', 'memo', 'detail'];
    const DETAIL_FIELDS = ['lot', 'bin', 'status', 'quantity'];
    const ESTIMATE_FIELDS = ['tranDate', 'entity', 'dueDate', 'expectedCloseDate', 'title', 'memo', 'lines'];
    const ESTIMATE_LINE_FIELDS = ['item', 'quantity', 'rate', 'priceLevel', 'description'];
    const CUSTOM_PRICE = '-1';

    // What differs between the two kinds of record. An estimate is written in dynamic mode, where NetSuite sources the
    // customer's terms and addresses and the listed prices; an adjustment has nothing to source.
    const KINDS = {
        inventoryadjustment: {
            type: record.Type.INVENTORY_ADJUSTMENT,
            sublist: 'inventory',
            quantity: 'adjustqtyby',
            subtotal: null,
            total: 'estimatedtotalvalue',
            check: (given) => checkAdjustment(given),
            build: (asked, header, lines) => buildAdjustment(asked, header, lines),
        },
        estimate: {
            type: record.Type.ESTIMATE,
            sublist: 'item',
            quantity: 'quantity',
            subtotal: 'subtotal',
            total: 'total',
            check: (given) => checkEstimate(given),
            build: (asked, header, lines) => buildEstimate(asked, header, lines),
        },
    };
    const RECORD_TYPES = Object.keys(KINDS);

    // NetSuite's field ids in the words of the contract, for a refusal that names a field.
    const CONTRACT_NAMES = {
        externalid: 'externalId',
        [HASH_FIELD]: 'payloadHash',
        [KEY_FIELD]: 'externalId',
        trandate: 'tranDate',
        adjlocation: 'adjLocation',
        adjustqtyby: 'adjustQtyBy',
        unitcost: 'unitCost',
        duedate: 'dueDate',
        expectedclosedate: 'expectedCloseDate',
        price: 'priceLevel',
        inventorydetail: 'detail',
        receiptinventorynumber: 'lot',
        issueinventorynumber: 'lot',
        binnumber: 'bin',
        inventorystatus: 'status',
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
        const recordType = String(recordtype).toLowerCase();
        if (!RECORD_TYPES.includes(recordType)) {
            // "Not found" is never said about something that was not looked for.
            throw notUnderstood('SSS_INVALID_API_USAGE', `recordtype must be ${RECORD_TYPES.join(' or ')}.`);
        }
        const held = transactionsHolding(externalid).filter((row) => row.recordtype === recordType);
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
        subtotal: null,
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
        const { header, lines } = asked.kind.check(asked.record);
        const made = asked.kind.build(asked, header, lines);
        if (asked.dryRun) {
            return {
                outcome: 'created',
                lineCount: lines.length,
                quantitySum: sumOf(lines.map((line) => line.quantity)),
            };
        }
        return save(made, asked, header);
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
        if (held.length === 1 && recordtype === asked.recordType && described.payloadHash === asked.payloadHash) {
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
            subtotal: null,
            total: null,
            lastModified: null,
        };
        const kind = KINDS[row.recordtype];
        if (!kind) {
            return described;
        }
        const { sublist: sublistId, quantity: fieldId } = kind;
        const saved = record.load({ type: kind.type, id: row.id, isDynamic: false });
        const lineCount = saved.getLineCount({ sublistId });
        const quantities = [];
        for (let line = 0; line < lineCount; line += 1) {
            quantities.push(saved.getSublistValue({ sublistId, fieldId, line }));
        }
        return {
            ...described,
            tranId: textOf(saved.getValue({ fieldId: 'tranid' })),
            created: momentOf(saved.getValue({ fieldId: 'createddate' })),
            lineCount,
            quantitySum: sumOf(quantities.map(plainDecimal)),
            subtotal: kind.subtotal && amountOf(saved.getValue({ fieldId: kind.subtotal })),
            total: amountOf(saved.getValue({ fieldId: kind.total })),
            lastModified: momentOf(saved.getValue({ fieldId: 'lastmodifieddate' })),
        };
    };

    const save = (made, asked, header) => {
        if (runtime.getCurrentScript().getRemainingUsage() < UNITS_TO_SAVE) {
            throw notUnderstood(
                'SSS_USAGE_LIMIT_EXCEEDED',
                'Too few units are left to save the record and read it back.'
            );
        }
        let internalId;
        try {
            internalId = made.save({ enableSourcing: true, ignoreMandatoryFields: false });
        } catch (problem) {
            return afterFailedSave(problem, asked);
        }
        // Should reading it back fail, NetSuite answers an error, and Countersign looks the record up.
        const row = {
            id: internalId,
            recordtype: asked.recordType,
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
        if (!RECORD_TYPES.includes(body.recordType)) {
            throw new Refusal('INVALID_FLD_VALUE', `recordType must be ${RECORD_TYPES.join(' or ')}.`, 'recordType');
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
        const { recordType, externalId, payloadHash } = body;
        return { kind: KINDS[recordType], recordType, externalId, payloadHash, dryRun, record: body.record };
    };

    const checkHash = (asked) => {
        const content = { recordType: asked.recordType, externalId: asked.externalId, record: asked.record };
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

    const checkAdjustment = (given) => {
        refuseUnlessObject(given, HEADER_FIELDS, 'record');
        const header = {
            tranDate: checkDate(given.tranDate),
            memo: checkText(given.memo, 'memo'),
            account: checkAccount(given.account),
            subsidiary: checkSubsidiary(given.subsidiary),
            location: checkReference(given.adjLocation, ['id', 'name'], 'adjLocation', null),
        };
        const lines = checkLines(given.lines, (line, number) => checkLine(line, number, header));
        resolveReferences(header, lines);
        return { header, lines };
    };

    const checkEstimate = (given) => {
        refuseUnlessObject(given, ESTIMATE_FIELDS, 'record');
        const header = {
            tranDate: checkDate(given.tranDate),
            entity: checkReference(given.entity, ['id', 'entityid'], 'entity', null),
            dueDate: given.dueDate ? checkDate(given.dueDate, 'dueDate') : null,
            expectedCloseDate: given.expectedCloseDate ? checkDate(given.expectedCloseDate, 'expectedCloseDate') : null,
            title: checkText(given.title, 'title'),
            memo: checkText(given.memo, 'memo'),
        };
        if (!header.entity) {
            throw new Refusal('MISSING_REQD_FLD', 'Please enter value(s) for: Customer', 'entity');
        }
        const lines = checkLines(given.lines, checkEstimateLine);
        resolveEstimate(header, lines);
        return { header, lines };
    };

    const refuseUnlessObject = (given, known, field, line = null) => {
        if (!isObject(given)) {
            throw new Refusal('INVALID_FLD_VALUE', 'An object was expected.', field, line);
        }
        refuseUnknown(given, known, line);
    };

    const checkDate = (given, field = 'tranDate') => {
        if (!given) {
            throw new Refusal('TRAN_DATE_REQD', 'The transaction date is required.', field);
        }
        const parts = typeof given === 'string' ? ISO_DATE.exec(given) : null;
        const day = parts && dayOf(given);
        if (!day || day.getMonth() + 1 !== Number(parts[2]) || day.getDate() !== Number(parts[3])) {
            const message = `${field} is not a date of the form YYYY-MM-DD.`;
            throw new Refusal('INVALID_DATE_FORMAT', message, field);
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

    const checkLines = (given, check) => {
        if (!Array.isArray(given) || given.length === 0) {
            throw new Refusal('VALID_LINE_ITEM_REQD', 'You must enter at least one valid line item.', 'lines');
        }
        return given.map((line, index) => check(line, index + 1));
    };

    const checkLine = (given, number, header) => {
        refuseUnlessObject(given, LINE_FIELDS, 'lines', number);
        const item = checkItem(given.item, number);
        const location = checkReference(given.location, ['id', 'name'], 'location', number) || header.location;
        if (!location) {
            throw new Refusal('LOCATION_REQD', 'Please enter value(s) for: Location', 'location', number);
        }
        const quantity = checkDecimal(given.adjustQtyBy, 'adjustQtyBy', number);
        if (Number(quantity) === 0) {
            throw new Refusal('INVALID_QUANTITY', 'The quantity must not be zero.', 'adjustQtyBy', number);
        }
        const unitCost = checkUnitCost(given.unitCost, quantity, number);
        const memo = checkText(given.memo, 'memo', number);
        return { number, item, location, quantity, unitCost, memo, detail: checkDetail(given.detail, quantity, number) };
    };

    const checkEstimateLine = (given, number) => {
        refuseUnlessObject(given, ESTIMATE_LINE_FIELDS, 'lines', number);
        const item = checkItem(given.item, number);
        const quantity = checkDecimal(given.quantity, 'quantity', number);
        if (Number(quantity) <= 0) {
            throw new Refusal('INVALID_QUANTITY', 'The quantity must be above zero.', 'quantity', number);
        }
        const level = checkReference(given.priceLevel, ['id', 'name'], 'priceLevel', number);
        const rate = checkRate(given.rate, level, number);
        const description = checkText(given.description, 'description', number);
        return { number, item, quantity, level: rate === null ? level : null, rate, description };
    };

    /** A rate makes the price custom; sent with another level it would be overwritten by that level's price. */
    const checkRate = (given, level, line) => {
        const isCustom = level !== null && level.key === 'id' && level.value === CUSTOM_PRICE;
        if (given === undefined || given === null) {
            if (isCustom) {
                throw new Refusal('MISSING_REQD_FLD', 'Please enter value(s) for: Rate', 'rate', line);
            }
            return null;
        }
        if (level !== null && !isCustom) {
            const message = 'A rate belongs to the custom price level -1; the listed levels bring their own.';
            throw new Refusal('INVALID_FLD_VALUE', message, 'rate', line);
        }
        if (Number(checkDecimal(given, 'rate', line)) < 0) {
            throw new Refusal('INVALID_FLD_VALUE', 'The rate must not be negative.', 'rate', line);
        }
        return given;
    };

    const checkItem = (given, line) => {
        const item = checkReference(given, ['id', 'itemid'], 'item', line);
        if (!item) {
            throw new Refusal('MISSING_REQD_FLD', 'Please enter value(s) for: Item', 'item', line);
        }
        return item;
    };

    const checkDecimal = (given, field, line) => {
        if (typeof given !== 'string' || !DECIMAL.test(given)) {
            const message = `${field} must be a decimal string of at most 15 digits, such as "3.000".`;
            throw new Refusal('INVALID_NUMBER', message, field, line);
        }
        return given;
    };

    /** NetSuite ignores a unit cost on a decrease; sent there it is a mistake, and a mistake is refused. */
    const checkUnitCost = (given, quantity, line) => {
        if (given === undefined || given === null) {
            return null;
        }
        if (Number(checkDecimal(given, 'unitCost', line)) < 0) {
            throw new Refusal('POSITIVE_UNITCOST_REQD', 'The unit cost must be positive.', 'unitCost', line);
        }
        if (Number(quantity) < 0) {
            throw new Refusal('INVALID_FLD_VALUE', 'A decrease takes no unit cost.', 'unitCost', line);
        }
        return given;
    };

    /** The parts of a line's stock by lot, bin and status; none when no detail is sent. */
    const checkDetail = (given, quantity, line) => {
        if (given === undefined || given === null) {
            return [];
        }
        if (!Array.isArray(given) || given.length === 0 || !given.every(isObject)) {
            const message = 'detail must be a list of at least one {lot, bin, status, quantity}.';
            throw new Refusal('INVALID_FLD_VALUE', message, 'detail', line);
        }
        const parts = given.map((part) => checkPart(part, quantity, line));
        if (sumOf(parts.map((part) => part.quantity)) !== sumOf([quantity])) {
            const message = 'The total inventory detail quantity must be that of the line.';
            throw new Refusal('NUM_ITEMS_NOT_EQUAL_TO_QTY', message, 'detail', line);
        }
        return parts;
    };

    const checkPart = (given, quantity, line) => {
        refuseUnknown(given, DETAIL_FIELDS, line);
        const part = { quantity: checkDecimal(given.quantity, 'quantity', line) };
        if (!(Number(part.quantity) * Number(quantity) > 0)) {
            const message = 'A quantity of the detail has the sign of the line and is not zero.';
            throw new Refusal('INVALID_QUANTITY', message, 'quantity', line);
        }
        part.lot = checkText(given.lot, 'lot', line);
        if (typeof given.lot === 'string' && part.lot.trim() === '') {
            throw new Refusal('INVALID_FLD_VALUE', 'lot must not be blank.', 'lot', line);
        }
        part.bin = checkPlace(given.bin, 'bin', 'binnumber', 'BINMANAGEMENT', line);
        part.status = checkPlace(given.status, 'status', 'name', 'INVENTORYSTATUS', line);
        return part;
    };

    /** A list that belongs to a feature can be asked only where the feature is on. */
    const checkPlace = (given, field, column, feature, line) => {
        const reference = checkReference(given, ['id', 'name'], field, line);
        if (reference && !hasFeature(feature)) {
            throw new Refusal('INVALID_FLD_VALUE', `This account has no ${feature} feature.`, field, line);
        }
        return reference && { ...reference, key: reference.key === 'name' ? column : reference.key };
    };

    const checkText = (given, field, line = null) => {
        if (given === undefined || given === null) {
            return '';
        }
        if (typeof given !== 'string' || Array.from(given).length > LONGEST_MEMO) {
            const message = `${field} must be text of at most ${LONGEST_MEMO} characters.`;
            throw new Refusal('INVALID_FLD_VALUE', message, field, line);
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
            refuseUnfitItem(item, line);
            line.itemId = item.id;
            line.locationId = onlyOne(locations, line.location, 'location', line.number).id;
        });
        resolveDetails(lines.filter((line) => line.detail.length > 0));
    };

    /** Stock that comes in brings its lot's number; stock that goes out names a lot NetSuite has, by its id. */
    const resolveDetails = (lines) => {
        const parts = lines.flatMap((line) => line.detail.map((part) => ({ line, part })));
        const named = (member) => parts.map(({ part }) => part[member]).filter(Boolean);
        const asked = { bins: named('bin'), statuses: named('status') };
        const bins = rowsNamed('bin', 'binnumber', ['id', 'binnumber', 'location'], asked.bins);
        const statuses = rowsNamed('inventorystatus', 'name', ['id', 'name', 'isinactive'], asked.statuses);
        const issued = parts.filter(({ line, part }) => part.lot && isDecrease(line.quantity));
        const numbers = rowsNamed(
            'inventorynumber',
            'inventorynumber',
            ['id', 'inventorynumber', 'item'],
            issued.map(({ part }) => ({ key: 'inventorynumber', value: part.lot }))
        );
        parts.forEach(({ line, part }) => {
            const here = (row) => String(row.location) === String(line.locationId);
            part.binId = part.bin && onlyOne(bins, part.bin, 'bin', line.number, here).id;
            part.statusId = part.status && onlyOne(statuses, part.status, 'status', line.number).id;
        });
        issued.forEach(({ line, part }) => {
            part.lotId = heldLot(numbers, part.lot, line);
        });
    };

    const heldLot = (numbers, lot, line) => {
        const rows = numbers.get(`inventorynumber ${lot}`) || [];
        const own = rows.filter((row) => String(row.item) === String(line.itemId));
        if (own.length !== 1) {
            const message = `The item in line ${line.number} has no lot or serial number ${lot}.`;
            throw new Refusal('INVALID_SERIAL_OR_LOT_NUMBER', message, 'lot', line.number);
        }
        return own[0].id;
    };

    const resolveEstimate = (header, lines) => {
        const customers = rowsNamed('customer', 'entityid', ['id', 'entityid', 'isinactive'], [header.entity]);
        header.entityId = onlyOne(customers, header.entity, 'entity', null).id;
        const items = rowsNamed(
            'item',
            'itemid',
            ['id', 'itemid', 'isinactive'],
            lines.map((line) => line.item)
        );
        const asked = lines.filter((line) => line.level).map((line) => line.level);
        const levels = asked.length > 0 ? rowsNamed('pricelevel', 'name', ['id', 'name', 'isinactive'], asked) : null;
        lines.forEach((line) => {
            line.itemId = onlyOne(items, line.item, 'item', line.number).id;
            line.levelId = line.level && onlyOne(levels, line.level, 'priceLevel', line.number).id;
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

    /** What depends on bins and on what is on hand is left to NetSuite, which refuses it while it saves. */
    const refuseUnfitItem = (item, line) => {
        if (!STOCKED_TYPES.includes(item.itemtype)) {
            const message = `The item ${item.itemid} is not an inventory item.`;
            throw new Refusal('INVALID_TRAN_ITEM_LINE', message, 'item', line.number);
        }
        const isSerial = item.isserialitem === 'T';
        const isNumbered = isSerial || item.islotitem === 'T';
        if (isNumbered && line.detail.length === 0) {
            const message = `Please configure the inventory detail in line ${line.number}: ${item.itemid} has lots or serials.`;
            throw new Refusal('USER_ERROR', message, 'item', line.number);
        }
        line.detail.forEach((part) => {
            if (part.lot && !isNumbered) {
                const message = `The item ${item.itemid} has neither lots nor serial numbers.`;
                throw new Refusal('INVENTORY_NUM_DISALLWD', message, 'lot', line.number);
            }
            if (isNumbered && !part.lot) {
                const message = 'Please enter value(s) for: Serial/Lot Number';
                throw new Refusal('USER_ERROR', message, 'lot', line.number);
            }
            if (isSerial && Math.abs(Number(part.quantity)) !== 1) {
                const message = 'A serial number stands for one piece.';
                throw new Refusal('INTEGER_REQD_FOR_QTY', message, 'quantity', line.number);
            }
        });
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

    const onlyOne = (found, reference, field, line, fits = () => true) => {
        const rows = (found.get(`${reference.key} ${reference.value}`) || []).filter(fits);
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

    const marksOf = (asked) => ({
        externalid: asked.externalId,
        [KEY_FIELD]: asked.externalId,
        [HASH_FIELD]: asked.payloadHash,
    });

    const buildAdjustment = (asked, header, lines) => {
        const adjustment = record.create({ type: asked.kind.type, isDynamic: false });
        const values = {
            ...marksOf(asked),
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
                adjustment.setSublistValue({ sublistId: asked.kind.sublist, fieldId, line: index, value })
            );
            if (line.detail.length > 0) {
                const place = { sublistId: asked.kind.sublist, fieldId: 'inventorydetail', line: index };
                writeDetail(adjustment.getSublistSubrecord(place), line);
            }
        });
        return adjustment;
    };

    const writeDetail = (subrecord, line) => {
        line.detail.forEach((part, index) => {
            const cells = {
                receiptinventorynumber: isDecrease(line.quantity) ? null : part.lot,
                issueinventorynumber: part.lotId,
                binnumber: part.binId,
                inventorystatus: part.statusId,
                quantity: Number(part.quantity),
            };
            setEach(cells, line.number, (fieldId, value) =>
                subrecord.setSublistValue({ sublistId: 'inventoryassignment', fieldId, line: index, value })
            );
        });
    };

    /** The customer comes first, because setting it fills other fields; of a line, the item before its price. */
    const buildEstimate = (asked, header, lines) => {
        const estimate = record.create({ type: asked.kind.type, isDynamic: true });
        const values = {
            entity: header.entityId,
            ...marksOf(asked),
            trandate: dayOf(header.tranDate),
            duedate: header.dueDate && dayOf(header.dueDate),
            expectedclosedate: header.expectedCloseDate && dayOf(header.expectedCloseDate),
            title: header.title,
            memo: header.memo,
        };
        setEach(values, null, (fieldId, value) => estimate.setValue({ fieldId, value }));
        const { sublist: sublistId } = asked.kind;
        lines.forEach((line) => {
            estimate.selectNewLine({ sublistId });
            const cells = {
                item: line.itemId,
                quantity: Number(line.quantity),
                price: line.rate === null ? line.levelId : Number(CUSTOM_PRICE),
                rate: line.rate === null ? null : Number(line.rate),
                description: line.description,
            };
            setEach(cells, line.number, (fieldId, value) =>
                estimate.setCurrentSublistValue({ sublistId, fieldId, value })
            );
            try {
                estimate.commitLine({ sublistId });
            } catch (problem) {
                throw refusalOf(problem, null, line.number);
            }
        });
        return estimate;
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

    const isDecrease = (quantity) => Number(quantity) < 0;

    const textOf = (value) => (value === null || value === undefined ? '' : String(value));

    const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

    const hasFeature = (feature) => runtime.isFeatureInEffect({ feature }) === true;

    const rowsOf = (statement, params) => query.runSuiteQL({ query: statement, params }).asMappedResults();

    /** An error NetSuite answers with HTTP 400. Nobody gets an e-mail about it. */
    const notUnderstood = (name, message) => error.create({ name, message, notifyOff: true });

    return { get, post };
});

'use strict';
const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { createAccount, insert } = require('./account.cjs');
const { adjustment, call, line, lookup, ping, push, pushBody } = require('./calling.cjs');

const refused = (answer) => [answer.outcome, answer.error && answer.error.code, answer.error.field, answer.error.line];
const held = (account) => account.transactions.map(({ body }) => body.externalid);

describe('ping', () => {
    test('says who is calling and what is left of the units', () => {
        const { status, answer } = ping(createAccount());
        assert.equal(status, 200);
        assert.equal(answer.contract, 1);
        assert.equal(answer.account, '1234567_SB1');
        assert.equal(answer.role, 'customrole1042');
        assert.equal(answer.remainingUsage, 4990);
        assert.equal(answer.features.lots, true);
        assert.equal(answer.features.suiteTax, false);
        assert.ok(Math.abs(Date.parse(answer.serverTime) - Date.now()) < 5000);
    });

    test('fails where the custom fields are missing, so that the installation shows it', () => {
        const { status, answer } = ping(createAccount({ customFields: false }));
        assert.equal(status, 400);
        assert.match(answer.error.message, /custbody_countersign/);
    });
});

describe('lookup', () => {
    test('none', () => {
        assert.deepEqual(lookup(createAccount(), 'CS-IA-1').answer, {
            contract: 1,
            found: false,
            matches: 0,
            externalId: 'CS-IA-1',
        });
    });

    test('one, in any letter case, with what the record really holds', () => {
        const account = createAccount();
        const made = push(account, pushBody('CS-IA-1', adjustment([line('000123', '-3'), line('000456', '1.5')])));
        const { answer } = lookup(account, 'cs-ia-1');
        assert.equal(answer.matches, 1);
        assert.equal(answer.externalId, 'CS-IA-1');
        assert.equal(answer.internalId, made.internalId);
        assert.equal(answer.payloadHash, made.payloadHash);
        assert.deepEqual([answer.lineCount, answer.quantitySum, answer.total], [2, '-1.500', '-6.00']);
        account.transactions[0].lines.pop();
        assert.deepEqual(
            [lookup(account, 'CS-IA-1').answer.lineCount, lookup(account, 'CS-IA-1').answer.quantitySum],
            [1, '-3.000']
        );
    });

    test('several: somebody gave the same push key to a second record', () => {
        const account = createAccount();
        push(account, pushBody('CS-IA-1', adjustment()));
        insert(account, { body: { custbody_countersign_push_key: 'cs-ia-1' } });
        assert.equal(lookup(account, 'CS-IA-1').answer.matches, 2);
    });

    test('still found when another integration took the external id away', () => {
        const account = createAccount();
        const made = push(account, pushBody('CS-IA-1', adjustment()));
        account.transactions[0].body.externalid = 'THEIRS-77';
        const { answer } = lookup(account, 'CS-IA-1');
        assert.deepEqual([answer.internalId, answer.externalId], [made.internalId, 'CS-IA-1']);
        assert.equal(push(account, pushBody('CS-IA-1', adjustment())).outcome, 'existing');
    });

    test('a record without our fields has an empty hash', () => {
        const account = createAccount({ transactions: [{ body: { externalid: 'CS-IA-9' } }] });
        assert.equal(lookup(account, 'CS-IA-9').answer.payloadHash, '');
    });

    test('"not found" is never said about a record type it does not look for', () => {
        const query = { op: 'lookup', recordtype: 'invoice', externalid: 'CS-IA-1' };
        assert.equal(call(createAccount(), 'GET', { query }).answer.error.code, 'SSS_INVALID_API_USAGE');
    });
});

describe('push', () => {
    test('created: the record holds what was sent', () => {
        const account = createAccount();
        const body = pushBody(
            'CS-IA-1',
            adjustment([line('000123', '-3.000', { memo: 'timing' }), line('000456', '1.5', { unitCost: '12.5000' })], {
                account: { id: '54' },
                subsidiary: { id: '1' },
                adjLocation: { id: '5' },
            })
        );
        const answer = push(account, body);
        assert.equal(answer.outcome, 'created');
        assert.deepEqual([answer.externalId, answer.payloadHash], ['CS-IA-1', body.payloadHash]);
        assert.deepEqual([answer.lineCount, answer.quantitySum, answer.total], [2, '-1.500', '11.25']);
        assert.deepEqual([answer.warnings, answer.error], [[], null]);
        const [{ body: saved, lines, id }] = account.transactions;
        assert.equal(answer.internalId, String(id));
        assert.equal(saved.custbody_countersign_payload_hash, body.payloadHash);
        assert.equal(saved.custbody_countersign_push_key, 'CS-IA-1');
        assert.equal(saved.memo, 'Cycle count A-01');
        assert.deepEqual([saved.account, saved.subsidiary, saved.adjlocation], ['54', '1', 5]);
        assert.deepEqual(
            [saved.trandate.getFullYear(), saved.trandate.getMonth(), saved.trandate.getDate()],
            [2026, 10, 21]
        );
        assert.deepEqual(lines, [
            { item: 101, location: 5, adjustqtyby: -3, memo: 'timing' },
            { item: 108, location: 5, adjustqtyby: 1.5, unitcost: 12.5 },
        ]);
        assert.equal(account.logged.length, 1);
        assert.match(account.logged[0].title, /CS-IA-1: created/);
    });

    test('existing: the same again, in any letter case, makes no second record', () => {
        const account = createAccount();
        const body = pushBody('CS-IA-1', adjustment());
        const first = push(account, body);
        const again = push(account, body);
        const shouting = push(account, { ...body, externalId: 'cs-ia-1' });
        assert.deepEqual([again.outcome, shouting.outcome], ['existing', 'existing']);
        assert.deepEqual([again.internalId, shouting.externalId], [first.internalId, 'CS-IA-1']);
        assert.deepEqual(held(account), ['CS-IA-1']);
    });

    test('conflict: another content under the same id', () => {
        const account = createAccount();
        const first = push(account, pushBody('CS-IA-1', adjustment()));
        const other = push(account, pushBody('CS-IA-1', adjustment([line('000123', '9')])));
        assert.deepEqual(refused(other), ['conflict', 'DUP_RCRD', 'externalId', null]);
        assert.deepEqual([other.internalId, other.payloadHash], [first.internalId, first.payloadHash]);
        assert.equal(account.transactions.length, 1);
    });

    test('conflict: the id belongs to a transaction of another type', () => {
        const account = createAccount({ transactions: [{ recordtype: 'invoice', body: { externalid: 'cs-ia-1' } }] });
        const answer = push(account, pushBody('CS-IA-1', adjustment()));
        assert.deepEqual([answer.outcome, answer.internalId, answer.lineCount], ['conflict', '1001', null]);
    });

    test('a body that does not hash to its payloadHash writes nothing', () => {
        const account = createAccount();
        const body = pushBody('CS-IA-1', adjustment());
        body.record.lines[0].adjustQtyBy = '-30.000';
        assert.deepEqual(refused(push(account, body)), ['rejected', 'INVALID_FLD_VALUE', 'payloadHash', null]);
        assert.deepEqual(account.transactions, []);
        assert.ok(!account.calls.includes('create'));
    });

    test('a dry run checks, writes nothing and says what would be written', () => {
        const account = createAccount();
        const answer = push(account, pushBody('CS-IA-1', adjustment(), { dryRun: true }));
        assert.deepEqual(
            [answer.outcome, answer.internalId, answer.tranId, answer.created],
            ['created', null, null, null]
        );
        assert.deepEqual([answer.lineCount, answer.quantitySum], [1, '-3.000']);
        assert.ok(!account.calls.includes('save'));
        assert.deepEqual(account.transactions, []);
        const wrong = push(account, pushBody('CS-IA-1', adjustment([line('nothing', '1')]), { dryRun: true }));
        assert.equal(wrong.outcome, 'rejected');
    });

    const REFUSALS = [
        ['an unknown field of the envelope', adjustment(), 'INVALID_FLD_VALUE', 'surprise', null, { surprise: 1 }],
        [
            'an unknown field of the header',
            adjustment(undefined, { colour: 'red' }),
            'INVALID_FLD_VALUE',
            'colour',
            null,
        ],
        [
            'an unknown field of a line',
            adjustment([line('000123', '1'), line('000123', '1', { amount: '1' })]),
            'INVALID_FLD_VALUE',
            'amount',
            2,
        ],
        ['another contract', adjustment(), 'INVALID_FLD_VALUE', 'contract', null, { contract: 2 }],
        ['another record type', adjustment(), 'INVALID_FLD_VALUE', 'recordType', null, { recordType: 'invoice' }],
        ['an external id with a bar', adjustment(), 'INVALID_FLD_VALUE', 'externalId', null, { externalId: 'a|b' }],
        ['a hash in capitals', adjustment(), 'INVALID_FLD_VALUE', 'payloadHash', null, { payloadHash: 'A'.repeat(64) }],
        ['a dry run that is no boolean', adjustment(), 'INVALID_BOOLEAN_VALUE', 'dryRun', null, { dryRun: 'yes' }],
        ['no record', 'text', 'INVALID_FLD_VALUE', 'record', null],
        ['no date', adjustment(undefined, { tranDate: null }), 'TRAN_DATE_REQD', 'tranDate', null],
        [
            'a date of another form',
            adjustment(undefined, { tranDate: '11/21/2026' }),
            'INVALID_DATE_FORMAT',
            'tranDate',
            null,
        ],
        [
            'a day that does not exist',
            adjustment(undefined, { tranDate: '2026-02-30' }),
            'INVALID_DATE_FORMAT',
            'tranDate',
            null,
        ],
        ['no lines', adjustment([]), 'VALID_LINE_ITEM_REQD', 'lines', null],
        [
            'a memo that is too long',
            adjustment([line('000123', '1', { memo: 'x'.repeat(1000) })]),
            'INVALID_FLD_VALUE',
            'memo',
            1,
        ],
        [
            'an item without a reference',
            adjustment([line('000123', '1', { item: null })]),
            'MISSING_REQD_FLD',
            'item',
            1,
        ],
        [
            'an item named twice',
            adjustment([line('', '1', { item: { id: '101', itemid: '000123' } })]),
            'INVALID_FLD_VALUE',
            'item',
            1,
        ],
        [
            'no location at all',
            adjustment([line('000123', '1', { location: null })], { adjLocation: null }),
            'LOCATION_REQD',
            'location',
            1,
        ],
        ['a quantity with an exponent', adjustment([line('000123', '1e3')]), 'INVALID_NUMBER', 'adjustQtyBy', 1],
        ['a quantity that is a number', adjustment([line('000123', 1)]), 'INVALID_NUMBER', 'adjustQtyBy', 1],
        [
            'a quantity of more digits than a number keeps',
            adjustment([line('000123', '123456789012.123456')]),
            'INVALID_NUMBER',
            'adjustQtyBy',
            1,
        ],
        ['no change', adjustment([line('000123', '-0.000')]), 'INVALID_QUANTITY', 'adjustQtyBy', 1],
        [
            'a negative cost',
            adjustment([line('000123', '1', { unitCost: '-1' })]),
            'POSITIVE_UNITCOST_REQD',
            'unitCost',
            1,
        ],
        [
            'a cost on a decrease',
            adjustment([line('000123', '-1', { unitCost: '1' })]),
            'INVALID_FLD_VALUE',
            'unitCost',
            1,
        ],
        ['an unknown item', adjustment([line('000123', '1'), line('nothing', '1')]), 'INVALID_KEY_OR_REF', 'item', 2],
        [
            'an unknown internal id',
            adjustment([line('', '1', { item: { id: '999' } })]),
            'INVALID_KEY_OR_REF',
            'item',
            1,
        ],
        [
            'an internal id that is no number',
            adjustment([line('', '1', { item: { id: '1 OR 1=1' } })]),
            'INVALID_KEY_OR_REF',
            'item',
            1,
        ],
        ['an inactive item', adjustment([line('OLD', '1')]), 'INVALID_KEY_OR_REF', 'item', 1],
        ['two items of one name', adjustment([line('TWIN', '1')]), 'INVALID_KEY_OR_REF', 'item', 1],
        ['an item without stock', adjustment([line('SERVICE', '1')]), 'INVALID_TRAN_ITEM_LINE', 'item', 1],
        ['an item with lots', adjustment([line('000123', '1'), line('LOT', '1')]), 'USER_ERROR', 'item', 2],
        [
            'an unknown location',
            adjustment([line('000123', '1', { location: { name: 'ATTIC' } })]),
            'INVALID_KEY_OR_REF',
            'location',
            1,
        ],
        [
            'an inactive location',
            adjustment([line('000123', '1', { location: { id: '6' } })]),
            'INVALID_KEY_OR_REF',
            'location',
            1,
        ],
        [
            'an unknown location of the header',
            adjustment(undefined, { adjLocation: { name: 'ATTIC' } }),
            'INVALID_KEY_OR_REF',
            'adjLocation',
            null,
        ],
        [
            'an unknown subsidiary',
            adjustment(undefined, { subsidiary: { id: '77' } }),
            'INVALID_KEY_OR_REF',
            'subsidiary',
            null,
        ],
        [
            'an account that is not allowed',
            adjustment(undefined, { account: { id: '4711' } }),
            'INVALID_KEY_OR_REF',
            'account',
            null,
        ],
        [
            'a closed period, which NetSuite finds',
            adjustment(undefined, { tranDate: '2026-01-31' }),
            'TRAN_PERIOD_CLOSED',
            null,
            null,
        ],
        [
            'a foreign location, which NetSuite finds',
            adjustment([line('000123', '1'), line('000123', '1', { location: { name: 'ABROAD' } })]),
            'INVALID_TRANS_SUB_LOC',
            null,
            2,
        ],
    ];

    for (const [name, record, code, field, number, changed] of REFUSALS) {
        test(`rejected: ${name}`, () => {
            const account = createAccount({ closedMonths: ['2026-01'] });
            const answer = push(account, pushBody('CS-IA-1', record, changed));
            assert.deepEqual(refused(answer), ['rejected', code, field, number]);
            assert.deepEqual(account.transactions, []);
            assert.equal(account.logged.length, 1);
        });
    }

    test('without an account in the request or the parameter there is nothing to post to', () => {
        const account = createAccount({ parameters: {} });
        assert.deepEqual(refused(push(account, pushBody('CS-IA-1', adjustment()))), [
            'rejected',
            'MISSING_REQD_FLD',
            'account',
            null,
        ]);
        const sent = adjustment(undefined, { account: { id: '77' } });
        assert.equal(push(account, pushBody('CS-IA-1', sent)).outcome, 'created');
    });

    test('an account without subsidiaries refuses one', () => {
        const account = createAccount({ features: ['INVENTORY'] });
        const answer = push(account, pushBody('CS-IA-1', adjustment(undefined, { subsidiary: { id: '1' } })));
        assert.deepEqual(refused(answer), ['rejected', 'INVALID_FLD_VALUE', 'subsidiary', null]);
        assert.equal(push(account, pushBody('CS-IA-1', adjustment())).outcome, 'created');
    });

    test('what NetSuite says of one field names the line', () => {
        const account = createAccount();
        account.hooks.onLine = (fieldId, index, value, SuiteScriptError) => {
            if (fieldId === 'adjustqtyby' && index === 1) {
                throw new SuiteScriptError('INTEGER_REQD_FOR_QTY', 'A whole number is required.');
            }
        };
        const answer = push(account, pushBody('CS-IA-1', adjustment([line('000123', '1'), line('000123', '1.5')])));
        assert.deepEqual(refused(answer), ['rejected', 'INTEGER_REQD_FOR_QTY', 'adjustQtyBy', 2]);
        assert.deepEqual(account.transactions, []);
    });

    test('a field somebody changes while it is saved shows, because the record is read back', () => {
        const account = createAccount();
        account.hooks.beforeSave = (saving) => {
            saving.lines[0].adjustqtyby = -2;
            saving.body.trandate = new Date(2026, 10, 22, 12);
        };
        const answer = push(account, pushBody('CS-IA-1', adjustment()));
        assert.deepEqual([answer.outcome, answer.quantitySum], ['created', '-2.000']);
        assert.deepEqual(answer.warnings, ['tranDate was saved as 2026-11-22']);
    });
});

describe('figures', () => {
    const SUMS = [
        [['0.1', '0.2'], '0.300'],
        [['-0.001', '0.001'], '0.000'],
        [['1.5', '-3'], '-1.500'],
        [['-1.5', '3'], '1.500'],
        [['0.000125', '-1'], '-0.999875'],
        [['+2', '0.5'], '2.500'],
        [['999999999999.999', '0.001'], '1000000000000.000'],
        [Array(50).fill('0.1'), '5.000'],
        [['123456789.123456', '-0.000001'], '123456789.123455'],
    ];

    for (const [quantities, sum] of SUMS) {
        test(`${quantities.slice(0, 3).join(' + ')} is ${sum}`, () => {
            const lines = quantities.map((quantity) => line('000123', quantity));
            const account = createAccount();
            assert.equal(push(account, pushBody('CS-IA-1', adjustment(lines), { dryRun: true })).quantitySum, sum);
            assert.equal(push(account, pushBody('CS-IA-1', adjustment(lines))).quantitySum, sum);
        });
    }

    test('text of every kind hashes as it does elsewhere', () => {
        const memo = 'Zähler "A\\B"\n\t\u0001\u007f\u2028 日本 🧮 é';
        assert.equal(push(createAccount(), pushBody('CS-IA-1', adjustment(undefined, { memo }))).outcome, 'created');
    });
});

describe('a save that fails', () => {
    test('somebody else was faster with the same content: existing', () => {
        const account = createAccount();
        const body = pushBody('CS-IA-1', adjustment());
        account.hooks.beforeSave = () => {
            account.hooks = {};
            const units = account.unitsLeft;
            assert.equal(push(account, body).outcome, 'created');
            account.unitsLeft = units;
        };
        const answer = push(account, body);
        assert.equal(answer.outcome, 'existing');
        assert.match(answer.warnings[0], /DUP_RCRD/);
        assert.deepEqual(held(account), ['CS-IA-1']);
    });

    test('somebody else was faster with other content: conflict', () => {
        const account = createAccount();
        account.hooks.beforeSave = () => insert(account, { body: { externalid: 'cs-ia-1' } });
        const answer = push(account, pushBody('CS-IA-1', adjustment()));
        assert.deepEqual(refused(answer), ['conflict', 'DUP_RCRD', 'externalId', null]);
        assert.deepEqual(held(account), ['cs-ia-1']);
    });

    test('NetSuite knows the id and the role cannot see the record: conflict, never a second try', () => {
        const account = createAccount({ transactions: [{ body: { externalid: 'CS-IA-1' } }] });
        account.hiddenFromQueries = true;
        const answer = push(account, pushBody('CS-IA-1', adjustment()));
        assert.deepEqual([answer.outcome, answer.internalId], ['conflict', null]);
        assert.match(answer.error.message, /cannot see/);
    });

    test('a script of the account fails after the save: the record stands and is answered', () => {
        const account = createAccount();
        account.hooks.afterSave = (made, _, SuiteScriptError) => {
            throw new SuiteScriptError('UNEXPECTED_ERROR', 'afterSubmit of somebody else');
        };
        const answer = push(account, pushBody('CS-IA-1', adjustment()));
        assert.deepEqual([answer.outcome, answer.lineCount], ['existing', 1]);
        assert.match(answer.warnings[0], /UNEXPECTED_ERROR/);
        assert.equal(account.transactions.length, 1);
    });

    for (const code of ['UNEXPECTED_ERROR', 'SSS_TIME_LIMIT_EXCEEDED']) {
        test(`${code} without a record is no refusal: it is left to NetSuite`, () => {
            const account = createAccount();
            account.hooks.beforeSave = (_, __, SuiteScriptError) => {
                throw new SuiteScriptError(code, 'An unexpected error occurred.');
            };
            const { status, answer } = call(account, 'POST', { body: pushBody('CS-IA-1', adjustment()) });
            assert.deepEqual([status, answer.error.code], [400, code]);
        });
    }

    test('a user event script that says no is a refusal', () => {
        const account = createAccount();
        account.hooks.beforeSave = (_, __, SuiteScriptError) => {
            throw new SuiteScriptError('USER_ERROR', 'Please enter value(s) for: Department');
        };
        assert.deepEqual(refused(push(account, pushBody('CS-IA-1', adjustment()))), [
            'rejected',
            'USER_ERROR',
            null,
            null,
        ]);
    });
});

describe('governance', () => {
    test('the units of a push are reported and do not grow with its lines', () => {
        const few = push(createAccount(), pushBody('CS-IA-1', adjustment()));
        const many = Array.from({ length: 400 }, () => line('000123', '1'));
        assert.deepEqual([few.usage, push(createAccount(), pushBody('CS-IA-1', adjustment(many))).usage], [80, 80]);
    });

    test('two thousand different items are asked for in lists NetSuite accepts', () => {
        const items = Array.from({ length: 2000 }, (_, index) => ({
            id: index + 1,
            itemid: `I${index}`,
            itemtype: 'InvtPart',
        }));
        const lines = items.map(({ itemid }) => line(itemid, '1'));
        const answer = push(createAccount({ items }), pushBody('CS-IA-1', adjustment(lines)));
        assert.deepEqual([answer.outcome, answer.lineCount, answer.usage], ['created', 2000, 110]);
    });

    test('with too few units left nothing is written', () => {
        const account = createAccount({ units: 130 });
        const { status, answer } = call(account, 'POST', { body: pushBody('CS-IA-1', adjustment()) });
        assert.deepEqual([status, answer.error.code], [400, 'SSS_USAGE_LIMIT_EXCEEDED']);
        assert.deepEqual(account.transactions, []);
    });

    test('units that run out after the save are an error, and the look-up finds the record', () => {
        const account = createAccount();
        account.hooks.afterSave = () => {
            account.unitsLeft = 0;
        };
        const body = pushBody('CS-IA-1', adjustment());
        assert.equal(call(account, 'POST', { body }).status, 400);
        assert.equal(lookup(account, 'CS-IA-1').answer.payloadHash, body.payloadHash);
    });
});

describe('a call that is none of these', () => {
    const CALLS = [
        ['GET', { query: { op: 'delete' } }, 'SSS_INVALID_API_USAGE'],
        ['GET', { query: {} }, 'SSS_INVALID_API_USAGE'],
        ['GET', { query: { op: 'lookup', recordtype: 'inventoryadjustment' } }, 'SSS_MISSING_REQD_ARGUMENT'],
        ['POST', { body: { op: 'delete' } }, 'SSS_INVALID_API_USAGE'],
        ['POST', { body: [1] }, 'PARSING_ERROR'],
        ['POST', { body: 'text' }, 'PARSING_ERROR'],
    ];

    for (const [method, given, code] of CALLS) {
        test(`${method} ${JSON.stringify(given)}`, () => {
            const { status, answer } = call(createAccount(), method, given);
            assert.deepEqual([status, answer.error.code], [400, code]);
        });
    }
});

'use strict';
const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { createAccount, heldOf } = require('./account.cjs');
const { adjustment, line, push, pushBody } = require('./calling.cjs');

const refused = ({ outcome, error }) => [outcome, error.code, error.field, error.line];
const detailed = (item, quantity, detail, more = {}) => adjustment([line(item, quantity, { detail, ...more })]);
const lot = (number, quantity, more = {}) => ({ lot: number, quantity, ...more });
const shelved = { location: { name: 'SHELVES' } };

function pushed(account, number, record) {
    const answer = push(account, pushBody(`CS-IA-${number}`, record));
    assert.deepEqual([answer.outcome, answer.error], ['created', null]);
    return answer;
}

/** What each lot of the account holds in MAIN, by its number. */
const lots = (account) =>
    Object.fromEntries(account.numbers.map((number) => [number.inventorynumber, heldOf(account, number, 5)]));

describe('a line with inventory detail', () => {
    test('stock in makes its lots, stock out takes from them', () => {
        const account = createAccount();
        const answer = pushed(account, 1, detailed('LOT', '5.000', [lot('L1', '3'), lot('L2', '2.000')]));
        assert.deepEqual([answer.lineCount, answer.quantitySum], [1, '5.000']);
        assert.deepEqual(lots(account), { L1: 3, L2: 2 });
        pushed(account, 2, detailed('LOT', '-2.5', [lot('L1', '-1.5'), lot('L2', '-1')]));
        assert.deepEqual(lots(account), { L1: 1.5, L2: 1 });
        const parts = account.transactions.map(({ lines }) => lines[0].inventorydetail);
        assert.deepEqual(
            parts.map(([part]) => [part.receiptinventorynumber, part.issueinventorynumber]),
            [
                ['L1', undefined],
                [undefined, account.numbers[0].id],
            ]
        );
    });

    test('a serial number in a bin, with a status', () => {
        const account = createAccount();
        const part = lot('S1', '1', { bin: { name: 'A-01' }, status: { name: 'Good' } });
        pushed(account, 1, detailed('SERIAL', '1', [part], shelved));
        const [saved] = account.transactions[0].lines[0].inventorydetail;
        assert.deepEqual([saved.binnumber, saved.inventorystatus, saved.quantity], [70, 1, 1]);
        const byId = lot('S1', '-1', { bin: { id: '70' }, status: { id: '1' } });
        pushed(account, 2, detailed('SERIAL', '-1', [byId], shelved));
        assert.equal(heldOf(account, account.numbers[0], 8), 0);
    });

    test('a plain item may name a status, and a line without detail has none', () => {
        const account = createAccount();
        pushed(account, 1, detailed('000123', '2', [{ quantity: '2', status: { id: '1' }, lot: null, bin: null }]));
        pushed(account, 2, detailed('000123', '2', null));
        const details = account.transactions.map(({ lines }) => lines[0].inventorydetail);
        assert.deepEqual([details[0].length, details[1]], [1, undefined]);
    });

    test('another detail is another content', () => {
        const account = createAccount();
        const first = pushBody('CS-IA-1', detailed('LOT', '5', [lot('L1', '5')]));
        const other = pushBody('CS-IA-1', detailed('LOT', '5', [lot('L2', '5')]));
        assert.deepEqual(refused(push(account, { ...other, payloadHash: first.payloadHash })), [
            ...['rejected', 'INVALID_FLD_VALUE', 'payloadHash', null],
        ]);
        assert.deepEqual([push(account, first).outcome, push(account, first).outcome], ['created', 'existing']);
        assert.equal(push(account, other).outcome, 'conflict');
        assert.deepEqual(lots(account), { L1: 5 });
    });

    const REFUSALS = [
        ['no list', 'LOT', '1', 'L1', 'INVALID_FLD_VALUE', 'detail'],
        ['an empty list', 'LOT', '1', [], 'INVALID_FLD_VALUE', 'detail'],
        ['a part that is no object', 'LOT', '1', ['L1'], 'INVALID_FLD_VALUE', 'detail'],
        ['an unknown field', 'LOT', '1', [lot('L1', '1', { colour: 'red' })], 'INVALID_FLD_VALUE', 'colour'],
        ['a sum that is not the line', 'LOT', '3', [lot('L1', '1'), lot('L2', '1')], 'NUM_ITEMS_NOT_EQUAL_TO_QTY', 'detail'],
        ['no quantity', 'LOT', '1', [{ lot: 'L1' }], 'INVALID_NUMBER', 'quantity'],
        ['nothing of a lot', 'LOT', '1', [lot('L1', '1'), lot('L2', '0')], 'INVALID_QUANTITY', 'quantity'],
        ['both directions', 'LOT', '1', [lot('L1', '2'), lot('L2', '-1')], 'INVALID_QUANTITY', 'quantity'],
        ['no lot', 'LOT', '1', [{ quantity: '1' }], 'USER_ERROR', 'lot'],
        ['a blank lot', 'LOT', '1', [lot(' ', '1')], 'INVALID_FLD_VALUE', 'lot'],
        ['a lot that is a number', 'LOT', '1', [lot(7, '1')], 'INVALID_FLD_VALUE', 'lot'],
        ['a lot of a plain item', '000123', '1', [lot('L1', '1')], 'INVENTORY_NUM_DISALLWD', 'lot'],
        ['stock out of an unknown lot', 'LOT', '-1', [lot('L9', '-1')], 'INVALID_SERIAL_OR_LOT_NUMBER', 'lot'],
        ['two pieces of one serial number', 'SERIAL', '2', [lot('S1', '2')], 'INTEGER_REQD_FOR_QTY', 'quantity'],
        ['a bin as text', '000123', '1', [{ bin: 'A-01', quantity: '1' }], 'INVALID_FLD_VALUE', 'bin'],
        ['a bin of elsewhere', '000123', '1', [{ bin: { id: '70' }, quantity: '1' }], 'INVALID_KEY_OR_REF', 'bin'],
        ['an inactive status', '000123', '1', [{ status: { id: '2' }, quantity: '1' }], 'INVALID_KEY_OR_REF', 'status'],
    ];

    for (const [name, item, quantity, detail, code, field] of REFUSALS) {
        test(`rejected with the line: ${name}`, () => {
            const account = createAccount();
            const record = adjustment([line('000123', '1'), line(item, quantity, { detail })]);
            assert.deepEqual(refused(push(account, pushBody('CS-IA-1', record))), ['rejected', code, field, 2]);
            assert.deepEqual([account.transactions, account.numbers], [[], []]);
        });
    }

    test('what only NetSuite knows is refused while it saves, with the line it names', () => {
        const account = createAccount();
        pushed(account, 1, detailed('LOT', '2', [lot('L1', '2')]));
        const out = push(account, pushBody('CS-IA-2', detailed('LOT', '-3', [lot('L1', '-3')])));
        assert.deepEqual(refused(out), ['rejected', 'INVALID_SERIAL_OR_LOT_NUMBER', null, 1]);
        const unplaced = push(account, pushBody('CS-IA-3', detailed('SERIAL', '1', [lot('S1', '1')], shelved)));
        assert.deepEqual(refused(unplaced), ['rejected', 'USER_ERROR', null, 1]);
        assert.deepEqual([lots(account), account.transactions.length], [{ L1: 2 }, 1]);
    });

    test('a bin or a status where the account has none', () => {
        const account = createAccount({ features: ['INVENTORY', 'MULTILOCINVT'] });
        for (const field of ['bin', 'status']) {
            const part = { quantity: '1', [field]: { id: '1' } };
            const answer = push(account, pushBody('CS-IA-1', detailed('000123', '1', [part])));
            assert.deepEqual(refused(answer), ['rejected', 'INVALID_FLD_VALUE', field, 1]);
        }
    });
});

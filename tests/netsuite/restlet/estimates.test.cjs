'use strict';
const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { createAccount } = require('./account.cjs');
const { adjustment, estimate, lookup, push, pushBody, quoteBody, quoteLine } = require('./calling.cjs');

const refused = ({ outcome, error }) => [outcome, error.code, error.field, error.line];

describe('push of an estimate', () => {
    test('created: the record holds what was sent, and the total is NetSuite\'s', () => {
        const account = createAccount();
        const lines = [
            quoteLine('000123', '12.000', { rate: '17.2500', description: 'Rolls' }),
            quoteLine('SERVICE', '3', { rate: '2.335', priceLevel: { id: '-1' } }),
        ];
        const body = quoteBody('CS-QT-1', estimate(lines));
        const answer = push(account, body);
        assert.equal(answer.outcome, 'created');
        assert.deepEqual([answer.lineCount, answer.quantitySum], [2, '15.000']);
        assert.deepEqual([answer.subtotal, answer.total], ['214.01', '214.01']);
        const [{ body: saved, lines: kept, recordtype }] = account.transactions;
        assert.equal(recordtype, 'estimate');
        assert.deepEqual([saved.entity, saved.title], [900, 'Q-2026-00017']);
        assert.equal(saved.custbody_countersign_payload_hash, body.payloadHash);
        assert.equal(saved.custbody_countersign_push_key, 'CS-QT-1');
        assert.deepEqual(
            [saved.duedate, saved.expectedclosedate].map((date) => [date.getMonth() + 1, date.getDate()]),
            [
                [12, 31],
                [12, 31],
            ]
        );
        assert.deepEqual(
            kept.map(({ price, rate, description }) => [price, rate, description]),
            [
                [-1, 17.25, 'Rolls'],
                [-1, 2.335, ''],
            ]
        );
    });

    test('tax is in the total and not in the subtotal', () => {
        const answer = push(createAccount({ taxRate: 10 }), quoteBody('CS-QT-1', estimate()));
        assert.deepEqual([answer.subtotal, answer.total], ['207.00', '227.70']);
    });

    test('without a rate the price is the level\'s, or the customer\'s own', () => {
        const account = createAccount();
        const lines = [quoteLine('000123', '1', { priceLevel: { name: 'Base Price' } }), quoteLine('000123', '1')];
        push(account, quoteBody('CS-QT-1', estimate(lines)));
        assert.deepEqual(
            account.transactions[0].lines.map(({ price, rate }) => [price, rate]),
            [
                [1, 20],
                [5, 18.5],
            ]
        );
    });

    test('existing, conflict, and a look-up by kind', () => {
        const account = createAccount();
        const body = quoteBody('CS-QT-1', estimate());
        const made = push(account, body);
        assert.equal(push(account, body).outcome, 'existing');
        assert.equal(push(account, quoteBody('cs-qt-1', estimate(undefined, { memo: 'other' }))).outcome, 'conflict');
        assert.equal(push(account, pushBody('CS-QT-1', adjustment())).outcome, 'conflict');
        const { answer } = lookup(account, 'cs-qt-1', 'estimate');
        assert.deepEqual([answer.internalId, answer.subtotal], [made.internalId, '207.00']);
        assert.equal(lookup(account, 'CS-QT-1').answer.found, false);
        assert.equal(account.transactions.length, 1);
    });

    const line = (more) => estimate([quoteLine('000123', '1', more)]);
    const refusals = [
        [estimate(undefined, { entity: null }), 'MISSING_REQD_FLD', 'entity', null],
        [estimate(undefined, { entity: { entityid: 'GONE' } }), 'INVALID_KEY_OR_REF', 'entity', null],
        [estimate(undefined, { dueDate: '12/31/2026' }), 'INVALID_DATE_FORMAT', 'dueDate', null],
        [estimate(undefined, { account: { id: '54' } }), 'INVALID_FLD_VALUE', 'account', null],
        [line({ quantity: '0' }), 'INVALID_QUANTITY', 'quantity', 1],
        [line({ rate: '-1' }), 'INVALID_FLD_VALUE', 'rate', 1],
        [line({ rate: 1 }), 'INVALID_NUMBER', 'rate', 1],
        [line({ priceLevel: { id: '-1' } }), 'MISSING_REQD_FLD', 'rate', 1],
        [line({ rate: '1', priceLevel: { id: '1' } }), 'INVALID_FLD_VALUE', 'rate', 1],
        [line({ priceLevel: { name: 'Old' } }), 'INVALID_KEY_OR_REF', 'priceLevel', 1],
        [estimate([quoteLine('000456', '1')]), 'USER_ERROR', null, 1],
    ];
    refusals.forEach(([record, code, field, at]) => {
        test(`rejected: ${code} of ${field}`, () => {
            const account = createAccount();
            assert.deepEqual(refused(push(account, quoteBody('CS-QT-1', record))), ['rejected', code, field, at]);
            assert.equal(account.transactions.length, 0);
        });
    });

    test('within the allowance of one call', () => {
        assert.ok(push(createAccount(), quoteBody('CS-QT-1', estimate())).usage < 100);
    });
});

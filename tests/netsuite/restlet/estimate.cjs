'use strict';
/**
 * An estimate in dynamic mode: setting the customer or an item fills other fields, a line is written in the order a
 * person would type it, and the listed price overwrites a rate unless the price level is the custom one (-1).
 */
const BODY_FIELDS = [
    ...['entity', 'externalid', 'trandate', 'duedate', 'expectedclosedate', 'title', 'memo', 'tranid', 'createddate'],
    ...['lastmodifieddate', 'subtotal', 'total', 'custbody_countersign_payload_hash', 'custbody_countersign_push_key'],
];
const LINE_FIELDS = ['item', 'quantity', 'price', 'rate', 'description', 'amount'];
const DATES = ['trandate', 'duedate', 'expectedclosedate'];
const CUSTOM = -1;
const BASE = 1;

const cents = (value) => Math.round(value * 100 + 1e-6) / 100;

module.exports = ({ SuiteScriptError, spend, known, insert, checkUnique }) =>
    class Estimate {
        constructor(account, held = null) {
            this.account = account;
            this.body = held ? { ...held.body } : {};
            this.lines = held ? held.lines.map((line) => ({ ...line })) : [];
            this.current = null;
        }

        setValue({ fieldId, value }) {
            known(BODY_FIELDS, fieldId);
            if (DATES.includes(fieldId) && !(value instanceof Date)) {
                throw new SuiteScriptError(
                    'INVALID_FLD_VALUE',
                    `You have entered an Invalid Field Value for ${fieldId}`
                );
            }
            this.body[fieldId] = value;
            if (fieldId === 'entity') {
                this.body.memo = this.account.customers.find(({ id }) => id === value).memo || '';
            }
            return this;
        }

        getValue({ fieldId }) {
            known(BODY_FIELDS, fieldId);
            return this.body[fieldId] ?? '';
        }

        selectNewLine({ sublistId }) {
            this.sublist(sublistId);
            this.current = {};
            return this;
        }

        setCurrentSublistValue({ sublistId, fieldId, value }) {
            this.sublist(sublistId);
            known(LINE_FIELDS, fieldId);
            if (['quantity', 'rate'].includes(fieldId) && typeof value !== 'number') {
                throw new SuiteScriptError('INVALID_NUMBER', `Invalid number: ${value}`);
            }
            if (fieldId !== 'item' && this.current.item === undefined) {
                throw new SuiteScriptError('USER_ERROR', 'Please choose an item to add');
            }
            this.current[fieldId] = value;
            if (fieldId === 'item') {
                this.source(this.customerLevel());
                this.current.description = this.listed().displayname || '';
            }
            if (fieldId === 'price' && value !== CUSTOM) {
                this.source(value);
            }
            return this;
        }

        customerLevel() {
            const customer = this.account.customers.find(({ id }) => id === this.body.entity);
            return customer.pricelevel || BASE;
        }

        listed() {
            return this.account.items.find(({ id }) => id === this.current.item);
        }

        source(level) {
            this.current.price = level;
            this.current.rate = (this.listed().prices || {})[level];
        }

        commitLine({ sublistId }) {
            this.sublist(sublistId);
            if (this.current.rate === undefined) {
                throw new SuiteScriptError('USER_ERROR', 'Please enter a value for amount.');
            }
            this.lines.push({ ...this.current, amount: cents(this.current.rate * this.current.quantity) });
            this.current = null;
            return this;
        }

        getSublistValue({ sublistId, fieldId, line }) {
            this.sublist(sublistId);
            known(LINE_FIELDS, fieldId);
            return this.lines[line][fieldId];
        }

        getLineCount({ sublistId }) {
            this.sublist(sublistId);
            return this.lines.length;
        }

        sublist(sublistId) {
            if (sublistId !== 'item') {
                throw new SuiteScriptError('SSS_INVALID_SUBLIST_OPERATION', `There is no sublist ${sublistId}.`);
            }
        }

        save() {
            spend(this.account, 'save');
            checkUnique(this.account, this.body);
            this.body.subtotal = cents(this.lines.reduce((sum, { amount }) => sum + amount, 0));
            this.body.total = cents(this.body.subtotal * (1 + (this.account.taxRate || 0) / 100));
            this.body.tranid = `EST${this.account.transactions.length + 1}`;
            return insert(this.account, { recordtype: 'estimate', body: this.body, lines: this.lines }).id;
        }
    };

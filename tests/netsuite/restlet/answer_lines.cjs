'use strict';
/** One account, one call per line of standard input, one answer per line: what another program compares with. */
const readline = require('node:readline');
const { createAccount } = require('./account.cjs');
const { call } = require('./calling.cjs');

let account = createAccount();
readline.createInterface({ input: process.stdin }).on('line', (text) => {
    const { account: options, method, query, body } = JSON.parse(text);
    if (options) {
        account = createAccount(options);
        return;
    }
    process.stdout.write(`${JSON.stringify(call(account, method, { query, body }))}\n`);
});

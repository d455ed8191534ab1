'use strict';
/** What the account in account.cjs holds and has switched on when a test says nothing else. */
module.exports = {
    features: [
        ...['INVENTORY', 'MULTILOCINVT', 'SUBSIDIARIES', 'LOTNUMBEREDINVENTORY', 'SERIALIZEDINVENTORY'],
        ...['BINMANAGEMENT', 'INVENTORYSTATUS'],
    ],
    parameters: { custscript_countersign_accounts: '54' },
    subsidiaries: ['1', '9'],
    closedMonths: [],
    units: 5000,
    customFields: true,
    items: [
        { id: 101, itemid: '000123', itemtype: 'InvtPart', cost: 2.5, prices: { 1: 20, 5: 18.5 } },
        { id: 102, itemid: 'OLD', itemtype: 'InvtPart', isinactive: 'T' },
        { id: 103, itemid: 'LOT', itemtype: 'InvtPart', islotitem: 'T' },
        { id: 109, itemid: 'SERIAL', itemtype: 'InvtPart', isserialitem: 'T', usebins: 'T' },
        { id: 104, itemid: 'SERVICE', itemtype: 'NonInvtPart', prices: { 1: 3 } },
        { id: 106, itemid: 'TWIN', itemtype: 'InvtPart' },
        { id: 107, itemid: 'TWIN', itemtype: 'Assembly' },
        { id: 108, itemid: '000456', itemtype: 'Assembly', cost: 1 },
    ],
    locations: [
        { id: 5, name: 'MAIN', subsidiary: '1' },
        { id: 6, name: 'CLOSED', isinactive: 'T', subsidiary: '1' },
        { id: 7, name: 'ABROAD', subsidiary: '9' },
        { id: 8, name: 'SHELVES', subsidiary: '1', usebins: 'T' },
    ],
    bins: [
        { id: 70, binnumber: 'A-01', location: 8 },
        { id: 71, binnumber: 'A-01', location: 7 },
    ],
    statuses: [
        { id: 1, name: 'Good' },
        { id: 2, name: 'Hold', isinactive: 'T' },
    ],
    customers: [
        { id: 900, entityid: 'LAKESIDE', pricelevel: 5 },
        { id: 901, entityid: 'GONE', isinactive: 'T' },
    ],
    levels: [
        { id: 1, name: 'Base Price' },
        { id: 5, name: 'Contract' },
        { id: 6, name: 'Old', isinactive: 'T' },
    ],
};

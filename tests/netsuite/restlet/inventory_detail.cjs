'use strict';
/**
 * The inventory detail of an adjustment line: the subrecord a script fills, and what NetSuite checks while it saves.
 *
 * Stock in names its lot or serial number by text, and a number not seen before is made; stock out names it by the
 * internal id of one that is there. Assignments are kept on the line of the saved transaction.
 */
const FIELDS = ['receiptinventorynumber', 'issueinventorynumber', 'binnumber', 'inventorystatus', 'quantity'];

module.exports = ({ SuiteScriptError, known }) => {
    class InventoryDetail {
        constructor(line) {
            this.parts = line.inventorydetail = line.inventorydetail || [];
        }

        setSublistValue({ sublistId, fieldId, line, value }) {
            known(FIELDS, fieldId);
            if (sublistId !== 'inventoryassignment' || line > this.parts.length) {
                throw new SuiteScriptError('SSS_INVALID_SUBLIST_OPERATION', `There is no line ${line} of ${sublistId}.`);
            }
            if (fieldId === 'quantity' && typeof value !== 'number') {
                throw new SuiteScriptError('INVALID_NUMBER', `Invalid number: ${value}`);
            }
            this.parts[line] = { ...this.parts[line], [fieldId]: value };
            return this;
        }
    }

    /** What a lot holds in a location, over the transactions saved so far. */
    const heldOf = (account, number, location) =>
        account.transactions
            .flatMap(({ lines }) => lines)
            .filter((line) => line.location === location)
            .flatMap((line) => line.inventorydetail || [])
            .filter((part) => part.numberId === number.id)
            .reduce((sum, part) => sum + part.quantity, 0);

    const numberOf = (account, item, part) => {
        const own = account.numbers.filter((row) => row.item === item.id);
        if (part.issueinventorynumber !== undefined) {
            return own.find(({ id }) => id === part.issueinventorynumber);
        }
        return own.find(({ inventorynumber }) => inventorynumber === part.receiptinventorynumber);
    };

    const refuse = (code, text, index) => {
        throw new SuiteScriptError(code, `${text} (line ${index + 1})`);
    };

    const checkPart = (account, line, index, item, part, isBinned) => {
        const isOut = line.adjustqtyby < 0;
        const isNumbered = item.islotitem === 'T' || item.isserialitem === 'T';
        if ((isOut ? part.receiptinventorynumber : part.issueinventorynumber) !== undefined) {
            refuse('INVALID_FLD_VALUE', 'The number belongs to the other direction.', index);
        }
        const number = numberOf(account, item, part);
        if (isNumbered && isOut && !number) {
            refuse('INVALID_SERIAL_OR_LOT_NUMBER', 'No such number.', index);
        }
        if (isBinned && part.binnumber === undefined) {
            refuse('USER_ERROR', 'Please enter value(s) for: Bin', index);
        }
        const after = (number ? heldOf(account, number, line.location) : 0) + part.quantity;
        if (isNumbered && (after < 0 || (item.isserialitem === 'T' && after > 1))) {
            refuse('INVALID_SERIAL_OR_LOT_NUMBER', 'Not enough of it, or there already.', index);
        }
    };

    const checkDetails = (account, lines) => {
        lines.forEach((line, index) => {
            const item = account.items.find(({ id }) => id === line.item);
            const place = account.locations.find(({ id }) => id === line.location);
            const isBinned = item.usebins === 'T' && place.usebins === 'T';
            const parts = line.inventorydetail || [];
            if (parts.length === 0) {
                if (isBinned || item.islotitem === 'T' || item.isserialitem === 'T') {
                    refuse('USER_ERROR', 'Please configure the inventory detail.', index);
                }
                return;
            }
            const sum = parts.reduce((total, { quantity }) => total + quantity, 0);
            if (Math.abs(sum - line.adjustqtyby) > 1e-9) {
                refuse('NUM_ITEMS_NOT_EQUAL_TO_QTY', 'The detail does not add up.', index);
            }
            parts.forEach((part) => checkPart(account, line, index, item, part, isBinned));
        });
    };

    /** Numbers not seen before are made, and each assignment learns which number it moved. */
    const keepDetails = (account, lines) => {
        lines.forEach((line) => {
            const item = account.items.find(({ id }) => id === line.item);
            (line.inventorydetail || []).forEach((part) => {
                let number = numberOf(account, item, part);
                if (!number && part.receiptinventorynumber) {
                    const id = 1 + account.numbers.length;
                    number = { id, item: item.id, inventorynumber: part.receiptinventorynumber };
                    account.numbers.push(number);
                }
                part.numberId = number && number.id;
            });
        });
    };

    return { InventoryDetail, heldOf, checkDetails, keepDetails };
};

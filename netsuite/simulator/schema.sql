-- One file holds everything the simulator knows. Quantities are integers of one millionth, so that sums are exact.
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);

CREATE TABLE IF NOT EXISTS integrations (
    consumer_key TEXT PRIMARY KEY, secret TEXT NOT NULL, blocked INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS users (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, permitted INTEGER NOT NULL DEFAULT 1,
    failures INTEGER NOT NULL DEFAULT 0, locked_until REAL);
CREATE TABLE IF NOT EXISTS tokens (
    token TEXT PRIMARY KEY, secret TEXT NOT NULL, consumer_key TEXT NOT NULL, user TEXT NOT NULL REFERENCES users (name),
    revoked INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS nonces (
    token TEXT NOT NULL, nonce TEXT NOT NULL, stamp INTEGER NOT NULL, seen REAL NOT NULL,
    PRIMARY KEY (token, nonce, stamp));
-- OAuth 2.0: mapped certificates, assertions already used, and hashes of the tokens given out.
CREATE TABLE IF NOT EXISTS certificates (
    id TEXT PRIMARY KEY, client_id TEXT NOT NULL, public_key TEXT NOT NULL, user TEXT NOT NULL REFERENCES users (name),
    revoked INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS assertions (certificate TEXT NOT NULL, jti TEXT NOT NULL, PRIMARY KEY (certificate, jti));
CREATE TABLE IF NOT EXISTS bearer_tokens (
    digest TEXT PRIMARY KEY, certificate TEXT NOT NULL, user TEXT NOT NULL REFERENCES users (name), scopes TEXT NOT NULL,
    expires REAL NOT NULL, revoked INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS audit_trail (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL, user TEXT,
    consumer_key TEXT, token TEXT, nonce TEXT, method TEXT NOT NULL, path TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS accounts (id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS subsidiaries (id TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS locations (
    id TEXT PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE UNIQUE, subsidiary TEXT NOT NULL, inactive INTEGER NOT NULL DEFAULT 0,
    use_bins INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS bins (
    id TEXT PRIMARY KEY, location TEXT NOT NULL REFERENCES locations (id), name TEXT NOT NULL, UNIQUE (location, name));
CREATE TABLE IF NOT EXISTS items (
    id TEXT PRIMARY KEY, itemid TEXT NOT NULL COLLATE NOCASE UNIQUE, displayname TEXT NOT NULL,
    kind TEXT NOT NULL DEFAULT 'InvtPart', lot INTEGER NOT NULL DEFAULT 0, inactive INTEGER NOT NULL DEFAULT 0,
    subsidiary TEXT, average_cost TEXT NOT NULL DEFAULT '0', modified TEXT NOT NULL, unit TEXT NOT NULL DEFAULT 'Each',
    serial INTEGER NOT NULL DEFAULT 0, use_bins INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS inventory_numbers (
    id TEXT PRIMARY KEY, item TEXT NOT NULL REFERENCES items (id), number TEXT NOT NULL, UNIQUE (item, number));
CREATE TABLE IF NOT EXISTS inventory_statuses (
    id TEXT PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE UNIQUE, inactive INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS price_levels (
    id TEXT PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE UNIQUE, inactive INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS item_prices (
    item TEXT NOT NULL REFERENCES items (id), level TEXT NOT NULL REFERENCES price_levels (id), price TEXT NOT NULL,
    PRIMARY KEY (item, level));
CREATE TABLE IF NOT EXISTS customers (
    id TEXT PRIMARY KEY, external_id TEXT COLLATE NOCASE UNIQUE, entityid TEXT NOT NULL COLLATE NOCASE UNIQUE,
    companyname TEXT NOT NULL, email TEXT NOT NULL DEFAULT '', subsidiary TEXT, price_level TEXT,
    inactive INTEGER NOT NULL DEFAULT 0, created TEXT NOT NULL, modified TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS periods (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, startdate TEXT NOT NULL UNIQUE, enddate TEXT NOT NULL,
    closed INTEGER NOT NULL DEFAULT 0, locked INTEGER NOT NULL DEFAULT 0);

-- On hand = opening + posted lines; only the opening is stored here.
CREATE TABLE IF NOT EXISTS stock (
    item TEXT NOT NULL REFERENCES items (id), location TEXT NOT NULL REFERENCES locations (id),
    opening INTEGER NOT NULL DEFAULT 0, committed INTEGER NOT NULL DEFAULT 0, on_order INTEGER NOT NULL DEFAULT 0,
    average_cost TEXT NOT NULL, changed TEXT NOT NULL, PRIMARY KEY (item, location));

-- One namespace of external ids for every kind of transaction, without regard to case.
CREATE TABLE IF NOT EXISTS transactions (
    id INTEGER PRIMARY KEY, external_id TEXT COLLATE NOCASE UNIQUE, tranid TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    record_type TEXT NOT NULL, trandate TEXT NOT NULL, period TEXT NOT NULL, account TEXT NOT NULL,
    subsidiary TEXT NOT NULL, location TEXT, memo TEXT NOT NULL, payload_hash TEXT NOT NULL, content_hash TEXT NOT NULL,
    quantity_sum INTEGER NOT NULL, total TEXT NOT NULL, created TEXT NOT NULL, modified TEXT NOT NULL,
    visible_from REAL NOT NULL, push_key TEXT NOT NULL DEFAULT '' COLLATE NOCASE);
CREATE TABLE IF NOT EXISTS lines (
    transaction_id INTEGER NOT NULL REFERENCES transactions (id), number INTEGER NOT NULL,
    item TEXT NOT NULL REFERENCES items (id), location TEXT NOT NULL REFERENCES locations (id),
    quantity INTEGER NOT NULL, unit_cost TEXT NOT NULL, amount TEXT NOT NULL, memo TEXT NOT NULL,
    PRIMARY KEY (transaction_id, number));
CREATE INDEX IF NOT EXISTS lines_by_stock ON lines (item, location);
-- Lots, serial numbers, bins and statuses of a line of an adjustment.
CREATE TABLE IF NOT EXISTS assignments (
    transaction_id INTEGER NOT NULL REFERENCES transactions (id), line INTEGER NOT NULL, position INTEGER NOT NULL,
    inventory_number TEXT REFERENCES inventory_numbers (id), bin TEXT REFERENCES bins (id), quantity INTEGER NOT NULL,
    status TEXT REFERENCES inventory_statuses (id),
    PRIMARY KEY (transaction_id, line, position));
-- Estimates move no stock, so their lines are kept apart from those that do.
CREATE TABLE IF NOT EXISTS estimates (
    transaction_id INTEGER PRIMARY KEY REFERENCES transactions (id), entity TEXT NOT NULL REFERENCES customers (id),
    due TEXT, expected_close TEXT, title TEXT NOT NULL, subtotal TEXT NOT NULL, tax TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'A');
CREATE TABLE IF NOT EXISTS sales_lines (
    transaction_id INTEGER NOT NULL REFERENCES transactions (id), number INTEGER NOT NULL,
    item TEXT NOT NULL REFERENCES items (id), description TEXT NOT NULL, quantity INTEGER NOT NULL,
    price_level TEXT NOT NULL, rate TEXT NOT NULL, amount TEXT NOT NULL, PRIMARY KEY (transaction_id, number));

CREATE TABLE IF NOT EXISTS fault_rules (
    id INTEGER PRIMARY KEY AUTOINCREMENT, rule TEXT NOT NULL, matched INTEGER NOT NULL DEFAULT 0,
    fired INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS late_writes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT NOT NULL, path TEXT NOT NULL, body BLOB NOT NULL,
    delay REAL NOT NULL, due REAL, done INTEGER NOT NULL DEFAULT 0, headers TEXT NOT NULL DEFAULT '{}', job INTEGER);
CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, idempotency_key TEXT UNIQUE, method TEXT NOT NULL, path TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending', started TEXT NOT NULL, ended TEXT, status INTEGER, headers TEXT, body TEXT);

CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, route TEXT,
    op TEXT, auth TEXT NOT NULL, nonce TEXT, external_id TEXT, body_hash TEXT, outcome TEXT NOT NULL, fault TEXT,
    status INTEGER, committed TEXT, writers INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS requests_by_external_id ON requests (external_id);
CREATE TRIGGER IF NOT EXISTS requests_never_updated BEFORE UPDATE ON requests
    BEGIN SELECT RAISE(ABORT, 'the request log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS requests_never_deleted BEFORE DELETE ON requests
    BEGIN SELECT RAISE(ABORT, 'the request log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS audit_never_updated BEFORE UPDATE ON audit_trail
    BEGIN SELECT RAISE(ABORT, 'the login audit trail is append-only'); END;
CREATE TRIGGER IF NOT EXISTS audit_never_deleted BEFORE DELETE ON audit_trail
    BEGIN SELECT RAISE(ABORT, 'the login audit trail is append-only'); END;

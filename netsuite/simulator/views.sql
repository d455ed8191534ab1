-- What SuiteQL sees. Names and columns are NetSuite's; a moment is ISO text until it is printed.
-- sim_now() is the simulated clock; a record under read lag is not visible yet.
CREATE TEMP VIEW IF NOT EXISTS "transaction" AS
SELECT CAST(t.id AS TEXT) AS id, t.external_id AS externalid, t.tranid, t.kind AS type, t.record_type AS recordtype,
       t.trandate || 'T00:00:00Z' AS trandate, t.period AS postingperiod, NULLIF(t.account, '') AS account, t.subsidiary,
       t.memo, (SELECT entity FROM estimates WHERE transaction_id = t.id) AS entity,
       (SELECT status FROM estimates WHERE transaction_id = t.id) AS status,
       (SELECT due || 'T00:00:00Z' FROM estimates WHERE transaction_id = t.id) AS duedate,
       (SELECT title FROM estimates WHERE transaction_id = t.id) AS title, t.payload_hash AS custbody_payload_hash,
       CAST(t.total AS REAL) AS foreigntotal, t.created AS createddate, t.modified AS lastmodifieddate
  FROM transactions t WHERE t.visible_from <= (SELECT sim_now());

-- Lines of sales carry negative quantities.
CREATE TEMP VIEW IF NOT EXISTS transactionline AS
SELECT CAST(l.transaction_id AS TEXT) AS "transaction", l.number AS id, l.number AS linesequencenumber, l.item, l.location,
       l.quantity / 1000000.0 AS quantity, CAST(l.unit_cost AS REAL) AS rate, CAST(l.amount AS REAL) AS netamount, l.memo,
       'F' AS mainline, t.subsidiary
  FROM lines l JOIN transactions t ON t.id = l.transaction_id WHERE t.visible_from <= (SELECT sim_now())
 UNION ALL
SELECT CAST(s.transaction_id AS TEXT), s.number, s.number, s.item, NULL, -s.quantity / 1000000.0, CAST(s.rate AS REAL),
       -CAST(s.amount AS REAL), s.description, 'F', t.subsidiary
  FROM sales_lines s JOIN transactions t ON t.id = s.transaction_id WHERE t.visible_from <= (SELECT sim_now());

CREATE TEMP VIEW IF NOT EXISTS customer AS
SELECT id, external_id AS externalid, entityid, companyname, email, subsidiary, price_level AS pricelevel,
       CASE inactive WHEN 1 THEN 'T' ELSE 'F' END AS isinactive, created AS datecreated, modified AS lastmodifieddate
  FROM customers;

CREATE TEMP VIEW IF NOT EXISTS pricelevel AS
SELECT id, name, CASE inactive WHEN 1 THEN 'T' ELSE 'F' END AS isinactive FROM price_levels;

CREATE TEMP VIEW IF NOT EXISTS inventorynumber AS
SELECT id, item, number AS inventorynumber FROM inventory_numbers;

CREATE TEMP VIEW IF NOT EXISTS inventorystatus AS
SELECT id, name, CASE inactive WHEN 1 THEN 'T' ELSE 'F' END AS isinactive FROM inventory_statuses;

CREATE TEMP VIEW IF NOT EXISTS bin AS
SELECT id, name AS binnumber, location FROM bins;

CREATE TEMP VIEW IF NOT EXISTS inventoryassignment AS
SELECT CAST(a.transaction_id AS TEXT) AS "transaction", a.line AS transactionline, a.inventory_number AS inventorynumber,
       a.bin AS binnumber, a.status AS inventorystatus, a.quantity / 1000000.0 AS quantity
  FROM assignments a JOIN transactions t ON t.id = a.transaction_id WHERE t.visible_from <= (SELECT sim_now());

-- What lots, serial numbers and bins hold; stock without them is in aggregateitemlocation only.
CREATE TEMP VIEW IF NOT EXISTS inventorybalance AS
SELECT l.item, l.location, a.bin AS binnumber, a.inventory_number AS inventorynumber,
       a.status AS inventorystatus, SUM(a.quantity) / 1000000.0 AS quantityonhand, SUM(a.quantity) / 1000000.0 AS quantityavailable
  FROM assignments a JOIN lines l ON l.transaction_id = a.transaction_id AND l.number = a.line
  JOIN transactions t ON t.id = l.transaction_id WHERE t.visible_from <= (SELECT sim_now())
 GROUP BY l.item, l.location, a.bin, a.inventory_number, a.status;

CREATE TEMP VIEW IF NOT EXISTS aggregateitemlocation AS
WITH posted AS (
    SELECT l.item, l.location, SUM(l.quantity) AS units
      FROM lines l JOIN transactions t ON t.id = l.transaction_id
     WHERE t.visible_from <= (SELECT sim_now()) GROUP BY l.item, l.location)
SELECT s.item, s.location,
       (s.opening + COALESCE(p.units, 0)) / 1000000.0 AS quantityonhand,
       (s.opening + COALESCE(p.units, 0) - s.committed) / 1000000.0 AS quantityavailable,
       s.committed / 1000000.0 AS quantitycommitted, s.on_order / 1000000.0 AS quantityonorder,
       CAST(s.average_cost AS REAL) AS averagecostmli,
       (s.opening + COALESCE(p.units, 0)) / 1000000.0 * CAST(s.average_cost AS REAL) AS onhandvaluemli,
       s.changed AS lastquantityavailablechange
  FROM stock s LEFT JOIN posted p ON p.item = s.item AND p.location = s.location;

CREATE TEMP VIEW IF NOT EXISTS item AS
SELECT id, itemid, displayname, kind AS itemtype, CASE inactive WHEN 1 THEN 'T' ELSE 'F' END AS isinactive,
       CASE lot WHEN 1 THEN 'T' ELSE 'F' END AS islotitem, CASE serial WHEN 1 THEN 'T' ELSE 'F' END AS isserialitem,
       CASE use_bins WHEN 1 THEN 'T' ELSE 'F' END AS usebins, subsidiary,
       unit AS stockunit, CAST(average_cost AS REAL) AS averagecost, modified AS lastmodifieddate
  FROM items;

CREATE TEMP VIEW IF NOT EXISTS location AS
SELECT id, name, name AS fullname, subsidiary, CASE inactive WHEN 1 THEN 'T' ELSE 'F' END AS isinactive,
       CASE use_bins WHEN 1 THEN 'T' ELSE 'F' END AS usebins
  FROM locations;

CREATE TEMP VIEW IF NOT EXISTS accountingperiod AS
SELECT id, name AS periodname, startdate || 'T00:00:00Z' AS startdate, enddate || 'T00:00:00Z' AS enddate,
       CASE closed WHEN 1 THEN 'T' ELSE 'F' END AS closed, CASE locked WHEN 1 THEN 'T' ELSE 'F' END AS alllocked,
       'T' AS isposting
  FROM periods;

-- What SuiteQL sees. Names and columns are NetSuite's; a moment is ISO text until it is printed.
-- sim_now() is the simulated clock; a record under read lag is not visible yet.
CREATE TEMP VIEW IF NOT EXISTS "transaction" AS
SELECT CAST(id AS TEXT) AS id, external_id AS externalid, tranid, kind AS type, record_type AS recordtype,
       trandate || 'T00:00:00Z' AS trandate, period AS postingperiod, account, subsidiary, memo,
       payload_hash AS custbody_payload_hash, CAST(total AS REAL) AS foreigntotal,
       created AS createddate, modified AS lastmodifieddate
  FROM transactions WHERE visible_from <= (SELECT sim_now());

CREATE TEMP VIEW IF NOT EXISTS transactionline AS
SELECT CAST(l.transaction_id AS TEXT) AS "transaction", l.number AS id, l.number AS linesequencenumber, l.item, l.location,
       l.quantity / 1000000.0 AS quantity, CAST(l.unit_cost AS REAL) AS rate, CAST(l.amount AS REAL) AS netamount, l.memo,
       'F' AS mainline, t.subsidiary
  FROM lines l JOIN transactions t ON t.id = l.transaction_id WHERE t.visible_from <= (SELECT sim_now());

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
       CASE lot WHEN 1 THEN 'T' ELSE 'F' END AS islotitem, 'F' AS isserialitem, 'F' AS usebins, subsidiary,
       unit AS stockunit, CAST(average_cost AS REAL) AS averagecost, modified AS lastmodifieddate
  FROM items;

CREATE TEMP VIEW IF NOT EXISTS location AS
SELECT id, name, name AS fullname, subsidiary, CASE inactive WHEN 1 THEN 'T' ELSE 'F' END AS isinactive, 'F' AS usebins
  FROM locations;

CREATE TEMP VIEW IF NOT EXISTS accountingperiod AS
SELECT id, name AS periodname, startdate || 'T00:00:00Z' AS startdate, enddate || 'T00:00:00Z' AS enddate,
       CASE closed WHEN 1 THEN 'T' ELSE 'F' END AS closed, CASE locked WHEN 1 THEN 'T' ELSE 'F' END AS alllocked,
       'T' AS isposting
  FROM periods;

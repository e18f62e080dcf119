-- Puts more credentials into the store that bench-fill filled, five to a company: rows like those of its first one, between its
-- own by name, with secrets that nobody knows. Intents would take hours for ten million. What is left out is the log of changes.
-- :companies is replaced by how many companies.
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -4000000;
PRAGMA temp_store = MEMORY;

CREATE TEMP TABLE more AS
WITH RECURSIVE companies (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM companies WHERE number + 1 < :companies),
               places (place) AS (SELECT 0 UNION ALL SELECT place + 1 FROM places WHERE place < 4)
SELECT 'partner-' || number || 'x' AS company, 'partner-' || number || 'x-' || place AS id, number * 5 + place AS number
FROM companies CROSS JOIN places ORDER BY 2;

INSERT INTO companies (id, name, state, credential_limit, created, revision)
SELECT DISTINCT company, company, first.state, first.credential_limit, first.created, first.revision
FROM more CROSS JOIN (SELECT * FROM companies WHERE id = 'partner-0') first ORDER BY 1;

INSERT INTO credentials (environment, client_id, client_id_folded, company, state, handle, generation, created, revision)
SELECT first.environment, id, id, more.company, first.state, '000000000000' || (1000000000 + number), first.generation,
       first.created, first.revision
FROM more CROSS JOIN (SELECT * FROM credentials WHERE environment = 'production' AND client_id = 'partner-0-0') first;

INSERT INTO grants (environment, client_id, api)
SELECT first.environment, id, first.api FROM more CROSS JOIN (SELECT * FROM grants WHERE environment = 'production' AND client_id = 'partner-0-0') first;

INSERT INTO grant_scopes (environment, client_id, api, scope)
SELECT first.environment, id, first.api, first.scope
FROM more CROSS JOIN (SELECT * FROM grant_scopes WHERE environment = 'production' AND client_id = 'partner-0-0') first;

INSERT INTO secrets (environment, client_id, id, kind, hash_kind, hash, hash_key, lookup_tag, last_four, created)
SELECT first.environment, more.id, 'c' || (10000000000 + number), kind, hash_kind, hash, hash_key,
       randomblob(length(lookup_tag)), last_four, created
FROM more CROSS JOIN (SELECT * FROM secrets WHERE environment = 'production' AND client_id = 'partner-0-0') first;

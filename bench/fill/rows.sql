-- Makes credentials of the rows of `more`, in the order of their keys: each like the first one of the store, which intents
-- made, but with names, a handle and a secret of its own. What is left out is the log of changes. :environment is replaced.

INSERT INTO companies (id, name, state, credential_limit, created, revision)
SELECT DISTINCT company, company, first.state, first.credential_limit, first.created, first.revision
FROM more CROSS JOIN (SELECT * FROM companies WHERE id = 'partner-0') first ORDER BY 1;

INSERT INTO credentials (environment, client_id, client_id_folded, company, state, handle, generation, created, revision)
SELECT first.environment, more.client_id, more.client_id, more.company, first.state, more.handle, first.generation,
       first.created, first.revision
FROM more CROSS JOIN (SELECT * FROM credentials WHERE environment = ':environment' AND client_id = 'partner-0-0') first;

INSERT INTO grants (environment, client_id, api)
SELECT first.environment, more.client_id, first.api
FROM more CROSS JOIN (SELECT * FROM grants WHERE environment = ':environment' AND client_id = 'partner-0-0') first;

INSERT INTO grant_scopes (environment, client_id, api, scope)
SELECT first.environment, more.client_id, first.api, first.scope
FROM more CROSS JOIN (SELECT * FROM grant_scopes WHERE environment = ':environment' AND client_id = 'partner-0-0') first;

INSERT INTO secrets (environment, client_id, id, kind, hash_kind, hash, hash_key, lookup_tag, last_four, created)
SELECT first.environment, more.client_id, more.secret, first.kind, first.hash_kind, more.hash, first.hash_key,
       more.lookup_tag, more.last_four, first.created
FROM more CROSS JOIN (SELECT * FROM secrets WHERE environment = ':environment' AND client_id = 'partner-0-0') first;

DROP TABLE more;
COMMIT;

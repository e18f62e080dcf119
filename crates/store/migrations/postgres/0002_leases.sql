-- Who does the work that only one node may do. No time stands in it, since the clocks of nodes differ: who holds a lease
-- raises its beat again and again, and who sees one beat for long enough, by a clock of its own, takes it over.
CREATE TABLE leases (
    name   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    holder TEXT COLLATE "C" NOT NULL,
    beat   BIGINT NOT NULL
);

-- What has to be known so that no byte is lost and none is kept for ever.

-- When all bytes were last hashed and found right, and since when they are known to be wrong or missing.
ALTER TABLE blobs ADD COLUMN verified_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE blobs ADD COLUMN damaged_at BIGINT;
CREATE INDEX blobs_by_damage ON blobs (damaged_at) WHERE damaged_at IS NOT NULL;
CREATE INDEX blobs_by_verification ON blobs (verified_at, id);

CREATE UNIQUE INDEX blobs_by_location ON blobs (location);

-- Bytes that no row names any more and that have still to be deleted; written by the transaction that takes the row.
CREATE TABLE trash (
    location @paged PRIMARY KEY,
    created_at BIGINT NOT NULL
);

-- While one of these is not over, no bytes in the trash are deleted: a backup copies what its snapshot names.
CREATE TABLE pins (
    id TEXT PRIMARY KEY,
    until BIGINT NOT NULL
);

-- A page of referrers is in the order of their digests.
DROP INDEX images_by_subject;
CREATE INDEX images_by_subject ON images (repository, subject, digest);

-- What is counted over all processes and restarts, for /metrics.
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);

-- When an image that named the blob was last deleted, if since then no client was told that the repository has the blob.
ALTER TABLE repository_blobs ADD COLUMN released_at BIGINT;
CREATE INDEX repository_blobs_by_release ON repository_blobs (repository, released_at) WHERE released_at IS NOT NULL;
CREATE INDEX repository_blobs_by_lease ON repository_blobs (repository, leased_until);

-- The core: registries, repositories, images and their blobs, uploads, events and audit.
-- Keys and instants are BIGINT, instants in microseconds UTC. `@id`, `@paged` and `@bytes` are what SQLite and
-- PostgreSQL write differently (see migrate.py). Every table hangs on a registry's or a repository's id.

CREATE TABLE registries (
    id @id,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (account, region)
);

CREATE TABLE repositories (
    id @id,
    registry BIGINT NOT NULL REFERENCES registries (id),
    name @paged NOT NULL,
    created_at BIGINT NOT NULL,
    mutability TEXT NOT NULL,
    exclusions TEXT NOT NULL,
    scan_on_push SMALLINT NOT NULL,
    encryption_type TEXT NOT NULL,
    kms_key TEXT NOT NULL,
    UNIQUE (registry, name)
);

CREATE TABLE repository_tags (
    repository BIGINT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    key @paged NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (repository, key)
);

-- Bytes that are durable. `encryption` is the encryption domain: empty for AES256, the key's ARN for KMS.
-- The row comes after the bytes and goes before them.
CREATE TABLE blobs (
    id @id,
    encryption TEXT NOT NULL,
    digest TEXT NOT NULL,
    size BIGINT NOT NULL,
    location TEXT NOT NULL,
    identity TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (digest, encryption)
);

-- Which repositories have a blob, and until when it is kept although no image names it.
CREATE TABLE repository_blobs (
    repository BIGINT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    blob BIGINT NOT NULL REFERENCES blobs (id),
    leased_until BIGINT NOT NULL,
    PRIMARY KEY (repository, blob)
);
CREATE INDEX repository_blobs_by_blob ON repository_blobs (blob);

CREATE TABLE images (
    id @id,
    repository BIGINT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    digest @paged NOT NULL,
    media_type TEXT NOT NULL,
    artifact_type TEXT NOT NULL,
    manifest_size BIGINT NOT NULL,
    size BIGINT NOT NULL,
    subject TEXT,
    storage_class TEXT NOT NULL,
    pushed_at BIGINT NOT NULL,
    pulled_at BIGINT,
    activated_at BIGINT,
    archived_at BIGINT,
    deleted_at BIGINT,
    UNIQUE (repository, digest)
);
CREATE INDEX images_by_subject ON images (repository, subject);

CREATE TABLE manifests (
    image BIGINT PRIMARY KEY REFERENCES images (id) ON DELETE CASCADE,
    bytes @bytes NOT NULL
);

-- The blobs that a manifest names, and the manifests that an index names; by digest, they may arrive later.
CREATE TABLE image_blobs (
    repository BIGINT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    image BIGINT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    media_type TEXT NOT NULL,
    PRIMARY KEY (repository, digest, image)
);
CREATE INDEX image_blobs_by_image ON image_blobs (image);

CREATE TABLE image_children (
    repository BIGINT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    image BIGINT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    PRIMARY KEY (repository, digest, image)
);
CREATE INDEX image_children_by_image ON image_children (image);

CREATE TABLE tags (
    repository BIGINT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    name @paged NOT NULL,
    image BIGINT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    tagged_at BIGINT NOT NULL,
    PRIMARY KEY (repository, name)
);
CREATE INDEX tags_by_image ON tags (image, name);

CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    repository BIGINT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    principal TEXT NOT NULL,
    received BIGINT NOT NULL,
    digest TEXT NOT NULL,
    parts BIGINT NOT NULL,
    last_part BIGINT NOT NULL,
    undersized SMALLINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX uploads_by_repository ON uploads (repository);
CREATE INDEX uploads_by_age ON uploads (updated_at);

-- What happened, for whoever listens; written in the transaction of the change.
CREATE TABLE outbox (
    id @id,
    registry BIGINT NOT NULL REFERENCES registries (id),
    created_at BIGINT NOT NULL,
    type TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX outbox_by_age ON outbox (created_at);

-- Who did what. Changes write theirs in their own transaction, reads are gathered and written each second.
CREATE TABLE audit (
    id @id,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    action TEXT NOT NULL,
    principal TEXT NOT NULL,
    access_key_id TEXT NOT NULL,
    source_ip TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    request_id TEXT NOT NULL,
    resource TEXT NOT NULL,
    parameters TEXT NOT NULL,
    error TEXT NOT NULL
);
CREATE INDEX audit_by_age ON audit (created_at);

-- What ECR keeps beside images: policies, lifecycle, templates, settings; and the recycle bin and webhooks of our own.

CREATE TABLE repository_policies (
    repository BIGINT PRIMARY KEY REFERENCES repositories (id) ON DELETE CASCADE,
    text TEXT NOT NULL,
    set_at BIGINT NOT NULL
);

CREATE TABLE registry_policies (
    registry BIGINT PRIMARY KEY REFERENCES registries (id),
    text TEXT NOT NULL,
    set_at BIGINT NOT NULL
);

CREATE TABLE account_settings (
    registry BIGINT NOT NULL REFERENCES registries (id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (registry, name)
);

-- Principals whose pulls do not move an image's last pull time.
CREATE TABLE pull_time_exclusions (
    registry BIGINT NOT NULL REFERENCES registries (id),
    principal @paged NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (registry, principal)
);

-- `applied_for`, `exclusions` and `resource_tags` are JSON. `prefix` ROOT is for what no other prefix matches.
CREATE TABLE creation_templates (
    registry BIGINT NOT NULL REFERENCES registries (id),
    prefix @paged NOT NULL,
    description TEXT NOT NULL,
    applied_for TEXT NOT NULL,
    mutability TEXT NOT NULL,
    exclusions TEXT NOT NULL,
    encryption_type TEXT NOT NULL,
    kms_key TEXT NOT NULL,
    repository_policy TEXT NOT NULL,
    lifecycle_policy TEXT NOT NULL,
    resource_tags TEXT NOT NULL,
    custom_role_arn TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (registry, prefix)
);

-- `policy_id` and `version` are what PolicyExecutionEvent tells; `evaluated_at` is 0 before the first run.
CREATE TABLE lifecycle_policies (
    repository BIGINT PRIMARY KEY REFERENCES repositories (id) ON DELETE CASCADE,
    text TEXT NOT NULL,
    policy_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    set_at BIGINT NOT NULL,
    evaluated_at BIGINT NOT NULL
);
CREATE INDEX lifecycle_policies_by_evaluation ON lifecycle_policies (evaluated_at);

-- The last preview of a repository, and the images that its policy would take, in the order of their digests.
CREATE TABLE lifecycle_previews (
    repository BIGINT PRIMARY KEY REFERENCES repositories (id) ON DELETE CASCADE,
    text TEXT NOT NULL,
    status TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE TABLE lifecycle_preview_images (
    repository BIGINT NOT NULL REFERENCES lifecycle_previews (repository) ON DELETE CASCADE,
    digest @paged NOT NULL,
    tags TEXT NOT NULL,
    pushed_at BIGINT NOT NULL,
    status TEXT NOT NULL,
    priority BIGINT NOT NULL,
    action TEXT NOT NULL,
    PRIMARY KEY (repository, digest)
);

-- ACTIVE, ARCHIVED or ACTIVATING: the storage class follows from it.
ALTER TABLE images RENAME COLUMN storage_class TO status;
UPDATE images SET status = 'ACTIVE';
CREATE INDEX images_activating ON images (activated_at) WHERE status = 'ACTIVATING';
-- Pages of one status have to cost the same however many images have another. UNIQUE spares SQLite a sort.
CREATE UNIQUE INDEX images_by_status ON images (repository, status, digest) WHERE deleted_at IS NULL;

-- Since when what an image refers to is deleted: a referrer goes some hours after its subject.
ALTER TABLE images ADD COLUMN orphaned_at BIGINT;
CREATE INDEX images_orphaned ON images (orphaned_at, id)
    WHERE orphaned_at IS NOT NULL AND deleted_at IS NULL;

-- The recycle bin: images with `deleted_at`, and the tags that they had.
CREATE INDEX images_in_the_bin ON images (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE TABLE tags_in_the_bin (
    image BIGINT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    name @paged NOT NULL,
    PRIMARY KEY (image, name)
);

-- How far each webhook has looked through the outbox: what it has to be told of that stands in `deliveries`, of one lane
-- (a repository) in the order of their keys. What it could not be told ends in `dead_letters`.
CREATE TABLE webhooks (
    name @paged PRIMARY KEY,
    taken BIGINT NOT NULL
);
CREATE TABLE deliveries (
    id @id,
    webhook @paged NOT NULL,
    lane @paged NOT NULL,
    event BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX deliveries_by_lane ON deliveries (webhook, lane, id);
CREATE INDEX deliveries_by_age ON deliveries (created_at);
CREATE TABLE dead_letters (
    id @id,
    webhook @paged NOT NULL,
    event BIGINT NOT NULL,
    body TEXT NOT NULL,
    error TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX dead_letters_by_webhook ON dead_letters (webhook, id);
CREATE INDEX dead_letters_by_age ON dead_letters (created_at);

-- Who there is and what they may do. `account` is the 12-digit number; ids that AWS shows (AIDA…, AROA…) are `unique_id`.

CREATE TABLE accounts (
    number TEXT PRIMARY KEY,
    name @paged NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX accounts_by_name ON accounts (name);

CREATE TABLE account_aliases (
    account TEXT PRIMARY KEY REFERENCES accounts (number) ON DELETE CASCADE,
    alias TEXT NOT NULL UNIQUE
);

-- Users, groups, roles and instance profiles: `kind` is user, group, role or profile. Names are unique in an account
-- without regard to case (`folded`). `trust`, `description`, `max_session` and `last_used_at` are of roles; `boundary`
-- is the ARN of the managed policy that bounds a user or role. `trust_principals` is JSON: the unique ids of the users and
-- roles that `trust` names, by their ARNs; empty where there are none.
CREATE TABLE identities (
    id @id,
    account TEXT NOT NULL REFERENCES accounts (number) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    folded @paged NOT NULL,
    path @paged NOT NULL,
    unique_id TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    description TEXT NOT NULL,
    trust TEXT NOT NULL,
    trust_principals TEXT NOT NULL,
    max_session BIGINT NOT NULL,
    boundary TEXT NOT NULL,
    last_used_at BIGINT,
    last_used_region TEXT NOT NULL,
    UNIQUE (account, kind, folded)
);

-- A user in a group, a role in an instance profile.
CREATE TABLE memberships (
    container BIGINT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    member BIGINT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    PRIMARY KEY (container, member)
);
CREATE INDEX memberships_by_member ON memberships (member);

-- Policies of the accounts; those of AWS are code, under their own ARNs.
CREATE TABLE managed_policies (
    id @id,
    account TEXT NOT NULL REFERENCES accounts (number) ON DELETE CASCADE,
    name TEXT NOT NULL,
    folded @paged NOT NULL,
    path @paged NOT NULL,
    unique_id TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    default_version BIGINT NOT NULL,
    last_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (account, folded)
);
CREATE TABLE policy_versions (
    policy BIGINT NOT NULL REFERENCES managed_policies (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    text TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (policy, version)
);

CREATE TABLE attached_policies (
    identity BIGINT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    arn @paged NOT NULL,
    PRIMARY KEY (identity, arn)
);
CREATE INDEX attached_policies_by_arn ON attached_policies (arn);

CREATE TABLE inline_policies (
    identity BIGINT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    name @paged NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (identity, name)
);

-- `owner` is the ARN of an identity, a managed policy or an OIDC provider.
CREATE TABLE iam_tags (
    account TEXT NOT NULL REFERENCES accounts (number) ON DELETE CASCADE,
    owner TEXT NOT NULL,
    folded @paged NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (owner, folded)
);

-- Access keys; `identity` NULL is the account's root. `secret` is sealed with a key that is not in the database.
CREATE TABLE access_keys (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (number) ON DELETE CASCADE,
    identity BIGINT REFERENCES identities (id) ON DELETE CASCADE,
    secret @bytes NOT NULL,
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    last_used_region TEXT NOT NULL,
    last_used_service TEXT NOT NULL
);
CREATE INDEX access_keys_by_identity ON access_keys (identity);

CREATE TABLE oidc_providers (
    arn @paged PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (number) ON DELETE CASCADE,
    url TEXT NOT NULL,
    client_ids TEXT NOT NULL,
    thumbprints TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- The unique ids of the users and roles that a policy names, as `trust_principals`.
ALTER TABLE repository_policies ADD COLUMN principals TEXT NOT NULL DEFAULT '';
ALTER TABLE registry_policies ADD COLUMN principals TEXT NOT NULL DEFAULT '';

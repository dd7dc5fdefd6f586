CREATE SCHEMA image_catalog;
CREATE TABLE image_catalog.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE image_catalog.api_keys (
    id bigint NOT NULL,
    name text NOT NULL,
    rights text NOT NULL,
    hash text NOT NULL,
    created_at double precision NOT NULL,
    used_at double precision
);
CREATE SEQUENCE image_catalog.api_keys_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE image_catalog.api_keys_id_seq OWNED BY image_catalog.api_keys.id;
CREATE TABLE image_catalog.collections (
    name text NOT NULL
);
CREATE TABLE image_catalog.deleted (
    id bigint NOT NULL,
    content text,
    until double precision NOT NULL
);
CREATE TABLE image_catalog.duplicates (
    collection text NOT NULL,
    picture_id bigint NOT NULL,
    first bigint NOT NULL
);
CREATE TABLE image_catalog.excluded (
    root_id bigint NOT NULL,
    path text NOT NULL
);
CREATE TABLE image_catalog.hidden (
    picture_id bigint NOT NULL,
    since double precision NOT NULL,
    unreachable boolean NOT NULL
);
CREATE TABLE image_catalog.indexed (
    collection text NOT NULL,
    picture_id bigint NOT NULL,
    compared boolean DEFAULT false NOT NULL
);
CREATE TABLE image_catalog.job_items (
    job_id text NOT NULL,
    number integer NOT NULL,
    payload text NOT NULL,
    state text NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    error text,
    status integer,
    picture_id bigint,
    lease_owner text,
    lease_until double precision,
    result text
);
CREATE TABLE image_catalog.jobs (
    id text NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    params text NOT NULL,
    total integer DEFAULT 0 NOT NULL,
    done integer DEFAULT 0 NOT NULL,
    failed integer DEFAULT 0 NOT NULL,
    created_at double precision NOT NULL,
    started_at double precision,
    finished_at double precision,
    lease_owner text,
    lease_until double precision,
    waiting text
);
CREATE TABLE image_catalog.kept_out (
    sha256 text NOT NULL,
    below text NOT NULL,
    size bigint NOT NULL
);
CREATE TABLE image_catalog.mounts (
    root_id bigint NOT NULL,
    path text NOT NULL,
    device text NOT NULL
);
CREATE TABLE image_catalog.picture_folders (
    folder text NOT NULL COLLATE pg_catalog."C",
    picture_id bigint NOT NULL
);
CREATE TABLE image_catalog.picture_labels (
    label text NOT NULL COLLATE pg_catalog."C",
    picture_id bigint NOT NULL
);
CREATE TABLE image_catalog.pictures (
    id bigint NOT NULL,
    root_id bigint,
    path text NOT NULL,
    sha256 text,
    size bigint,
    mtime_ns bigint,
    width integer,
    height integer,
    title text,
    source_url text,
    folder text NOT NULL,
    added_at double precision NOT NULL,
    pixels text,
    name text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    media_type text,
    taken bigint DEFAULT '0'::bigint NOT NULL,
    taken_offset integer,
    taken_guessed boolean DEFAULT true NOT NULL,
    camera text COLLATE pg_catalog."C",
    has_position boolean DEFAULT false NOT NULL,
    short_side integer,
    shape text
);
CREATE TABLE image_catalog.places (
    place text NOT NULL,
    picture_id bigint NOT NULL,
    root_id bigint,
    path text,
    mtime_ns bigint,
    lost_since double precision,
    unreachable boolean DEFAULT false NOT NULL,
    ctime_ns bigint
);
CREATE TABLE image_catalog.roots (
    id bigint NOT NULL,
    path text NOT NULL,
    label text NOT NULL,
    notice text NOT NULL,
    forgotten boolean DEFAULT false NOT NULL
);
CREATE SEQUENCE image_catalog.roots_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE image_catalog.roots_id_seq OWNED BY image_catalog.roots.id;
CREATE TABLE image_catalog.settings (
    name text NOT NULL,
    value text NOT NULL
);
ALTER TABLE ONLY image_catalog.api_keys ALTER COLUMN id SET DEFAULT nextval('image_catalog.api_keys_id_seq'::regclass);
ALTER TABLE ONLY image_catalog.roots ALTER COLUMN id SET DEFAULT nextval('image_catalog.roots_id_seq'::regclass);
INSERT INTO image_catalog.alembic_version VALUES ('0006');
INSERT INTO image_catalog.api_keys VALUES (1, 'nightly', 'admin', 'e8d4f539d8b67e4b44ea38e065fd6985aab0e5f4013eb8ee066a5573cad19352', 1796078583.5018978, NULL);
INSERT INTO image_catalog.collections VALUES ('mini-5-384');
INSERT INTO image_catalog.collections VALUES ('color-layout-1-192');
INSERT INTO image_catalog.deleted VALUES (2, '{"picture": {"id": 2, "path": "trip/old.png", "size": 10, "mtime_ns": 20, "sha256": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", "width": 4, "height": 3, "root_id": 1, "title": null, "source_url": null, "folder": "trip", "added_at": 1796078577.6759753, "labels": [], "pixels": null, "missing_since": null, "unreachable": false, "name": "old.png", "media_type": null, "taken": 19700101000000, "taken_offset": null, "taken_guessed": true, "camera": null, "has_position": false, "short_side": 3, "shape": "landscape"}, "places": [[1, "trip/old.png"]], "links": []}', 4000000000);
INSERT INTO image_catalog.indexed VALUES ('mini-5-384', 0, false);
INSERT INTO image_catalog.indexed VALUES ('mini-5-384', 1, false);
INSERT INTO image_catalog.indexed VALUES ('mini-5-384', 3, false);
INSERT INTO image_catalog.indexed VALUES ('color-layout-1-192', 0, false);
INSERT INTO image_catalog.job_items VALUES ('80408045667f43d9958778bd90a0e26b', 1, '{"name": "bad.jpg"}', 'failed', 0, 'The file is empty.', 422, NULL, NULL, NULL, NULL);
INSERT INTO image_catalog.job_items VALUES ('80408045667f43d9958778bd90a0e26b', 0, '{"name": "dog.jpg", "place": "dd/dd/dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd.jpg", "sha256": "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"}', 'done', 0, NULL, NULL, 3, NULL, NULL, NULL);
INSERT INTO image_catalog.job_items VALUES ('6ef9a05310c1442db816e86462e08080', 0, '{"name": "later.jpg", "place": "ee/ee/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee.jpg", "sha256": "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"}', 'waiting', 0, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO image_catalog.jobs VALUES ('80408045667f43d9958778bd90a0e26b', 'upload', 'done', '{"labels": ["dog"]}', 2, 1, 1, 1796078581.7263527, 1796078582.424232, 1796078582.8116693, NULL, NULL, NULL);
INSERT INTO image_catalog.jobs VALUES ('6ef9a05310c1442db816e86462e08080', 'upload', 'queued', '{"labels": []}', 1, 0, 0, 1796078582.947854, NULL, NULL, NULL, NULL, NULL);
INSERT INTO image_catalog.jobs VALUES ('a05e1fc10d474c62866489bcb8210806', 'folder', 'queued', '{"folder": "/pictures", "label": "Holidays", "notice": "Of 2026.", "launched": true, "gone": false}', 0, 0, 0, 1796078583.3831196, NULL, NULL, NULL, NULL, NULL);
INSERT INTO image_catalog.kept_out VALUES ('cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc', '', 10);
INSERT INTO image_catalog.picture_folders VALUES ('/1', 0);
INSERT INTO image_catalog.picture_folders VALUES ('/1', 1);
INSERT INTO image_catalog.picture_folders VALUES ('trip', 1);
INSERT INTO image_catalog.picture_folders VALUES ('/1/trip', 1);
INSERT INTO image_catalog.picture_folders VALUES ('/2', 4);
INSERT INTO image_catalog.picture_folders VALUES ('/2', 0);
INSERT INTO image_catalog.picture_labels VALUES ('sea', 0);
INSERT INTO image_catalog.picture_labels VALUES ('dog', 3);
INSERT INTO image_catalog.picture_labels VALUES ('pet', 3);
INSERT INTO image_catalog.pictures VALUES (0, 1, 'beach.jpg', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 10, 20, 4, 3, NULL, NULL, '', 1796078576.158608, NULL, 'beach.jpg', NULL, 19700101000000, NULL, true, NULL, false, 3, 'landscape');
INSERT INTO image_catalog.pictures VALUES (1, 1, 'trip/ü 東京.png', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 10, 20, 4, 3, 'In Tokyo', NULL, 'trip', 1796078576.9551268, NULL, 'in tokyo', NULL, 19700101000000, NULL, true, NULL, false, 3, 'landscape');
INSERT INTO image_catalog.pictures VALUES (3, NULL, 'dd/dd/dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd.jpg', 'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd', 10, 20, 4, 3, 'A dog', 'http://example.org/dog.jpg', '', 1796078578.5116274, NULL, 'a dog', NULL, 19700101000000, NULL, true, NULL, false, 3, 'landscape');
INSERT INTO image_catalog.pictures VALUES (4, 2, 'unread.jpg', NULL, 0, NULL, NULL, NULL, NULL, NULL, '', 1796078579.1348252, NULL, 'unread.jpg', NULL, 20261130224259, NULL, true, NULL, false, NULL, NULL);
INSERT INTO image_catalog.places VALUES ('1:beach.jpg', 0, 1, 'beach.jpg', 20, NULL, false, NULL);
INSERT INTO image_catalog.places VALUES ('1:trip/ü 東京.png', 1, 1, 'trip/ü 東京.png', 20, NULL, false, NULL);
INSERT INTO image_catalog.places VALUES ('store:dd/dd/dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd.jpg', 3, NULL, 'dd/dd/dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd.jpg', 20, NULL, false, NULL);
INSERT INTO image_catalog.places VALUES ('http://example.org/dog.jpg', 3, NULL, NULL, NULL, NULL, false, NULL);
INSERT INTO image_catalog.places VALUES ('2:unread.jpg', 4, 2, 'unread.jpg', NULL, NULL, false, NULL);
INSERT INTO image_catalog.places VALUES ('2:copy of beach.jpg', 0, 2, 'copy of beach.jpg', 30, NULL, false, NULL);
INSERT INTO image_catalog.roots VALUES (1, '/pictures', 'Holidays', 'Of 2026.', false);
INSERT INTO image_catalog.roots VALUES (2, '/more', 'more', '', false);
INSERT INTO image_catalog.settings VALUES ('next_id', '5');
INSERT INTO image_catalog.settings VALUES ('pictures', '4');
INSERT INTO image_catalog.settings VALUES ('catalogue_id', 'c87dbe748af946b683788155f3ee44af');
SELECT pg_catalog.setval('image_catalog.api_keys_id_seq', 1, true);
SELECT pg_catalog.setval('image_catalog.roots_id_seq', 2, true);
ALTER TABLE ONLY image_catalog.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY image_catalog.api_keys
    ADD CONSTRAINT api_keys_hash_unique UNIQUE (hash);
ALTER TABLE ONLY image_catalog.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY image_catalog.collections
    ADD CONSTRAINT collections_pkey PRIMARY KEY (name);
ALTER TABLE ONLY image_catalog.deleted
    ADD CONSTRAINT deleted_pkey PRIMARY KEY (id);
ALTER TABLE ONLY image_catalog.duplicates
    ADD CONSTRAINT duplicates_pkey PRIMARY KEY (collection, picture_id);
ALTER TABLE ONLY image_catalog.excluded
    ADD CONSTRAINT excluded_pkey PRIMARY KEY (root_id, path);
ALTER TABLE ONLY image_catalog.hidden
    ADD CONSTRAINT hidden_pkey PRIMARY KEY (picture_id);
ALTER TABLE ONLY image_catalog.indexed
    ADD CONSTRAINT indexed_pkey PRIMARY KEY (collection, picture_id);
ALTER TABLE ONLY image_catalog.job_items
    ADD CONSTRAINT job_items_pkey PRIMARY KEY (job_id, number);
ALTER TABLE ONLY image_catalog.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY image_catalog.kept_out
    ADD CONSTRAINT kept_out_pkey PRIMARY KEY (sha256, below);
ALTER TABLE ONLY image_catalog.mounts
    ADD CONSTRAINT mounts_pkey PRIMARY KEY (root_id, path);
ALTER TABLE ONLY image_catalog.picture_folders
    ADD CONSTRAINT picture_folders_pkey PRIMARY KEY (folder, picture_id);
ALTER TABLE ONLY image_catalog.picture_labels
    ADD CONSTRAINT picture_labels_pkey PRIMARY KEY (label, picture_id);
ALTER TABLE ONLY image_catalog.pictures
    ADD CONSTRAINT pictures_pkey PRIMARY KEY (id);
ALTER TABLE ONLY image_catalog.pictures
    ADD CONSTRAINT pictures_sha256_unique UNIQUE (sha256);
ALTER TABLE ONLY image_catalog.places
    ADD CONSTRAINT places_pkey PRIMARY KEY (place);
ALTER TABLE ONLY image_catalog.roots
    ADD CONSTRAINT roots_path_unique UNIQUE (path);
ALTER TABLE ONLY image_catalog.roots
    ADD CONSTRAINT roots_pkey PRIMARY KEY (id);
ALTER TABLE ONLY image_catalog.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (name);
CREATE INDEX deleted_until ON image_catalog.deleted USING btree (until);
CREATE INDEX duplicates_collection_first ON image_catalog.duplicates USING btree (collection, first);
CREATE INDEX duplicates_picture_id ON image_catalog.duplicates USING btree (picture_id);
CREATE INDEX hidden_since ON image_catalog.hidden USING btree (since);
CREATE INDEX indexed_collection_compared_picture_id ON image_catalog.indexed USING btree (collection, compared, picture_id);
CREATE INDEX indexed_picture_id ON image_catalog.indexed USING btree (picture_id);
CREATE INDEX job_items_job_id_state_number ON image_catalog.job_items USING btree (job_id, state, number);
CREATE INDEX job_items_lease_owner ON image_catalog.job_items USING btree (lease_owner);
CREATE INDEX jobs_created_at ON image_catalog.jobs USING btree (created_at);
CREATE INDEX jobs_state_created_at ON image_catalog.jobs USING btree (state, created_at);
CREATE INDEX kept_out_size ON image_catalog.kept_out USING btree (size);
CREATE INDEX picture_folders_picture_id ON image_catalog.picture_folders USING btree (picture_id);
CREATE INDEX picture_labels_picture_id ON image_catalog.picture_labels USING btree (picture_id);
CREATE INDEX pictures_added_at_id ON image_catalog.pictures USING btree (added_at, id);
CREATE INDEX pictures_camera_id ON image_catalog.pictures USING btree (camera, id);
CREATE INDEX pictures_media_type_id ON image_catalog.pictures USING btree (media_type, id);
CREATE INDEX pictures_name_id ON image_catalog.pictures USING btree (name, id);
CREATE INDEX pictures_root_id_id ON image_catalog.pictures USING btree (root_id, id);
CREATE INDEX pictures_shape_id ON image_catalog.pictures USING btree (shape, id);
CREATE INDEX pictures_short_side_id ON image_catalog.pictures USING btree (short_side, id);
CREATE INDEX pictures_size_id ON image_catalog.pictures USING btree (size, id);
CREATE INDEX pictures_taken_id ON image_catalog.pictures USING btree (taken, id);
CREATE INDEX places_lost_since ON image_catalog.places USING btree (lost_since);
CREATE INDEX places_picture_id ON image_catalog.places USING btree (picture_id);
CREATE INDEX places_root_id_path ON image_catalog.places USING btree (root_id, path);
ALTER TABLE ONLY image_catalog.duplicates
    ADD CONSTRAINT duplicates_picture_id_fkey FOREIGN KEY (picture_id) REFERENCES image_catalog.pictures(id) ON DELETE CASCADE;
ALTER TABLE ONLY image_catalog.excluded
    ADD CONSTRAINT excluded_root_id_fkey FOREIGN KEY (root_id) REFERENCES image_catalog.roots(id) ON DELETE CASCADE;
ALTER TABLE ONLY image_catalog.hidden
    ADD CONSTRAINT hidden_picture_id_fkey FOREIGN KEY (picture_id) REFERENCES image_catalog.pictures(id) ON DELETE CASCADE;
ALTER TABLE ONLY image_catalog.indexed
    ADD CONSTRAINT indexed_picture_id_fkey FOREIGN KEY (picture_id) REFERENCES image_catalog.pictures(id) ON DELETE CASCADE;
ALTER TABLE ONLY image_catalog.job_items
    ADD CONSTRAINT job_items_job_id_fkey FOREIGN KEY (job_id) REFERENCES image_catalog.jobs(id) ON DELETE CASCADE;
ALTER TABLE ONLY image_catalog.mounts
    ADD CONSTRAINT mounts_root_id_fkey FOREIGN KEY (root_id) REFERENCES image_catalog.roots(id) ON DELETE CASCADE;
ALTER TABLE ONLY image_catalog.picture_folders
    ADD CONSTRAINT picture_folders_picture_id_fkey FOREIGN KEY (picture_id) REFERENCES image_catalog.pictures(id) ON DELETE CASCADE;
ALTER TABLE ONLY image_catalog.picture_labels
    ADD CONSTRAINT picture_labels_picture_id_fkey FOREIGN KEY (picture_id) REFERENCES image_catalog.pictures(id) ON DELETE CASCADE;
ALTER TABLE ONLY image_catalog.pictures
    ADD CONSTRAINT pictures_root_id_fkey FOREIGN KEY (root_id) REFERENCES image_catalog.roots(id);
ALTER TABLE ONLY image_catalog.places
    ADD CONSTRAINT places_picture_id_fkey FOREIGN KEY (picture_id) REFERENCES image_catalog.pictures(id) ON DELETE CASCADE;
ALTER TABLE ONLY image_catalog.places
    ADD CONSTRAINT places_root_id_fkey FOREIGN KEY (root_id) REFERENCES image_catalog.roots(id);

BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0006');
CREATE TABLE api_keys (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	rights TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	created_at DOUBLE NOT NULL, 
	used_at DOUBLE, 
	CONSTRAINT api_keys_hash_unique UNIQUE (hash)
);
INSERT INTO "api_keys" VALUES(1,'nightly','admin','10757cc9861d44064bbd8b432b9f69a1c842f327988e834ecfc639929563e7ec',1.79607856416884350777e+09,NULL);
CREATE TABLE collections (
	name TEXT NOT NULL, 
	CONSTRAINT collections_pkey PRIMARY KEY (name)
)
 WITHOUT ROWID

;
INSERT INTO "collections" VALUES('color-layout-1-192');
INSERT INTO "collections" VALUES('mini-5-384');
CREATE TABLE deleted (
	id INTEGER NOT NULL, 
	content TEXT, 
	until DOUBLE NOT NULL, 
	CONSTRAINT deleted_pkey PRIMARY KEY (id)
);
INSERT INTO "deleted" VALUES(2,'{"picture": {"id": 2, "path": "trip/old.png", "size": 10, "mtime_ns": 20, "sha256": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", "width": 4, "height": 3, "root_id": 1, "title": null, "source_url": null, "folder": "trip", "added_at": 1796078561.61696, "labels": [], "pixels": null, "missing_since": null, "unreachable": false, "name": "old.png", "media_type": null, "taken": 19700101000000, "taken_offset": null, "taken_guessed": true, "camera": null, "has_position": false, "short_side": 3, "shape": "landscape"}, "places": [[1, "trip/old.png"]], "links": []}',4000000000.0);
CREATE TABLE duplicates (
	collection TEXT NOT NULL, 
	picture_id INTEGER NOT NULL, 
	first INTEGER NOT NULL, 
	CONSTRAINT duplicates_pkey PRIMARY KEY (collection, picture_id), 
	CONSTRAINT duplicates_picture_id_fkey FOREIGN KEY(picture_id) REFERENCES pictures (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
CREATE TABLE excluded (
	root_id INTEGER NOT NULL, 
	path TEXT NOT NULL, 
	CONSTRAINT excluded_pkey PRIMARY KEY (root_id, path), 
	CONSTRAINT excluded_root_id_fkey FOREIGN KEY(root_id) REFERENCES roots (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
CREATE TABLE hidden (
	picture_id INTEGER NOT NULL, 
	since DOUBLE NOT NULL, 
	unreachable BOOLEAN NOT NULL, 
	CONSTRAINT hidden_pkey PRIMARY KEY (picture_id), 
	CONSTRAINT hidden_picture_id_fkey FOREIGN KEY(picture_id) REFERENCES pictures (id) ON DELETE CASCADE
);
CREATE TABLE "indexed" (
	collection TEXT NOT NULL, 
	picture_id INTEGER NOT NULL, compared BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT indexed_pkey PRIMARY KEY (collection, picture_id), 
	CONSTRAINT indexed_picture_id_fkey FOREIGN KEY(picture_id) REFERENCES pictures (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "indexed" VALUES('color-layout-1-192',0,0);
INSERT INTO "indexed" VALUES('mini-5-384',0,0);
INSERT INTO "indexed" VALUES('mini-5-384',1,0);
INSERT INTO "indexed" VALUES('mini-5-384',3,0);
CREATE TABLE job_items (
	job_id TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	payload TEXT NOT NULL, 
	state TEXT NOT NULL, 
	tries INTEGER DEFAULT '0' NOT NULL, 
	error TEXT, 
	status INTEGER, 
	picture_id INTEGER, lease_owner TEXT, lease_until DOUBLE, result TEXT, 
	CONSTRAINT job_items_pkey PRIMARY KEY (job_id, number), 
	CONSTRAINT job_items_job_id_fkey FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "job_items" VALUES('3b877ac54e474a9ea745df052ca8a252',0,'{"name": "dog.jpg", "place": "dd/dd/dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd.jpg", "sha256": "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"}','done',0,NULL,NULL,3,NULL,NULL,NULL);
INSERT INTO "job_items" VALUES('3b877ac54e474a9ea745df052ca8a252',1,'{"name": "bad.jpg"}','failed',0,'The file is empty.',422,NULL,NULL,NULL,NULL);
INSERT INTO "job_items" VALUES('5bf3cfb515c245398c60db21876ce678',0,'{"name": "later.jpg", "place": "ee/ee/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee.jpg", "sha256": "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"}','waiting',0,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE jobs (
	id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	state TEXT NOT NULL, 
	params TEXT NOT NULL, 
	total INTEGER DEFAULT '0' NOT NULL, 
	done INTEGER DEFAULT '0' NOT NULL, 
	failed INTEGER DEFAULT '0' NOT NULL, 
	created_at DOUBLE NOT NULL, 
	started_at DOUBLE, 
	finished_at DOUBLE, 
	lease_owner TEXT, 
	lease_until DOUBLE, 
	waiting TEXT, 
	CONSTRAINT jobs_pkey PRIMARY KEY (id)
);
INSERT INTO "jobs" VALUES('3b877ac54e474a9ea745df052ca8a252','upload','done','{"labels": ["dog"]}',2,1,1,1.79607856295004510876e+09,1.79607856376017904279e+09,1.79607856390882301327e+09,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES('5bf3cfb515c245398c60db21876ce678','upload','queued','{"labels": []}',1,0,0,1.79607856400940418244e+09,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES('e5e481d0c2284bffbfdc5d933e5533bd','folder','queued','{"folder": "/pictures", "label": "Holidays", "notice": "Of 2026.", "launched": true, "gone": false}',0,0,0,1.79607856409804296496e+09,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE kept_out (
	sha256 TEXT NOT NULL, 
	below TEXT NOT NULL, 
	size BIGINT NOT NULL, 
	CONSTRAINT kept_out_pkey PRIMARY KEY (sha256, below)
)
 WITHOUT ROWID

;
INSERT INTO "kept_out" VALUES('cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','',10);
CREATE TABLE mounts (
	root_id INTEGER NOT NULL, 
	path TEXT NOT NULL, 
	device TEXT NOT NULL, 
	CONSTRAINT mounts_pkey PRIMARY KEY (root_id, path), 
	CONSTRAINT mounts_root_id_fkey FOREIGN KEY(root_id) REFERENCES roots (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
CREATE TABLE picture_folders (
	folder TEXT NOT NULL, 
	picture_id INTEGER NOT NULL, 
	CONSTRAINT picture_folders_pkey PRIMARY KEY (folder, picture_id), 
	CONSTRAINT picture_folders_picture_id_fkey FOREIGN KEY(picture_id) REFERENCES pictures (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "picture_folders" VALUES('/1',0);
INSERT INTO "picture_folders" VALUES('/2',0);
INSERT INTO "picture_folders" VALUES('/1',1);
INSERT INTO "picture_folders" VALUES('/1/trip',1);
INSERT INTO "picture_folders" VALUES('trip',1);
INSERT INTO "picture_folders" VALUES('/2',4);
CREATE TABLE picture_labels (
	label TEXT NOT NULL, 
	picture_id INTEGER NOT NULL, 
	CONSTRAINT picture_labels_pkey PRIMARY KEY (label, picture_id), 
	CONSTRAINT picture_labels_picture_id_fkey FOREIGN KEY(picture_id) REFERENCES pictures (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "picture_labels" VALUES('sea',0);
INSERT INTO "picture_labels" VALUES('dog',3);
INSERT INTO "picture_labels" VALUES('pet',3);
CREATE TABLE pictures (
	id INTEGER NOT NULL, 
	root_id INTEGER, 
	path TEXT NOT NULL, 
	sha256 TEXT, 
	size BIGINT, 
	mtime_ns BIGINT, 
	width INTEGER, 
	height INTEGER, 
	title TEXT, 
	source_url TEXT, 
	folder TEXT NOT NULL, 
	added_at DOUBLE NOT NULL, pixels TEXT, name TEXT DEFAULT '' NOT NULL, media_type TEXT, taken BIGINT DEFAULT '0' NOT NULL, taken_offset INTEGER, taken_guessed BOOLEAN DEFAULT 1 NOT NULL, camera TEXT, has_position BOOLEAN DEFAULT 0 NOT NULL, short_side INTEGER, shape TEXT, 
	CONSTRAINT pictures_pkey PRIMARY KEY (id), 
	CONSTRAINT pictures_root_id_fkey FOREIGN KEY(root_id) REFERENCES roots (id), 
	CONSTRAINT pictures_sha256_unique UNIQUE (sha256)
);
INSERT INTO "pictures" VALUES(0,1,'beach.jpg','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',10,20,4,3,NULL,NULL,'',1.79607856068811941145e+09,NULL,'beach.jpg',NULL,19700101000000,NULL,1,NULL,0,3,'landscape');
INSERT INTO "pictures" VALUES(1,1,'trip/ü 東京.png','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',10,20,4,3,'In Tokyo',NULL,'trip',1.79607856138788986202e+09,NULL,'in tokyo',NULL,19700101000000,NULL,1,NULL,0,3,'landscape');
INSERT INTO "pictures" VALUES(3,NULL,'dd/dd/dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd.jpg','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd',10,20,4,3,'A dog','http://example.org/dog.jpg','',1.79607856178021025664e+09,NULL,'a dog',NULL,19700101000000,NULL,1,NULL,0,3,'landscape');
INSERT INTO "pictures" VALUES(4,2,'unread.jpg',NULL,0,NULL,NULL,NULL,NULL,NULL,'',1.79607856202886319156e+09,NULL,'unread.jpg',NULL,20261130224242,NULL,1,NULL,0,NULL,NULL);
CREATE TABLE places (
	place TEXT NOT NULL, 
	picture_id INTEGER NOT NULL, 
	root_id INTEGER, 
	path TEXT, 
	mtime_ns BIGINT, lost_since DOUBLE, unreachable BOOLEAN DEFAULT 0 NOT NULL, ctime_ns BIGINT, 
	CONSTRAINT places_pkey PRIMARY KEY (place), 
	CONSTRAINT places_picture_id_fkey FOREIGN KEY(picture_id) REFERENCES pictures (id) ON DELETE CASCADE, 
	CONSTRAINT places_root_id_fkey FOREIGN KEY(root_id) REFERENCES roots (id)
)
 WITHOUT ROWID

;
INSERT INTO "places" VALUES('1:beach.jpg',0,1,'beach.jpg',20,NULL,0,NULL);
INSERT INTO "places" VALUES('1:trip/ü 東京.png',1,1,'trip/ü 東京.png',20,NULL,0,NULL);
INSERT INTO "places" VALUES('2:copy of beach.jpg',0,2,'copy of beach.jpg',30,NULL,0,NULL);
INSERT INTO "places" VALUES('2:unread.jpg',4,2,'unread.jpg',NULL,NULL,0,NULL);
INSERT INTO "places" VALUES('http://example.org/dog.jpg',3,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO "places" VALUES('store:dd/dd/dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd.jpg',3,NULL,'dd/dd/dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd.jpg',20,NULL,0,NULL);
CREATE TABLE roots (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	path TEXT NOT NULL, 
	label TEXT NOT NULL, 
	notice TEXT NOT NULL, forgotten BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT roots_path_unique UNIQUE (path)
);
INSERT INTO "roots" VALUES(1,'/pictures','Holidays','Of 2026.',0);
INSERT INTO "roots" VALUES(2,'/more','more','',0);
CREATE TABLE settings (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT settings_pkey PRIMARY KEY (name)
)
 WITHOUT ROWID

;
INSERT INTO "settings" VALUES('catalogue_id','77ed3449ba64474faf1ce4684ecb5fe3');
INSERT INTO "settings" VALUES('next_id','5');
INSERT INTO "settings" VALUES('pictures','4');
CREATE INDEX deleted_until ON deleted (until);
CREATE INDEX jobs_created_at ON jobs (created_at);
CREATE INDEX jobs_state_created_at ON jobs (state, created_at);
CREATE INDEX job_items_job_id_state_number ON job_items (job_id, state, number);
CREATE INDEX pictures_added_at_id ON pictures (added_at, id);
CREATE INDEX pictures_root_id_id ON pictures (root_id, id);
CREATE INDEX indexed_picture_id ON "indexed" (picture_id);
CREATE INDEX picture_folders_picture_id ON picture_folders (picture_id);
CREATE INDEX picture_labels_picture_id ON picture_labels (picture_id);
CREATE INDEX places_picture_id ON places (picture_id);
CREATE INDEX places_root_id_path ON places (root_id, path);
CREATE INDEX job_items_lease_owner ON job_items (lease_owner);
CREATE INDEX places_lost_since ON places (lost_since);
CREATE INDEX hidden_since ON hidden (since);
CREATE INDEX kept_out_size ON kept_out (size);
CREATE INDEX indexed_collection_compared_picture_id ON "indexed" (collection, compared, picture_id);
CREATE INDEX duplicates_picture_id ON duplicates (picture_id);
CREATE INDEX duplicates_collection_first ON duplicates (collection, first);
CREATE INDEX pictures_name_id ON pictures (name, id);
CREATE INDEX pictures_taken_id ON pictures (taken, id);
CREATE INDEX pictures_size_id ON pictures (size, id);
CREATE INDEX pictures_camera_id ON pictures (camera, id);
CREATE INDEX pictures_media_type_id ON pictures (media_type, id);
CREATE INDEX pictures_shape_id ON pictures (shape, id);
CREATE INDEX pictures_short_side_id ON pictures (short_side, id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('roots',2);
INSERT INTO "sqlite_sequence" VALUES('api_keys',1);
COMMIT;

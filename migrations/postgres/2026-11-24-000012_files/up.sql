-- The bytes of files, in pieces, apart from the rows of `files` that name them by their guid. A content that is not complete
-- belongs to an upload under way, or to one that was cut off and is swept away.

CREATE TABLE file_contents (
    guid TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    complete BOOLEAN NOT NULL,
    touched TIMESTAMP NOT NULL
);

CREATE TABLE file_pieces (
    guid TEXT COLLATE "C" NOT NULL,
    ordinal INTEGER NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (guid, ordinal)
);

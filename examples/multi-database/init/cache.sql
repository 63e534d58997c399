CREATE TABLE visits (
    route TEXT PRIMARY KEY,
    calls INTEGER NOT NULL
);

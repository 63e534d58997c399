CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    item TEXT NOT NULL,
    pieces INTEGER NOT NULL,
    status TEXT NOT NULL DEFAULT 'open'
);
INSERT INTO orders (item, pieces, status) VALUES ('tea', 3, 'open'), ('cups', 6, 'paid'), ('pot', 1, 'open');

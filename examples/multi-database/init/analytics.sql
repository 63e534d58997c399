CREATE TABLE users (
    id   INTEGER PRIMARY KEY,
    date VARCHAR(10) NOT NULL,
    name VARCHAR(100) NOT NULL
);

INSERT INTO users (id, date, name) VALUES
    (1, '2024-01-14', 'Ana'),
    (2, '2024-01-15', 'Jörg'),
    (3, '2024-01-15', '山田 太郎'),
    (4, '2024-01-16', 'Zoë');

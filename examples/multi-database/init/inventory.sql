CREATE TABLE products (
    id          INTEGER PRIMARY KEY,
    name        VARCHAR(100) NOT NULL,
    quantity    INTEGER NOT NULL,
    price_cents INTEGER NOT NULL,
    status      VARCHAR(20) NOT NULL
);

INSERT INTO products (id, name, quantity, price_cents, status) VALUES
    (1, 'Café crème, 250 g', 10, 1990, 'active'),
    (2, 'Größe "XL"', 3, 10, 'active'),
    (3, '日本茶', 250, 10000, 'active'),
    (4, 'Old stock', 1, 999, 'retired');

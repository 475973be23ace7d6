"""How texts are kept, the same for the tables and for all migrations: it must never change.

Texts are compared byte by byte and to their end: a collation that pads takes
'a' and 'a ' for the same.
"""

import sqlalchemy as sa


def text(length):
    """Return the type of a text of so many characters at most."""
    return sa.String(length).with_variant(sa.String(length, collation='C'), 'postgresql')


def innodb(dialect):
    """Return the options of a table, for MariaDB and MySQL."""
    mariadb = getattr(dialect, 'is_mariadb', False)
    return {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4',
            'mysql_collate': 'utf8mb4_nopad_bin' if mariadb else 'utf8mb4_0900_bin'}

"""Storage on PostgreSQL, MariaDB, MySQL or SQLite through SQLAlchemy Core."""

"""Backups: the database and the files that its rows name, in a folder, while the server goes on.

manifest.json           what it is, written last: without it there is no backup
database-<when>.*       a copy of the database: SQLite's own file, or what pg_dump writes
files-<when>.jsonl      the name, size and SHA-256 of each file, a line each
files/<ab>/<sha256>     the files by their content, so that the next backup copies only new ones
"""

"""Databases of writers that were killed, and what SQLite makes of them.

`recover.py kill FOLDER`: for each way of writing a database NAME, its copy from before the
transaction, NAME.before, and NAME-journal, as the killed writer left it.
`recover.py recover FOLDER`: has SQLite recover every database in the folder.
"""

import os
import sqlite3
import sys

WAYS = {
    f"{size}-{synchronous}-{change}": (size, synchronous, change)
    for size, synchronous in [(512, "full"), (4096, "full"), (4096, "off"), (32768, "normal"), (65536, "full")]
    for change in ["insert", "update", "delete", "drop"]
}


def connect(path):
    return sqlite3.connect(path, isolation_level=None)


def write(path, size, synchronous, change):
    database = connect(path)
    database.execute(f"pragma page_size = {size}")
    database.execute("create table nssPublic (id primary key unique, a11)")
    for number in range(40):
        row = (number, os.urandom(3 * size if number % 9 == 0 else 700))
        database.execute("insert into nssPublic values (?, ?)", row)
    database.close()
    with open(path, "rb") as file, open(f"{path}.before", "wb") as copy:
        copy.write(file.read())
    child = os.fork()
    if child == 0:
        database = connect(path)
        database.execute("pragma cache_size = 2")
        database.execute(f"pragma synchronous = {synchronous}")
        database.execute("begin immediate")
        if change == "insert":
            for number in range(40, 80):
                row = (number, os.urandom(size))
                database.execute("insert into nssPublic values (?, ?)", row)
        elif change == "update":
            for number in range(40):
                database.execute("update nssPublic set a11 = ? where id = ?", (os.urandom(900), number))
        elif change == "delete":
            database.execute("delete from nssPublic where id > 3")
            database.execute("create table another (id)")
            for number in range(30):
                database.execute("insert into another values (?)", (os.urandom(size),))
        else:
            database.execute("drop table nssPublic")
            database.execute("create table another (id)")
            for number in range(60):
                database.execute("insert into another values (?)", (os.urandom(size),))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert os.path.getsize(f"{path}-journal") > 512, path


def recover(path):
    database = connect(path)
    try:
        database.execute("select count(*) from sqlite_master").fetchall()
    except sqlite3.DatabaseError:
        pass
    database.close()


verb, folder = sys.argv[1:]
if verb == "kill":
    for name, way in WAYS.items():
        write(os.path.join(folder, name), *way)
else:
    for name in os.listdir(folder):
        if "-journal" not in name:
            recover(os.path.join(folder, name))

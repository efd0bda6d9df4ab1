"""Gives a database as many identities as asked for: `multiply.py FOLDER COUNT`.

Each is a copy of the one RSA identity in it, with a modulus of its own in the certificate, in the key's
clear columns and in its id. The private values are those of the original.
"""

import hashlib
import os
import sqlite3
import sys

folder, count = sys.argv[1:]
public = sqlite3.connect(os.path.join(folder, "cert9.db"))
private = sqlite3.connect(os.path.join(folder, "key4.db"))


def only(database, table, condition):
    cursor = database.execute(f"select * from {table} where {condition}")
    names = [column[0] for column in cursor.description]
    (row,) = cursor.fetchall()
    return dict(zip(names, row))


key = only(private, "nssPrivate", "a0 = x'00000003'")
certificate = only(public, "nssPublic", "a0 = x'00000001' and a102 = x'%s'" % key["a102"].hex())
modulus = key["a120"]


def insert(database, table, row):
    marks = ", ".join("?" * len(row))
    names = ", ".join(row)
    database.execute(f"insert into {table} ({names}) values ({marks})", list(row.values()))


for number in range(1, int(count)):
    own = modulus[:100] + number.to_bytes(8, "big") + modulus[108:]
    changes = {"id": number, "a102": hashlib.sha1(own).digest()}
    der = certificate["a11"].replace(modulus, own)
    insert(public, "nssPublic", {**certificate, **changes, "a11": der})
    insert(private, "nssPrivate", {**key, **changes, "a120": own, "ad5a0db00": own})
public.commit()
private.commit()

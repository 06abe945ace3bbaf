"""Loads Open WebUI as a start does, and prints the file of every module that this took, one a line.

loaded.py SITE FOLDER: SITE is where the packages lie, FOLDER is empty and takes what the start writes.
"""

import os
import sys
from pathlib import Path

site, folder = map(Path, sys.argv[1:])
os.environ.update(
    FROM_INIT_PY="true",
    DATA_DIR=str(folder / "data"),
    STATIC_DIR=str(folder / "static"),
    WEBUI_SECRET_KEY="trial",
    OFFLINE_MODE="true",
)
sys.path.insert(0, str(site))
files = os.fdopen(os.dup(1), "w")
# Its own output, the banner included, is no part of the answer.
os.dup2(2, 1)

import open_webui.main  # noqa: E402, F401

for module in list(sys.modules.values()):
    file = getattr(module, "__file__", None)
    if file and file.endswith(".py") and Path(file).is_relative_to(site):
        print(file, file=files)
files.close()

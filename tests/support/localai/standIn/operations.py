"""Installations as LocalAI runs them: one after the other, each with a status that can be asked for by its id.

Sources: core/services/galleryop/operation.go, enqueue.go, models.go and backends.go of mudler/LocalAI.
"""

import queue
import threading
import uuid


class Operations:
    def __init__(self):
        self.statuses = {}
        self._queue = queue.Queue()
        threading.Thread(target=self._work, daemon=True).start()

    def add(self, kind, name, action, deletion=False):
        """Queues `action(progress)`; `kind` is `model` or `backend`. Returns its id."""
        identifier = str(uuid.uuid1())
        self._set(identifier, name, message="queued", phase="queued", deletion=deletion, cancellable=True)
        self._queue.put((identifier, kind, name, action, deletion))
        return identifier

    def _work(self):
        while True:
            identifier, kind, name, action, deletion = self._queue.get()
            # The first status of a running operation does not name it, and neither does that of a failed one.
            self._set(identifier, "", message=f"processing {kind}: {name}", deletion=deletion, cancellable=not deletion)

            def progress(file_name, current, total, identifier=identifier, name=name):
                sizes = {"file_size": _size(total), "downloaded_size": _size(current)}
                message = f"processing file: {file_name}. Total: {_size(total)}. Current: {_size(current)}"
                self._set(
                    identifier, name, message=message, file_name=file_name, progress=100 * current / total,
                    current_bytes=current, total_bytes=total, cancellable=True, **sizes,
                )

            try:
                action(progress)
            except Exception as error:  # as LocalAI does: the operation fails, the worker stays
                self._set(identifier, "", message=f"error: {error}", error=str(error), processed=True)
            else:
                self._set(identifier, name, message="completed", progress=100, processed=True, deletion=deletion)

    def _set(self, identifier, name, **fields):
        self.statuses[identifier] = {
            "deletion": False,
            "file_name": "",
            "processed": False,
            "message": "",
            "progress": 0,
            "file_size": "",
            "downloaded_size": "",
            "gallery_element_name": name,
            "cancelled": False,
            "cancellable": False,
            **fields,
        }


def _size(count):
    return f"{count / 1024:.1f} KiB"

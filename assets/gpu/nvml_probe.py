"""Asks NVIDIA's management library (NVML) what GPUs there are and prints one JSON object.

Every answer is {"code": C, "value": V}: C is NVML's return code, V is null unless C is 0. With --load,
it asks what the GPUs are doing instead. Exit code 0 where NVML could be asked for its GPUs, 3 where not.

Changes nothing. Python 3.9 or newer, nothing but its standard library: it runs on hosts as they are. It
is to be run as a child with a time limit, since a driver that is stuck may never answer.

Environment: AISTACK_NVML, the library to load instead of libnvidia-ml.so.1.
"""

import ctypes
import os
import sys

try:
    # Of the standard library's json alone the part in C: the rest of it would take a third of the probe's time, which an
    # idle check pays every ten seconds.
    from _json import encode_basestring_ascii as quote
except ImportError:
    from json.encoder import encode_basestring_ascii as quote

SUCCESS = 0
NOT_FOUND = 6
INSUFFICIENT_SIZE = 7
LIBRARY_NOT_FOUND = 12
FUNCTION_NOT_FOUND = 13

# Room for the longest texts of nvml.h.
TEXT_SIZE = 96
# What NVML says in the place of a number that it does not have.
NOT_AVAILABLE = 2**64 - 1


class Memory(ctypes.Structure):
    """nvmlMemory_t, in bytes."""

    _fields_ = [(name, ctypes.c_ulonglong) for name in ("total", "free", "used")]


class Utilization(ctypes.Structure):
    """nvmlUtilization_t, in percent."""

    _fields_ = [(name, ctypes.c_uint) for name in ("gpu", "memory")]


class ProcessInfo(ctypes.Structure):
    """nvmlProcessInfo_t of the calls that end in _v3."""

    _fields_ = [
        ("pid", ctypes.c_uint),
        ("used", ctypes.c_ulonglong),
        ("gpu_instance", ctypes.c_uint),
        ("compute_instance", ctypes.c_uint),
    ]


class Nvml:
    """Calls by name, so that one that an old driver lacks is an answer like any other."""

    def __init__(self, library):
        self.library = library

    def call(self, name, *arguments):
        try:
            function = getattr(self.library, name)
        except AttributeError:
            return FUNCTION_NOT_FOUND
        function.restype = ctypes.c_int
        return function(*arguments)

    def failure(self, code, name):
        """What a call that failed has to say for itself."""
        if code == FUNCTION_NOT_FOUND and not hasattr(self.library, name):
            return {"code": code, "value": None, "text": name + " is missing from the library"}
        if not hasattr(self.library, "nvmlErrorString"):
            return {"code": code, "value": None}
        self.library.nvmlErrorString.restype = ctypes.c_char_p
        text = self.library.nvmlErrorString(code)
        return {"code": code, "value": None, "text": (text or b"").decode("utf-8", "replace")}

    def ask(self, name, *arguments, answer, value=lambda answer: answer.value):
        """Calls NVML with a place for its answer, which `value` turns into plain data."""
        code = self.call(name, *arguments, ctypes.byref(answer))
        return {"code": code, "value": value(answer)} if code == SUCCESS else self.failure(code, name)

    def ask_text(self, name, *arguments):
        buffer = ctypes.create_string_buffer(TEXT_SIZE)
        code = self.call(name, *arguments, buffer, ctypes.c_uint(TEXT_SIZE))
        if code != SUCCESS:
            return self.failure(code, name)
        return {"code": code, "value": buffer.value.decode("utf-8", "replace")}

    def memory(self, device):
        return self.ask(
            "nvmlDeviceGetMemoryInfo",
            device,
            answer=Memory(),
            value=lambda memory: {"total": memory.total, "used": memory.used},
        )

    def compute_capability(self, device):
        name = "nvmlDeviceGetCudaComputeCapability"
        major, minor = ctypes.c_int(), ctypes.c_int()
        code = self.call(name, device, ctypes.byref(major), ctypes.byref(minor))
        if code != SUCCESS:
            return self.failure(code, name)
        return {"code": code, "value": "%d.%d" % (major.value, minor.value)}

    def mig_mode(self, device):
        name = "nvmlDeviceGetMigMode"
        current, pending = ctypes.c_uint(), ctypes.c_uint()
        code = self.call(name, device, ctypes.byref(current), ctypes.byref(pending))
        if code != SUCCESS:
            return self.failure(code, name)
        return {"code": code, "value": current.value == 1}

    def mig_devices(self, device):
        most = self.ask("nvmlDeviceGetMaxMigDeviceCount", device, answer=ctypes.c_uint())
        devices = []
        for slot in range(most["value"] or 0):
            handle = ctypes.c_void_p()
            found = self.ask(
                "nvmlDeviceGetMigDeviceHandleByIndex", device, ctypes.c_uint(slot), answer=handle
            )
            if found["code"] == NOT_FOUND:
                continue
            if found["code"] != SUCCESS:
                devices.append({"handle": without_value(found)})
                continue
            devices.append(
                {
                    "handle": without_value(found),
                    "uuid": self.ask_text("nvmlDeviceGetUUID", handle),
                    "memory": self.memory(handle),
                }
            )
        return devices

    def gpu(self, device):
        mode = self.mig_mode(device)
        return {
            "uuid": self.ask_text("nvmlDeviceGetUUID", device),
            "name": self.ask_text("nvmlDeviceGetName", device),
            "memory": self.memory(device),
            "compute_capability": self.compute_capability(device),
            "mig_mode": mode,
            "mig_devices": self.mig_devices(device) if mode["value"] else [],
        }

    def load(self, device):
        return {
            "uuid": self.ask_text("nvmlDeviceGetUUID", device),
            "utilization": self.ask(
                "nvmlDeviceGetUtilizationRates",
                device,
                answer=Utilization(),
                value=lambda utilization: utilization.gpu,
            ),
            "memory": self.memory(device),
            "processes": self.processes(device),
        }

    def processes(self, device):
        name = "nvmlDeviceGetComputeRunningProcesses_v3"
        # With room to spare: some may start between the question for their number and this one.
        room = 64
        while True:
            count = ctypes.c_uint(room)
            found = (ProcessInfo * room)()
            code = self.call(name, device, ctypes.byref(count), found)
            if code != INSUFFICIENT_SIZE or room >= 65536:
                break
            room = max(2 * room, count.value)
        if code != SUCCESS:
            return self.failure(code, name)
        return {
            "code": code,
            "value": [
                {"pid": one.pid, "used": None if one.used == NOT_AVAILABLE else one.used}
                for one in found[: count.value]
            ],
        }

    def devices(self, describe):
        """What `describe` finds out about each GPU; those that cannot be opened have nothing but their handle's answer."""
        count = self.ask("nvmlDeviceGetCount_v2", answer=ctypes.c_uint())
        gpus = []
        for index in range(count["value"] or 0):
            device = ctypes.c_void_p()
            handle = self.ask("nvmlDeviceGetHandleByIndex_v2", ctypes.c_uint(index), answer=device)
            gpu = {"index": index, "handle": without_value(handle)}
            if handle["code"] == SUCCESS:
                gpu.update(describe(device))
            gpus.append(gpu)
        return {"count": count, "gpus": gpus}


def to_json(value):
    """Plain data as JSON: dictionaries with texts for keys, lists, texts, whole numbers, truth values and None."""
    if isinstance(value, dict):
        return "{%s}" % ", ".join(quote(key) + ": " + to_json(one) for key, one in value.items())
    if isinstance(value, list):
        return "[%s]" % ", ".join(map(to_json, value))
    if isinstance(value, str):
        return quote(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def without_value(answer):
    """A handle is an address, which means nothing to others."""
    return dict(answer, value=None)


def read(load):
    try:
        library = ctypes.CDLL(os.environ.get("AISTACK_NVML") or "libnvidia-ml.so.1")
    except OSError as error:
        return {"init": {"code": LIBRARY_NOT_FOUND, "value": None, "text": str(error)}}
    nvml = Nvml(library)
    code = nvml.call("nvmlInit_v2")
    if code != SUCCESS:
        return {"init": nvml.failure(code, "nvmlInit_v2")}
    facts = {"init": {"code": code, "value": None}}
    if load:
        facts.update(nvml.devices(nvml.load))
        return facts
    facts["driver_version"] = nvml.ask_text("nvmlSystemGetDriverVersion")
    facts["cuda_version"] = nvml.ask("nvmlSystemGetCudaDriverVersion_v2", answer=ctypes.c_int())
    facts.update(nvml.devices(nvml.gpu))
    return facts


if __name__ == "__main__":
    result = read("--load" in sys.argv[1:])
    print(to_json(result), flush=True)
    # Neither nvmlShutdown nor the interpreter's own end: a library that hangs in its clean-up would
    # hold up an answer that has been given, and the end of the process frees everything.
    os._exit(0 if "count" in result and result["count"]["code"] == SUCCESS else 3)

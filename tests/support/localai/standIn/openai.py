"""Answers of OpenAI's API as LocalAI shapes them. No model runs: the text says so itself.

Sources: core/schema/openai.go and core/http/endpoints/openai of mudler/LocalAI.
"""

import hashlib
import time
import uuid

ANSWER = ["This ", "is ", "the ", "stand-in ", "for ", "LocalAI."]
DIMENSIONS = 8


def models(names):
    return {"object": "list", "data": [{"id": name, "object": "model"} for name in names]}


def chat(request):
    answer = _envelope(request, "chat.completion")
    message = {"role": "assistant", "content": "".join(ANSWER)}
    answer["choices"] = [{"index": 0, "finish_reason": "stop", "message": message}]
    answer["usage"] = _usage(request)
    return answer


def chat_chunks(request):
    """The objects of a streamed answer, in order."""

    def chunk(delta, finish_reason=None):
        choice = {"index": 0, "finish_reason": finish_reason, "delta": delta}
        return {**envelope, "choices": [choice]}

    envelope = _envelope(request, "chat.completion.chunk")
    yield chunk({"role": "assistant", "content": None})
    for word in ANSWER:
        yield chunk({"content": word})
    yield chunk({"content": ""}, "stop")
    if (request.get("stream_options") or {}).get("include_usage"):
        yield {**envelope, "choices": [], "usage": _usage(request)}


def embeddings(request):
    given = request.get("input", "")
    inputs = given if isinstance(given, list) else [given]
    answer = _envelope(request, "list")
    answer["data"] = [
        {"embedding": _vector(text), "index": index, "object": "embedding"} for index, text in enumerate(inputs)
    ]
    answer["usage"] = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    return answer


def _envelope(request, kind):
    return {"created": int(time.time()), "object": kind, "id": str(uuid.uuid4()), "model": request.get("model", "")}


def _usage(request):
    prompt = sum(len(str(message.get("content", "")).split()) for message in request.get("messages", []))
    return {"prompt_tokens": prompt, "completion_tokens": len(ANSWER), "total_tokens": prompt + len(ANSWER)}


def _vector(text):
    digest = hashlib.sha256(str(text).encode()).digest()
    return [round(byte / 255, 4) for byte in digest[:DIMENSIONS]]

"""Cases of a Python client, one after another, as cases.mjs runs them. Arguments: the address of the demo model, the
address of a scripted model (its replies stand in clients.py)."""
import json
import re
import signal
import sys
import time
import urllib.request

demo, scripted = sys.argv[1:3]
SUM = "What is 4817 * 36?"
PERSON = "John Smith is a 30-year-old software engineer working at a tech startup."
EXPRESSION = {"type": "object", "properties": {"expression": {"type": "string"}}, "required": ["expression"],
              "additionalProperties": False}
PERSON_SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
                 "required": ["name", "age"], "additionalProperties": False}


def tokens_of(text):
    request = urllib.request.Request(demo + "/tokenize", json.dumps({"content": text}).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["tokens"]


# The turn never ends by itself, so that it can be aborted.
ENDLESS = {str(token): -100 for token in tokens_of("<|im_end|><|endoftext|>")}


def calculate(expression):
    a, sign, b = re.fullmatch(r"\s*(\d+)\s*([-+*/])\s*(\d+)\s*", expression).groups()
    a, b = int(a), int(b)
    return str({"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else 0}[sign])


def is_person(value):
    assert sorted(value) == ["age", "name"] and type(value["name"]) is str and type(value["age"]) is int, value


def metric(name):
    with urllib.request.urlopen(demo + "/metrics") as answer:
        return float(re.search(r"^%s (\S+)$" % name, answer.read().decode(), re.MULTILINE).group(1))


def ends_in_the_server(abort):
    """What a client aborts is ended in the server, and the sequence is free."""
    before = metric("puna_requests_cancelled_total")
    abort()
    for _ in range(100):
        if metric("puna_requests_cancelled_total") > before and metric("llamacpp:requests_processing") == 0:
            return
        time.sleep(0.02)
    raise AssertionError("the server still generates two seconds after the client went")


TEXTS = ["A leopard runs.", "The bridge is long.", "A leopard runs."]


def are_vectors(vectors):
    """Of TEXTS: of length 1, those of equal texts alike, that of another text not."""
    def product(a, b):
        return sum(x * y for x, y in zip(a, b, strict=True))
    one, other, again = vectors
    assert len(one) > 1 and all(abs(product(vector, vector) - 1) < 1e-3 for vector in (one, other)), vectors
    assert product(one, again) > 0.9999 > product(one, other), (product(one, again), product(one, other))


def failure_of(act):
    try:
        act()
    except Exception as error:
        return error
    raise AssertionError("no error came")


def run(cases):
    def late(*_):
        raise TimeoutError("no end within 60 s")
    signal.signal(signal.SIGALRM, late)
    for name, act in cases.items():
        failure = None
        signal.alarm(60)
        try:
            act()
        except Exception as error:
            failure = ("%s: %s" % (type(error).__name__, error))[:2000]
        signal.alarm(0)
        print(json.dumps({"case": name, "failure": failure}), flush=True)

"""Dialogues as text, exactly as chat_template.jinja writes them (test_render.py compares)."""

import json


def as_json(value):
    return json.dumps(value, ensure_ascii=False)


def _kind(schema):
    if schema.get("enum"):
        return "|".join(str(v) for v in schema["enum"])
    return schema["type"] if isinstance(schema.get("type"), str) else "any"


def tool_line(spec):
    """One line that tells a tool: name, arguments with their types, description."""
    f = spec["function"]
    parameters = f.get("parameters") or {}
    required = parameters.get("required") or []
    shown = [f"{k}{'' if k in required else '?'}: {_kind(v)}"
             for k, v in (parameters.get("properties") or {}).items()]
    return f"{f['name']}({', '.join(shown)}): {f['description']}"


def turn_text(message):
    """The text of an assistant turn."""
    blocks = [message["content"]] if message["content"] else []
    for c in message.get("tool_calls") or []:
        blocks.append(f"<tool_call>\n{as_json({'name': c['name'], 'arguments': c['arguments']})}"
                      "\n</tool_call>")
    return "\n".join(blocks)


def segments(dialogue):
    """The whole dialogue as (text, learn) pairs; only learnt text is part of the loss."""
    messages, out = list(dialogue.messages), []
    head = ""
    if messages and messages[0]["role"] == "system":
        head = messages.pop(0)["content"]
    if dialogue.tools:
        lines = "\n".join(tool_line(t.spec()) for t in dialogue.tools)
        head = (head + "\n\n" if head else "") + "Tools, called with <tool_call>:\n" + lines
    if head:
        out.append((f"<|im_start|>system\n{head}<|im_end|>\n", False))
    for i, m in enumerate(messages):
        if m["role"] == "assistant":
            learn = m.get("learn", True)
            out.append(("<|im_start|>assistant\n", False))
            out.append((turn_text(m) + "<|im_end|>", learn))
            out.append(("\n", False))
        elif m["role"] == "tool":
            text = "" if i and messages[i - 1]["role"] == "tool" else "<|im_start|>user\n"
            text += f"<tool_response>\n{m['content']}\n</tool_response>"
            last = i + 1 == len(messages) or messages[i + 1]["role"] != "tool"
            out.append((text + ("<|im_end|>\n" if last else "\n"), False))
        else:
            out.append((f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n", False))
    return out

"""The client that the conformance suite tests: `puna mcp` at a terminal, once to list the tools and once for each call.

mcp_client.py URL, with PUNA_INTEROP_PROGRAM in the environment and what the suite puts there. Nothing here knows MCP.
"""
import json
import os
import sys
import tempfile

import terminal


def sample(schema):
    """An argument that fits a schema as the suite's tools have them."""
    kind = schema.get("type")
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: sample(properties.get(name, {})) for name in schema.get("required", [])}
    return {"number": 4, "integer": 4, "boolean": True, "array": []}.get(kind, "text")


def calls_of(tools):
    wanted = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT", "{}")).get("toolCalls")
    if wanted:
        return [(call["name"], call["arguments"]) for call in wanted]
    calls = []
    for name, schema in tools.items():
        arguments = sample(schema)
        if name == "json_schema_echo":  # wants another tool's schema back
            arguments = {"schema": tools["json_schema_2020_12_tool"]}
        calls.append((name, arguments))
    return calls


def main():
    puna = os.environ["PUNA_INTEROP_PROGRAM"]
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "mcp.json")
        with open(config, "w") as file:
            json.dump({"mcpServers": {"suite": {"url": sys.argv[1]}}}, file)

        def mcp(*words):
            ran = terminal.run([puna, "mcp", *words, "--mcp", config])
            print(words, ran)
            return ran

        listed = mcp("ls", "--jsonl")
        tools = {}
        for line in listed.out.splitlines():
            tool = json.loads(line)
            tools[tool["tool"]] = tool["inputSchema"]
        failed = listed.status != 0
        for name, arguments in calls_of(tools):
            failed = mcp("call", "suite", name, json.dumps(arguments)).status != 0 or failed
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

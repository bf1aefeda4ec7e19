"""The skill of the calculator: expressions, spoken sums and small word problems."""

from .arithmetic_wording import SPOKEN, SUMS, SUMS_MANY, TALES
from .builtin_tools import CALCULATOR, variants
from .skills import Skill
from .wording import Parts, fill, plural

def _operand(dice):
    return dice.decimal() if dice.chance(0.1) else str(dice.number())


def written_expression(dice):
    """An expression as people type it."""
    a, b, c = (_operand(dice) for _ in range(3))
    op, op2 = dice.pick("+-*/*+"), dice.pick("+-*")
    shape = dice.between(0, 99)
    if shape < 60:
        return f"{a} {op} {b}"
    if shape < 72:
        return f"{a}{op}{b}"
    if shape < 86:
        return f"{a} {op} {b} {op2} {c}"
    if shape < 94:
        return f"({a} {op2} {b}) {op} {c}"
    return f"{a} {op} ({b} {op2} {c})"


def _draw_sum(dice):
    kind = dice.between(0, 9)
    if kind < 6:
        e = written_expression(dice)
        drawn = {"e": e, "expression": e}
        if dice.split == "train" and dice.chance(0.1):  # some people type nothing else
            drawn["typed"] = e + dice.pick(("", "", " =", " = ?", "?"))
        return drawn
    line, op = dice.part(SPOKEN if kind < 9 else TALES).rsplit("|", 1)
    a, b = dice.number(4), dice.number(4)
    if op in "/-" and kind == 9 or dice.chance(0.5):
        a, b = max(a, b), min(a, b)
    said = fill(dice, line, {"a": a, "b": b, "things": plural(dice.entity("item", made=False))})
    drawn = {"e": said, "expression": f"{a} {op} {b}"}
    return drawn if kind < 9 else dict(drawn, cores=Parts(("?{e}",)))


def computed(expression):
    """The observation for an expression: a number without needless digits, or an error."""
    try:
        value = eval(expression, {"__builtins__": {}})  # digits and operators of our own making
    except ZeroDivisionError:
        return "error: division by zero"
    text = f"{value:.10g}" if isinstance(value, float) else str(value)
    return f"{value:.1f}" if "e" in text else text


CALCULATE = Skill(
    "calculator",
    variants(CALCULATOR, ("calc", "calculate", "math", "eval_math", "compute"),
          ("Compute an arithmetic expression.", "Do arithmetic.", "Evaluate a math expression."),
          ("expression", "expr", "formula", "input")),
    _draw_sum, SUMS, lambda s: [s["expression"]],
    lambda dice, s: computed(s["expression"]),
    lambda s, r: (f"{s['expression']} = {r}", [r], s["expression"], r),
    SUMS_MANY)

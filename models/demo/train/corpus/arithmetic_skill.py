"""The skill of the calculator: expressions, spoken sums and small word problems."""

from .builtin_tools import CALCULATOR, variants
from .skills import Skill
from .wording import parts

_SPOKEN = (("+", "{a} plus {b}"), ("-", "{a} minus {b}"), ("*", "{a} times {b}"),
           ("*", "{a} multiplied by {b}"), ("/", "{a} divided by {b}"), ("*", "{a} x {b}"),
           ("+", "the sum of {a} and {b}"), ("*", "the product of {a} and {b}"),
           ("-", "the difference of {a} and {b}"), ("*", "{a} × {b}"), ("/", "{a} over {b}"))
_TALES = (
    ("*", "how much do {a} {@item}s cost at {b} each"),
    ("*", "how many {@item}s are in {a} boxes of {b}"),
    ("+", "I have {a} {@item}s and get {b} more, how many do I have"),
    ("-", "I had {a} {@item}s and gave away {b}, how many are left"),
    ("/", "how much does each of {b} people get from {a} euros"),
    ("*", "how far do I get in {a} hours at {b} km per hour"))


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
        return {"e": e, "expression": e}
    a, b = str(dice.number()), str(dice.number())
    if kind < 9:
        op, phrase = dice.pick(_SPOKEN)
        said = phrase.replace("{a}", a).replace("{b}", b)
        return {"e": said, "expression": f"{a} {op} {b}"}
    op, tale = dice.pick(_TALES)
    tale = tale.replace("{a}", a).replace("{b}", b)
    if "{@item}" in tale:
        tale = tale.replace("{@item}", dice.entity("item"))
    return {"e": tale, "expression": f"{a} {op} {b}", "cores": parts("?{e}")}


def computed(expression):
    """The observation for an expression: a number without needless digits, or an error."""
    try:
        value = eval(expression, {"__builtins__": {}})  # digits and operators of our own making
    except ZeroDivisionError:
        return "error: division by zero"
    text = f"{value:.10g}" if isinstance(value, float) else str(value)
    return f"{value:.1f}" if "e" in text else text


SUMS = parts("""
?what is {e}
?what is {e}
?what's {e}
?how much is {e}
?what does {e} equal
?what does {e} make
?what do I get for {e}
?what is the result of {e}
?what is the value of {e}
?how much does {e} give
?what does {e} come to
?{e} is how much
?{e} = ?
!calculate {e}
!compute {e}
!evaluate {e}
!solve {e}
!do the math for {e}
!find the value of {e}
!use the calculator on {e}
!work with the numbers {e}
=the result of {e}
=the value of {e}
=the answer to {e}
={e}
={e}
!add up or multiply as needed: {e}
!give the result of {e}
!determine {e}
!tell me what {e} is
!tell me how much {e} is
!check what {e} makes
!get the result for {e}
?what will {e} be
?what is the total of {e}
?what is the answer to {e}
?how many is {e}
?is there an easy way to get {e}
=the total of {e}
=the solution of {e}
=a calculation of {e}
--
!work out {e}
!figure out {e}
?what would {e} be
?what number is {e}
?can you tell what {e} is
=the outcome of {e}
!run the numbers: {e}
?how much would {e} be
""")

CALCULATE = Skill(
    "calculator",
    variants(CALCULATOR, ("calc", "calculate", "math", "eval_math", "compute"),
          ("Compute an arithmetic expression.", "Do arithmetic.", "Evaluate a math expression."),
          ("expression", "expr", "formula", "input")),
    _draw_sum, SUMS, lambda s: [s["expression"]],
    lambda dice, s: computed(s["expression"]),
    lambda s, r: (f"{s['expression']} = {r}", [r], s["expression"], r),
    parts("""
?what is {all}
!calculate {all}
!compute {all}
?how much is {all}
=the results of {all}
!evaluate {all}
=the values of {all}
!do these sums: {all}
--
!work out {all}
?what do {all} give
=the answers to {all}
"""))

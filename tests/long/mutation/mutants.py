"""The mutants of a kernel's source, by rule.

A rule is a function of a KernelSource that yields Edits. An edit wraps the code [begin, end) into
`before` and `after`, or replaces it; `{id}` in them is the number of its first mutant, and `rules`
names its mutants in order. Edits of different rules may nest."""

import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Edit:
    begin: int
    end: int
    rules: tuple
    before: str
    after: str = ""
    replaces: bool = False


NAMESPACE = "fovea_mutation::"
OPERATORS = {"<": ("kLess", "kLessEqual"), "<=": ("kLessEqual", "kLess"),
             ">": ("kGreater", "kGreaterEqual"), ">=": ("kGreaterEqual", "kGreater"),
             "==": ("kEqual", "kNotEqual"), "!=": ("kNotEqual", "kEqual")}
FLOAT = re.compile(r"-?\d+\.\d*f")
NUMBER_AFTER = re.compile(r"[+-] (1|k(?:Radius|Halo)\w*)\b(?![.(<\w])")
ONE_BEFORE = re.compile(r"(?<![\w.])1(?= - )")
# Names of what bounds rows and columns.
BOUND = re.compile(r"(?:const )?(?:int|int64_t|auto) (above|below|left|right|wanted|first|last|begin|"
                   r"end|(?:first|last|end|begin)_\w+) = ")
# Calls whose arguments are counts, strides or coordinates: by name, which argument, and what is
# written in its place.
ARGUMENTS = (("mbarrier_init", 1, "({0}) + 1", "an arrival too many"),
             ("mbarrier_init", 1, "({0}) - 1", "an arrival too few"),
             ("mbarrier_wait", 1, "({0}) ^ 1", "the other phase"),
             ("mbarrier_arrive_expect_bytes", 1, "({0}) - 16", "too few bytes"),
             ("mbarrier_arrive_expect_bytes", 1, "({0}) + 16", "too many bytes"),
             ("tensor_load_3d", 3, "({0}) + 1", "next column"),
             ("tensor_load_3d", 4, "({0}) + 1", "next row"),
             ("tensor_load_3d", 5, "({0}) + 1", "next plane"),
             ("async_copy_16", 2, "true", "always valid"),
             ("matrix_descriptor", 1, "{2}", "stride for leading bytes"),
             ("matrix_descriptor", 2, "{1}", "leading for stride bytes"))
SWAPPED_FIELDS = {"row_stride": "plane_stride", "plane_stride": "row_stride",
                  "row_bytes": "plane_bytes", "plane_bytes": "row_bytes",
                  "output_row_bytes": "output_plane_bytes",
                  "output_plane_bytes": "output_row_bytes", "height": "width", "width": "height",
                  "first_row": "last_row", "last_row": "first_row"}
FIELD = re.compile(r"(?:[\w\]]+(?:\[\w+\])?(?:\.|->))+(" + "|".join(SWAPPED_FIELDS) + r")\b(?!\()")
STRIDE = re.compile(r"(?:\w+::)*k\w*(?:Bytes|Bytes16|Pitch|Pixels|Columns|Rows)\b(?![<({:])")
CALL = re.compile(r"[\w:]+(?:<[^;()]*>)?(?:(?:\.|->)(?:template )?\w+(?:<[^;()]*>)?)*\(")
ASSIGNMENT = re.compile(r"(?:\*|reinterpret_cast<[^;()]*>\()?[\w.:]+[^;=?]* (?:[-+*/%&|^]|<<|>>)?= ")
DECLARATION = re.compile(r"(?:const |static |auto\b|[\w:]+(?:<[^;()]*>)?(?: const)?[&*]* (?:const )?"
                         r"(?:\(&)?\w+(?:\)|\[[^;]*\])*(?: =|\(|;|$|,))")
LEAVES = re.compile(r"(?:return\b|continue|break)")
WAIT = re.compile(r"\b(async_copy_wait|wgmma_wait)<([^;()]*)>\(")
PHASE = re.compile(r"\b\w*phase_? = ([01])(?=;)")


def comparisons(kernel):
    for found in re.finditer(r"(?<= )(<=|>=|==|!=|<|>)(?=\s)", kernel.code):
        begin, end = found.span()
        loop = kernel.in_loop_header(begin)
        after = kernel.code[end:].lstrip()
        left = kernel.code[kernel.statement_start(begin):begin]
        if kernel.is_constant(begin) or loop == "unrolled" or FLOAT.match(after) \
                or re.search(r"\boperator$", left.strip()):
            continue
        operator = found.group()
        if re.search(r"\(\+\+\w+ $", left):
            yield Edit(begin, end, ("ring longer", "ring shorter"),
                       f"== {NAMESPACE}Wrap<{{id}}>{{{{}}}} ==", replaces=True)
            continue
        own, other = OPERATORS[operator]
        sign = "==" if operator in ("==", "!=") else "<"
        compare = (f"{sign} {NAMESPACE}Compare<{NAMESPACE}{own}, {NAMESPACE}{other}, {{id}}>"
                   f"{{{{}}}} {'==' if sign == '==' else '>'}")
        # In a loop `always` never ends; of an equation the opposite is always or never; where the
        # smaller or larger of two is taken, it is no matter which when they are equal.
        least = re.match(r"\s*(.+?)\s\?\s(.+?)\s:\s(.+?)[;,)]", kernel.code[end:], re.DOTALL)
        is_least = least and any(least.group(1) == least.group(i) and
                                 left.rstrip().endswith(least.group(5 - i)) for i in (2, 3))
        rules = ("" if loop else "always", "never",
                 "boundary" if sign == "<" and not is_least else "")
        yield Edit(begin, end, rules, compare, replaces=True)


def remainders(kernel):
    for found in re.finditer(r"(?<= )%(?=\s)", kernel.code):
        if not kernel.is_constant(found.start()):
            yield Edit(*found.span(), ("no remainder",), f"% {NAMESPACE}Remainder<{{id}}>{{{{}}}} %",
                       replaces=True)


def ones(kernel):
    spans = {found.span(1) for found in NUMBER_AFTER.finditer(kernel.code)}
    spans |= {found.span() for found in ONE_BEFORE.finditer(kernel.code)}
    for begin, end in sorted(spans):
        if kernel.is_constant(begin) or kernel.in_loop_header(begin) == "unrolled":
            continue
        word = kernel.code[begin:end]
        more = "2" if word == "1" else f"{word} + 1"
        yield Edit(begin, end, ("0 for it", "one more"),
                   f"{NAMESPACE}value({{id}}, {word}, 0, {more})", replaces=True)


def bounds(kernel):
    for begin, end, _ in kernel.statements():
        if found := BOUND.match(kernel.code, begin, end):
            yield Edit(found.end(), end, ("bound + 1", "bound - 1"), "(",
                       f") + {NAMESPACE}value({{id}}, 0, 1, -1)")


def arguments(kernel):
    names = {name for name, *_ in ARGUMENTS}
    for found in re.finditer(r"\b(" + "|".join(names) + r")(?=\()", kernel.code):
        spans = list(kernel.arguments(found.end()))
        texts = [" ".join(kernel.code[begin:end].split()) for begin, end in spans]
        for name, index, other, rule in ARGUMENTS:
            if name == found.group() and other != texts[index]:
                shown = other.format(*texts) if "{1}" in other or "{2}" in other \
                    else other.format(texts[index])
                yield Edit(*spans[index], (rule,), _choice(shown), "))")


def fields(kernel):
    for found in FIELD.finditer(kernel.code):
        if kernel.is_constant(found.start()) or re.match(r" =[^=]", kernel.code[found.end():]) \
                or kernel.code[found.start() - 1] == ".":
            continue
        begin, end = found.span(1)
        other = kernel.code[found.start():begin] + SWAPPED_FIELDS[found.group(1)]
        yield Edit(found.start(), end, (f"{SWAPPED_FIELDS[found.group(1)]} for it",),
                   _choice(other), "))")


def strides(kernel):
    for found in STRIDE.finditer(kernel.code):
        before = kernel.code[:found.start()].rstrip()
        after = kernel.code[found.end():].lstrip()
        if (before.endswith("*") or re.match(r"\* ", after)) and not kernel.is_constant(
                found.start()) and not kernel.in_loop_header(found.start()) == "unrolled":
            unit = 16 if "Bytes" in found.group() else 1
            yield Edit(*found.span(), ("longer stride",),
                       f"({found.group()} + {NAMESPACE}value({{id}}, 0, {unit}, 0))", replaces=True)


def calls(kernel):
    for begin, end, _ in kernel.statements():
        found = CALL.match(kernel.code, begin, end)
        if found and kernel.partner.get(found.end() - 1) == end - 1 \
                and not LEAVES.match(kernel.code, begin):
            yield _statement(begin, end, "call left out")


def assignments(kernel):
    for begin, end, _ in kernel.statements():
        text = kernel.code[begin:end]
        if re.match(r"(?:\+\+|--)?\w+(?:\+\+|--)?$", text) and ("++" in text or "--" in text):
            yield _statement(begin, end, "not counted")
        elif ASSIGNMENT.match(text) and not DECLARATION.match(text) \
                and not LEAVES.match(text) and "(&" not in text:
            yield _statement(begin, end, "assignment left out")


def guards(kernel):
    for begin, end, guarded in kernel.statements():
        if guarded and LEAVES.match(kernel.code, begin) \
                and not re.match(r"\s*else\b", kernel.code[end + 1:]):
            yield Edit(begin, end, ("guard left out",), f"if (!{NAMESPACE}is_alive({{id}})) ")


def waits(kernel):
    for found in WAIT.finditer(kernel.code):
        end = kernel.partner[found.end() - 1] + 1
        other = f"{found.group(1)}<({found.group(2)}) + 1>()"
        yield Edit(found.start(), end, ("waits for one less",), _choice(other), "))")


def phases(kernel):
    for found in PHASE.finditer(kernel.code):
        value = int(found.group(1))
        yield Edit(*found.span(1), ("begins with the other phase",),
                   f"{NAMESPACE}value({{id}}, {value}, {1 - value}, 0)", replaces=True)


RULES = (comparisons, remainders, ones, bounds, arguments, fields, strides, calls, assignments,
         guards, waits, phases)


def edits(kernel):
    return [edit for rule in RULES for edit in rule(kernel)]


def _choice(other):
    """`other`, or what the edit wraps."""
    return f"({NAMESPACE}is_alive({{id}}) ? ({other.replace('{', '{{').replace('}', '}}')}) : ("


def _statement(begin, end, rule):
    return Edit(begin, end, (rule,), f"{NAMESPACE}is_alive({{id}}) ? void() : void(", ")")

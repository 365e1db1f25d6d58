"""What the rules of mutants.py must know of a kernel's source: where its code, statements, arguments
and constants are. The house's clang-format is relied on: operators stand between spaces, brackets of
templates do not, functions begin in the first column."""

import bisect
import re

# Statements and headers that the compiler evaluates: nothing in them can hang on a switch that is
# thrown when the program runs.
CONSTANT = re.compile(
    r"(?:static |inline |FOVEA_UNROLL\s+)*constexpr\b|static_assert\b|template\b|using\b|"
    r"FOVEA_KERNEL\b|(?:\}?\s*else )?if constexpr\b|#|enum\b|friend\b|namespace\b")
CONTROL = re.compile(r"(?:FOVEA_UNROLL|FOVEA_NO_UNROLL|else|do|case [\w:]+:|default:|public:|"
                     r"private:)\s*|(?:if constexpr|if|for|while|switch) \(")


def without_comments(source):
    """`source` with spaces for comments, strings and preprocessor lines: offsets stay."""
    pattern = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|^#[^\n]*'
    return re.sub(pattern, lambda found: re.sub(r"[^\n]", " ", found.group()), source,
                  flags=re.DOTALL | re.MULTILINE)


class KernelSource:
    def __init__(self, name, source):
        self.name = name
        self.source = source
        self.code = without_comments(source)
        self.line_starts = [0] + [found.end() for found in re.finditer("\n", source)]
        self.partner = self._partners()
        self.loops = [(found.end(), self.partner[found.end()],
                       "unrolled" if found.group(1) else found.group(2)) for found in
                      re.finditer(r"(FOVEA_UNROLL\s+)?\b(for|while) (?=\()", self.code)]
        self.host = self._host_functions()

    def line_of(self, offset):
        return bisect.bisect_right(self.line_starts, offset)

    def line_text(self, line):
        return self.source.split("\n")[line - 1]

    def is_device(self, offset):
        return not any(begin <= offset < end for begin, end in self.host)

    def statement_start(self, offset):
        """Where the text between the last `;`, `{` or `}` and `offset` begins; those of the header
        of a loop are none when `offset` is behind it."""
        at = max(self.code.rfind(mark, 0, offset) for mark in ";{}") + 1
        while header := [begin for begin, end, _ in self.loops if begin < at <= end < offset]:
            at = max(self.code.rfind(mark, 0, header[0]) for mark in ";{}") + 1
        return at + len(self.code[at:]) - len(self.code[at:].lstrip())

    def is_constant(self, offset):
        """Whether `offset` is in a constant, or between the brackets of a template."""
        start = self.statement_start(offset)
        while found := re.match(r"(?:FOVEA_UNROLL|FOVEA_NO_UNROLL|public:|private:)\s+",
                                self.code[start:]):
            start += found.end()
        if CONSTANT.match(self.code[start:]):
            # The branch that follows the condition in its brackets is a statement of its own.
            if found := re.match(r"(?:else )?if constexpr (?=\()", self.code[start:]):
                if offset < self.partner[start + found.end()]:
                    return True
            else:
                return True
        line = self.code.rfind("\n", 0, offset) + 1
        before = self.code[max(line, start):offset]
        return len(re.findall(r"(?<! )<(?![<= ])", before)) > len(re.findall(r"(?<! )(?<!-)>", before))

    def in_loop_header(self, offset):
        """'for', 'while', 'unrolled' or None."""
        for begin, end, kind in self.loops:
            if begin < offset < end:
                return kind
        return None

    def statements(self):
        """(begin, end, guarded) of each simple statement, without what controls it; end is at its
        semicolon, guarded: it follows an if."""
        for semicolon in re.finditer(";", self.code):
            end = semicolon.start()
            if self.in_loop_header(end):
                continue
            begin, guarded, constant = self._simple(self.statement_start(end), end)
            if not constant and begin < end:
                yield begin, end, guarded

    def _simple(self, begin, end):
        guarded = False
        while begin < end:
            rest = self.code[begin:end]
            begin += len(rest) - len(rest.lstrip())
            found = CONTROL.match(self.code, begin, end)
            if not found:
                break
            if found.group().endswith("("):
                guarded = guarded or found.group().startswith("if (")
                begin = self.partner[found.end() - 1] + 1
            else:
                begin = found.end()
        return begin, guarded, bool(CONSTANT.match(self.code, begin))

    def arguments(self, opening):
        """(begin, end) of each argument of the call whose bracket is at `opening`."""
        closing = self.partner[opening]
        begin = at = opening + 1
        while at <= closing:
            if self.code[at] in "([{":
                at = self.partner[at]
            elif self.code[at] in ",)" and not self._in_template(begin, at):
                spaces = len(self.code[begin:at]) - len(self.code[begin:at].lstrip())
                yield begin + spaces, at
                begin = at + 1
            at += 1

    def _in_template(self, begin, at):
        text = self.code[begin:at]
        return self.code[at] == "," and len(re.findall(r"\w<(?![<= ])", text)) > len(
            re.findall(r"(?<![ -])>", text))

    def _partners(self):
        stack, partner = [], {}
        for found in re.finditer(r"[(\[{}\])]", self.code):
            if found.group() in "([{":
                stack.append(found.start())
            else:
                partner[stack.pop()] = found.start()
        return partner

    def _host_functions(self):
        """The extents of functions that run on the host."""
        extents, begin = [], 0
        for found in re.finditer(r"^\}.*$", self.code, re.MULTILINE):
            text = self.code[begin:found.start()]
            if "FOVEA_DEVICE" not in text and "FOVEA_KERNEL" not in text \
                    and "FOVEA_HOST_DEVICE" not in text:
                extents.append((begin, found.end()))
            begin = found.end()
        return extents

"""Reading C++ as far as the style checks need it: text without comments, includes, functions and their lengths."""

import re

_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^()\s\\]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])\'(?:\\.|[^\'\\\n])+\'', re.S)
_QUOTED = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)
_ANGLED = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<([^>]+)>", re.M)


def code_only(text):
    """Blanks comments and literals; line numbers stay."""

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())

    return _TOKEN.sub(blank, text)


def includes(text):
    """[(line, header, quoted?)]"""
    no_comments = _TOKEN.sub(lambda m: m.group() if m.group()[0] in "\"'R" else re.sub(r"[^\n]", " ", m.group()), text)
    found = [(no_comments.count("\n", 0, m.start(1)) + 1, m.group(1), True) for m in _QUOTED.finditer(no_comments)]
    found += [(no_comments.count("\n", 0, m.start(1)) + 1, m.group(1), False) for m in _ANGLED.finditer(no_comments)]
    return sorted(found)


_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum)\b|\bextern\s*$")


def functions(text):
    """[(first line, lines, head)] of every function body not inside another function. A heuristic over braces: a block
    whose head names a namespace or type is a scope, a block in a scope with a `)` in its head is a function."""
    lines = code_only(text).split("\n")
    stack, saved, head, head_line, found = [], [], "", 1, []
    for number, line in enumerate(lines, 1):
        directive = re.match(r"\s*#\s*(\w+)", line)
        if directive:
            word = directive.group(1)
            if word in ("if", "ifdef", "ifndef"):
                saved.append(list(stack))
            elif word in ("else", "elif") and saved:
                stack = list(saved[-1])  # both branches open the same braces: count one of them
            elif word == "endif" and saved:
                saved.pop()
            continue
        if number > 1 and lines[number - 2].endswith("\\") and lines[number - 2].lstrip().startswith("#"):
            continue
        for char in line:
            if char == "{":
                in_scope = all(kind == "scope" for kind, _, _ in stack)
                if in_scope and _SCOPE.search(re.sub(r"\[\[.*?\]\]|<[^<>]*>|\([^()]*\)", " ", head)):
                    kind = "scope"
                elif in_scope and ")" in head:
                    kind = "function"
                else:
                    kind = "block"
                stack.append((kind, head_line, head))
                head = ""
            elif char == "}":
                if stack:
                    kind, start, opened = stack.pop()
                    if kind == "function":
                        found.append((start, number - start + 1, " ".join(opened.split())))
                head = ""
            elif char == ";":
                head = ""
            else:
                if not head.strip():
                    head, head_line = "", number
                head += char
        head += " "
    return found

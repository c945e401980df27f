"""Reads Swift and C source: what a file declares, names and imports, and how long its functions are.

No compiler is asked. Comments and the text of strings are blanked, so that lines keep their numbers.
"""

import re
from dataclasses import dataclass, field

SWIFT_TYPE = re.compile(
    r"\b(?:class(?!\s+(?:func|var|let|subscript)\b)|struct|enum|protocol|actor|typealias)"
    r"\s+`?([A-Za-z_]\w*)`?")
SWIFT_FUNCTION = re.compile(
    r"(?<!\.)\b(?:func\s+`?([^\s(<`]+)`?|(init)(?=[?!]?\s*[(<])|(deinit)\b|(subscript)(?=\s*[(<]))")
SWIFT_IMPORT = re.compile(
    r"^[ \t]*(?:@\w+(?:\([^)]*\))?[ \t]+)*(?:(?:public|package|internal|fileprivate|private)[ \t]+)?"
    r"import[ \t]+(?:(?:struct|class|enum|protocol|func|var|let|typealias)[ \t]+)?(\w+)", re.MULTILINE)
SWIFT_GENERICS = re.compile(
    r"(?:\bfunc\s+[^\s<(]+|\binit[?!]?|\b(?:struct|class|enum|actor|typealias)\s+\w+)"
    r"\s*<([^(){}]*?)>\s*[({:=]")
SWIFT_CONSTANT = re.compile(r"\b(?:let|var)\s+`?([A-Za-z_]\w*)`?")
PRIVATE = re.compile(r"\b(?:private|fileprivate)\b(?!\s*\()[^\n;{}]*$")


def blanked(text, is_swift):
    """The text with comments and the content of strings replaced by spaces, line by line."""
    out = list(text)

    def erase(start, end):
        for index in range(start, end):
            if out[index] != "\n":
                out[index] = " "

    def comment_end(start):
        depth, index = 1, start + 2
        while index < len(text) and depth:
            if is_swift and text.startswith("/*", index):
                depth, index = depth + 1, index + 2
            elif text.startswith("*/", index):
                depth, index = depth - 1, index + 2
            else:
                index += 1
        return index

    def code(index, closing):
        """Walks code until `closing`, or the end; what stands in strings is handed to `string`."""
        depth = 0
        while index < len(text):
            character = text[index]
            if text.startswith("//", index):
                end = text.find("\n", index)
                end = len(text) if end < 0 else end
                erase(index, end)
                index = end
            elif text.startswith("/*", index):
                end = comment_end(index)
                erase(index, end)
                index = end
            elif is_swift and (match := re.compile(r'(#*)("""|")').match(text, index)):
                index = string(index, match)
            elif not is_swift and character in "\"'":
                end = index + 1
                while end < len(text) and text[end] not in (character, "\n"):
                    end += 2 if text[end] == "\\" else 1
                erase(index + 1, min(end, len(text)))
                index = end + 1
            elif closing and character == "(":
                depth, index = depth + 1, index + 1
            elif closing and character == ")":
                if depth == 0:
                    return index
                depth, index = depth - 1, index + 1
            else:
                index += 1
        return index

    def string(start, match):
        """Blanks a Swift string, but not the code that is put into it."""
        pounds, quote = match.groups()
        index, escape, last = match.end(), "\\" + pounds, match.end()
        while index < len(text):
            if text.startswith(quote + pounds, index):
                erase(last, index)
                return index + len(quote) + len(pounds)
            if quote == '"' and text[index] == "\n":
                break
            if text.startswith(escape + "(", index):
                erase(last, index)
                index = code(index + len(escape) + 1, True) + 1
                last = index
            elif text.startswith(escape, index):
                index += len(escape) + 1
            else:
                index += 1
        erase(last, min(index, len(text)))
        return index

    code(0, False)
    return "".join(out)


def closing_brace(text, opening):
    """Where the brace at `opening` is closed."""
    depth = 0
    for index in range(opening, len(text)):
        if text[index] == "{":
            depth += 1
        elif text[index] == "}":
            depth -= 1
            if depth == 0:
                return index
    return len(text) - 1


@dataclass
class Function:
    """A function and the lines from its name to its closing brace."""

    name: str
    line: int
    length: int


@dataclass
class SwiftFile:
    """What one Swift file says, as far as the rules of the house ask."""

    path: str
    text: str
    types: dict = field(default_factory=dict)  # top-level and nested, not private: name -> line
    functions: dict = field(default_factory=dict)  # free ones and constants: name -> line
    parameters: dict = field(default_factory=dict)  # of generic types: name -> their names
    extended: set = field(default_factory=set)  # types that it extends
    members: dict = field(default_factory=dict)  # of extensions: name -> line
    hidden: set = field(default_factory=set)  # names that mean something of the file's own
    imports: list = field(default_factory=list)  # (module, line)

    def line(self, position):
        return self.text.count("\n", 0, position) + 1

    def depths(self):
        """The depth of braces before each character."""
        depth, depths = 0, []
        for character in self.text:
            if character == "}":
                depth -= 1
            depths.append(depth)
            if character == "{":
                depth += 1
        return depths


def read_swift(path, raw):
    """Parses one Swift file."""
    file = SwiftFile(path, blanked(raw, True))
    text, depths = file.text, file.depths()
    file.imports = [(m.group(1), file.line(m.start(1))) for m in SWIFT_IMPORT.finditer(text)]

    def is_private(position):
        start = max(text.rfind(mark, 0, position) for mark in "\n;{}") + 1
        return bool(PRIVATE.search(text[start:position]))

    extensions = []  # the ranges of the bodies of extensions
    for match in re.finditer(r"\bextension\b[^{}]*{", text):
        if depths[match.start()] == 0:
            extensions.append((match.end(), closing_brace(text, match.end() - 1)))
    for match in SWIFT_TYPE.finditer(text):
        if is_private(match.start()):
            file.hidden.add(match.group(1))
        else:
            file.types.setdefault(match.group(1), file.line(match.start(1)))
    for match in re.finditer(r"\bassociatedtype\s+(\w+)", text):
        file.hidden.add(match.group(1))
    for match in SWIFT_GENERICS.finditer(text):
        names = {name.group(1) for part in match.group(1).split(",")
                 if (name := re.match(r"\s*(?:let\s+|each\s+)?(\w+)", part))}
        file.hidden |= names
        if declared := SWIFT_TYPE.match(text, match.start()):
            file.parameters.setdefault(declared.group(1), set()).update(names)
    file.extended = set(re.findall(r"\bextension\s+(\w+)", text))
    names = [(m.group(1), m.start()) for m in SWIFT_FUNCTION.finditer(text) if m.group(1)]
    names += [(m.group(1), m.start()) for m in SWIFT_CONSTANT.finditer(text)]
    for name, position in names:
        if depths[position] == 0 and not is_private(position):
            file.functions.setdefault(name, file.line(position))
            continue
        file.hidden.add(name)
        inside = any(start <= position < end for start, end in extensions)
        if inside and depths[position] == 1 and not is_private(position):
            file.members.setdefault(name, file.line(position))
    return file


def swift_functions(text):
    """The functions of a blanked Swift file, with their lengths in lines."""
    found = []
    for match in SWIFT_FUNCTION.finditer(text):
        opening = body_start(text, match.end())
        if opening is not None:
            closing = closing_brace(text, opening)
            found.append(Function(
                next(name for name in match.groups() if name), text.count("\n", 0, match.start()) + 1,
                text.count("\n", match.start(), closing) + 1))
    return found


def body_start(text, index):
    """The brace that opens the body of the function whose name ends at `index`; None without one."""
    depth = 0
    while index < len(text):
        character = text[index]
        if character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
            if depth < 0:
                return None
        elif depth == 0:
            if character == "{":
                return index
            if character == "}":
                return None
            if character == "\n":
                line = text[text.rfind("\n", 0, index) + 1:index].rstrip()
                goes_on = re.match(
                    r"\s*(?:->|where\b|throws\b|async\b|rethrows\b|[{(<&])", text[index:])
                if not goes_on and not line.endswith((",", "->", "where", "&")):
                    return None
        index += 1
    return None



C_KEYWORDS = "if|for|while|switch|return|else|do|sizeof"
C_FUNCTION = re.compile(
    rf"^[ \t]*(?!(?:{C_KEYWORDS})\b)[A-Za-z_][^;{{}}=#\n]*?\b(?!(?:{C_KEYWORDS})\b)(NAME\(\w+\)|\w+)"
    r"\s*\([^;{}]*\)\s*(?:const\s*)?(?:noexcept\s*)?\{", re.MULTILINE)


def c_functions(text):
    """The functions of a blanked C or C++ file, methods included."""
    found = []
    for match in C_FUNCTION.finditer(text):
        closing = closing_brace(text, match.end() - 1)
        found.append(Function(
            match.group(1), text.count("\n", 0, match.start(1)) + 1,
            text.count("\n", match.start(1), closing) + 1))
    return found

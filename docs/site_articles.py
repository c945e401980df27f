#!/usr/bin/env python3
"""Copies a module's DocC catalog with the pages of docs/ as articles in it, for docs/build-reference.

    python3 docs/site_articles.py Sources/Normalization/Normalization.docc COPY.docc

Links between pages become links between articles; those to files of the repository become their text, since a site
has no such files. The module's page lists the pages in the order of README's table, then those that it does not name.
"""

import re
import shutil
import sys
import unicodedata
from pathlib import Path

DOCS = Path(__file__).resolve().parent
# What the module's own page has in the site, where the search of a page covers its module only.
PICTURE = """![How many times as fast as PyTorch and oneDNN, per shape of ResNet-50](measurements-peers.svg)

"""
MODULES = """| further modules | for |
| --- | --- |
| [NormalizationFiles](/documentation/normalizationfiles) | `.npy` and `.safetensors`, in and out |
| [BLAS](/documentation/blas) | the overlay of OpenBLAS |

"""


def slug(heading):
    """A heading's anchor, as Markdown's renderers make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def fragment(heading):
    """A heading's anchor, as DocC makes it."""
    kept = "".join(c for c in heading if c == "-" or unicodedata.category(c)[0] not in "PS")
    return re.sub(r"\s+", "-", kept.strip())


def headings(text):
    """Anchors of a page, as it is linked to, to those of its article."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"^#{2,6} +(.+?) *$", text, re.MULTILINE)
    return {slug(heading): fragment(heading) for heading in found}


def place_picture(path, copy, width):
    """Copies a picture, so wide: a browser shows a drawing that names no size 150 pixels high."""
    text = path.read_text()
    tag = re.search(r"<svg\b[^>]*>", text)[0]
    box = re.search(r'viewBox="[^" ]+ [^" ]+ ([^" ]+) ([^" ]+)"', tag)
    if not box or re.search(r"\bwidth=", tag) and not width:
        shutil.copy(path, copy)
        return
    wide, high = map(float, box.groups())
    scale = float(width or wide) / wide
    bare = re.sub(r'\s(?:width|height)="[^"]*"', "", tag)
    sized = bare.replace("<svg", f'<svg width="{wide * scale:g}" height="{high * scale:g}"', 1)
    copy.write_text(text.replace(tag, sized, 1))


def article(name, pages, anchors):
    """The text of an article; and the pictures that it shows, with their names there and their widths, where said."""
    pictures, widths = {}, {}

    def shown(match):
        source, text, width = (re.search(f'{key}="([^"]*)"', match[0]) for key in ("src", "alt", "width"))
        words = re.sub(r"[]\[\s]+", " ", text[1])
        widths[source[1]] = width and width[1]
        return f"![{words}]({source[1]})"

    def linked(match):
        mark, text, target = match.groups()
        path, _, anchor = target.partition("#")
        if mark:
            copy = path.replace("/", "-")
            pictures[path] = copy, widths.get(path)
            return f"![{text}]({copy})"
        if re.match(r"[a-z]+:", target):
            return match[0]
        page = Path(path).stem if path else name
        if path and (page not in pages or path != f"{page}.md"):
            return text
        known = anchors[page].get(anchor)
        return f"[{text}](doc:{page}{f'#{known}' if known else ''})"

    def prose(text):
        text = re.sub(r"<!--.*?-->\n?", "", text, flags=re.DOTALL)
        text = re.sub(r"<img [^>]*>", shown, text)
        return re.sub(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)", linked, text)

    # The first paragraph stands small in an article's head: that is no place for a picture.
    page = re.sub(r"\A(# .*\n\n)((?:<img [^>]*>|!\[.*)\n\n)((?:[^\n|#<!`].*\n)+\n)", r"\1\3\2", pages[name])
    page = re.sub(r"\A(# .*\n\n)(?=<img|!\[)", r"\1## Overview\n\n", page)
    # Code stays as it is.
    parts = re.split(r"(^```.*?^```$)", page, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if part.startswith("```") else prose(part) for part in parts), pictures


def topics(pages):
    """The list of pages, by README's table."""
    readme = (DOCS.parent / "README.md").read_text()
    named = [name for name in re.findall(r"^\| *\[[^]]*\]\(docs/([a-z-]+)\.md\)", readme, re.MULTILINE)
             if name in pages]
    others = [name for name in sorted(pages) if name not in named]
    groups = [("Pages", list(dict.fromkeys(named))), ("More", others)]
    return "\n".join(f"### {title}\n\n" + "".join(f"- <doc:{name}>\n" for name in names)
                     for title, names in groups if names)


def root(text, pages):
    """The module's page, with a picture, the other modules, and the articles."""
    for heading, before, behind in (("Overview", "", PICTURE), ("Topics", MODULES, topics(pages) + "\n")):
        mark = f"## {heading}\n\n"
        if text.count(mark) != 1:
            sys.exit(f"site_articles.py: expected one heading '{heading}' on the module's page")
        text = text.replace(mark, before + mark + behind)
    return text


def main():
    if len(sys.argv) != 3 or not sys.argv[2].endswith(".docc"):
        sys.exit("usage: site_articles.py CATALOG.docc COPY.docc")
    source, catalog = map(Path, sys.argv[1:])
    shutil.rmtree(catalog, ignore_errors=True)
    shutil.copytree(source, catalog)
    pages = {path.stem: path.read_text() for path in sorted(DOCS.glob("*.md"))}
    anchors = {name: headings(text) for name, text in pages.items()}
    shutil.copy(DOCS / "measurements" / "peers.svg", catalog / "measurements-peers.svg")
    own = catalog / f"{source.stem}.md"
    own.write_text(root(own.read_text(), pages))
    for name in pages:
        text, pictures = article(name, pages, anchors)
        (catalog / f"{name}.md").write_text(text)
        for path, (copy, width) in pictures.items():
            place_picture(DOCS / path, catalog / copy, width)


main()

#!/usr/bin/env python3
"""The check of the architecture finds what it should and nothing else, on small trees made here."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
import check  # noqa: E402
import source  # noqa: E402

# A tree that breaks no rule.
CLEAN = {
    "Sources/BLAS/Level1.swift": "internal import COpenBLAS\npublic enum Level1 {}\n",
    "Sources/Normalization/Processor/Pool.swift": "import Dispatch\nimport CKernels\nstruct Pool {}\n",
    "Sources/Normalization/Tensors/Geometry.swift": "struct Geometry { let pool: Pool }\n",
    "Sources/Normalization/Engines/Fused/Fused.swift":
        "import CKernels\nstruct Fused { let geometry: Geometry }\n",
    "Sources/Normalization/Statistics/Running.swift":
        "struct Running { let fused: Fused }\nfunc pooled() {}\n"
        "extension Geometry { var cumulated: Int { 1 } }\n",
    "Sources/Normalization/Layers/BatchNorm/BatchNorm.swift":
        "public import BLAS\nstruct BatchNorm { let running: Running; let geometry: Geometry }\n",
    "Sources/NormalizationFiles/Npy/Npy.swift": "import Normalization\nstruct Npy {}\n",
    "Sources/TrainingStudy/Study.swift": "import Foundation\nimport BLAS\nimport Normalization\n",
    "Sources/norm/Norm.swift": "import TrainingStudy\nimport NormalizationFiles\n",
    "Examples/One/Sources/One/One.swift": "import NormalizationFiles\nimport BLAS\n",
}
GEOMETRY = "Sources/Normalization/Tensors/Geometry.swift"


def findings(changes=None):
    """What the check says of the clean tree with some files put in or replaced."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**CLEAN, **(changes or {})}.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return check.findings(folder)


class Floors(unittest.TestCase):
    def test_a_clean_tree_passes(self):
        self.assertEqual(findings(), [])

    def test_a_type_above_is_an_arrow(self):
        text = "struct Geometry {\n    let pool: Pool\n    let running: Running\n}\n"
        self.assertEqual(findings({GEOMETRY: text}), [
            f"{GEOMETRY}:3 (floor 1) -> Running (floor 4)",
            "a circle of files in Normalization: Sources/Normalization/Engines/Fused/Fused.swift:2 -> "
            f"Geometry, {GEOMETRY}:3 -> Running, Sources/Normalization/Statistics/Running.swift:1 "
            "-> Fused"])

    def test_a_free_function_above_is_an_arrow(self):
        found = findings({GEOMETRY: "struct Geometry {}\nlet x = pooled()\n"})
        self.assertIn(f"{GEOMETRY}:2 (floor 1) -> pooled (floor 4)", found)

    def test_a_member_of_an_extension_above_is_an_arrow(self):
        found = findings({GEOMETRY: "struct Geometry {}\nfunc f(_ g: Geometry) { _ = g.cumulated }\n"})
        self.assertEqual(found, [f"{GEOMETRY}:2 (floor 1) -> cumulated (floor 4)"])

    def test_code_in_a_string_is_code(self):
        found = findings({GEOMETRY: 'struct Geometry {}\nlet x = "a \\(pooled())"\n'})
        self.assertIn(f"{GEOMETRY}:2 (floor 1) -> pooled (floor 4)", found)

    def test_comments_and_strings_name_nothing(self):
        text = ('/// Running, /* pooled() */\n/* Running /* Running */ pooled() */\nstruct Geometry {\n'
                '    let a = "Running \\" pooled()"\n    let b = #"Running "pooled()""#\n'
                '    let c = """\n        Running\n        """\n}\n')
        self.assertEqual(findings({GEOMETRY: text}), [])

    def test_names_of_the_file_itself_are_its_own(self):
        text = ("private struct Running {}\nstruct Geometry { func pooled() {}\n"
                "    func f() { pooled(); _ = Running() } }\n")
        self.assertEqual(findings({GEOMETRY: text}), [])

    def test_a_generic_parameter_is_no_type_above(self):
        text = "struct Geometry<Running> { let running: Running }\n"
        self.assertEqual(findings({GEOMETRY: text}), [])

    def test_a_generic_parameter_is_none_in_an_extension_elsewhere(self):
        pool = "Sources/Normalization/Processor/Pool.swift"
        self.assertEqual(findings({
            pool: CLEAN[pool] + "struct Box<Running> {}\n",
            GEOMETRY: "struct Geometry {}\nextension Box { var running: Running? { nil } }\n",
        }), [])

    def test_an_argument_label_is_no_function(self):
        text = "struct Geometry { init(pooled: Int) {} }\nlet g = Geometry(pooled: 1)\n"
        self.assertEqual(findings({GEOMETRY: text}), [])

    def test_a_folder_that_is_no_floor_is_found(self):
        found = findings({"Sources/Normalization/Attic/Lost.swift": "struct Lost {}\n"})
        self.assertEqual(len(found), 1)
        self.assertIn("Attic/Lost.swift: stands on none of the floors", found[0])

    def test_a_file_beside_the_floors_is_the_ground_below_them(self):
        ground, text = "Sources/Normalization/Failure.swift", "struct Failure {}\n"
        pool = "Sources/Normalization/Processor/Pool.swift"
        names_it = CLEAN[pool] + "let failure: Failure\n"
        self.assertEqual(findings({ground: text, pool: names_it}), [])
        self.assertIn(f"{ground}:2 (the ground) -> Pool (floor 0)",
                      findings({ground: text + "let pool: Pool\n", pool: names_it}))


class Imports(unittest.TestCase):
    def refused(self, name, text, arrow):
        found = findings({name: CLEAN.get(name, "") + text})
        self.assertEqual(len(found), 1, found)
        self.assertIn(arrow, found[0])

    def test_normalization_imports_no_foundation(self):
        self.refused(GEOMETRY, "import Foundation\n",
                     f"{GEOMETRY}:2 (Normalization) -> Foundation (a module it may not import)")

    def test_no_module_imports_the_one_above(self):
        self.refused(GEOMETRY, "@testable import NormalizationFiles\n", "-> NormalizationFiles")
        self.refused("Sources/BLAS/Level1.swift", "import Normalization\n", "-> Normalization")
        self.refused("Sources/TrainingStudy/Study.swift", "import norm\n", "-> norm")
        self.refused("Sources/NormalizationFiles/Npy/Npy.swift", "import TrainingStudy\n",
                     "-> TrainingStudy")

    def test_only_blas_imports_openblas(self):
        self.refused("Sources/norm/Norm.swift", "internal import COpenBLAS\n", "-> COpenBLAS")

    def test_only_two_rooms_import_c(self):
        self.refused(GEOMETRY, "internal import CKernels\n", "-> CKernels")
        self.refused("Sources/Normalization/Engines/FusedNot.swift", "import CKernels\n", "-> CKernels")

    def test_a_stranger_imports_products_alone(self):
        self.refused("Examples/One/Sources/One/One.swift", "import TrainingStudy\n",
                     "-> TrainingStudy")
        self.refused("Benchmarks/One/One.swift", "import SeededRandom\n", "-> SeededRandom")

    def test_an_unknown_module_is_found(self):
        self.refused("Sources/New/New.swift", "import Dispatch\n", "rules.py does not know")


class Circles(unittest.TestCase):
    def test_two_files_that_name_each_other_are_a_circle(self):
        found = findings({
            "Sources/norm/A.swift": "struct A { let b: B }\n",
            "Sources/norm/B.swift": "struct B {}\nextension A {}\n"})
        self.assertEqual(found, ["a circle of files in norm: Sources/norm/A.swift:1 -> B, "
                                 "Sources/norm/B.swift:2 -> A"])

    def test_members_of_extensions_make_no_circle(self):
        self.assertEqual(findings({
            "Sources/norm/A.swift": "struct A { func f() { self.halved() } }\n",
            "Sources/norm/A+Halves.swift": "extension A { func halved() {} }\n"}), [])


class Sizes(unittest.TestCase):
    def test_folders_files_and_functions_have_limits(self):
        def body(lines):
            return "    f();\n" * lines

        many = {f"Sources/norm/Many/F{n}.swift": "" for n in range(14)}
        fits = {
            **many, "Tests/A.swift": "\n" * 300, "Tests/B.swift": f"func f() {{\n{body(58)}}}\n",
            "Tests/c.c": f"static void NAME(f)(int a,\n    int b) {{\n{body(57)}}}\n"}
        self.assertEqual(findings(fits), [])
        self.assertEqual(findings({
            **many, "Sources/norm/Many/More.swift": "", "Tests/A.swift": "\n" * 301,
            "Tests/B.swift": f"struct S {{\n    init(a: Int)\n        throws {{\n{body(59)}    }}\n}}\n",
            "Tests/c.inc": f"static void NAME(f)(int a,\n    int b) {{\n{body(59)}}}\n"}), [
                "Tests/A.swift: 301 lines, at most 300",
                "Tests/B.swift:2: init has 62 lines, at most 60",
                "Tests/c.inc:1: NAME(f) has 62 lines, at most 60",
                "Sources/norm/Many: 15 files directly in it, at most 14"])

    def test_a_requirement_has_no_body(self):
        text = "protocol P {\n    func f(a: Int)\n    func g() -> Int\n}\nstruct S {\n" + "\n" * 80 + "}\n"
        self.assertEqual(source.swift_functions(text), [])


class TheTree(unittest.TestCase):
    def test_the_check_sees_the_arrows_that_are_there(self):
        root = Path(__file__).resolve().parents[2]
        module = check.Module(root, "NormalizationFiles")
        arrows = sum(1 for file in module.files for _ in module.uses(file))
        # 25 files, each of which names a few others at least.
        self.assertGreater(arrows, 50)


if __name__ == "__main__":
    unittest.main()

"""The rules of the house: which floor stands on which, who may import whom, how large a room may be.

docs/architecture.md says the same in words. A new folder or module is a line here.
"""

# Floors of a module, lowest first: a file names only its own floor and those below. A file that
# stands beside these folders is the ground below all of them, such as the module's error.
FLOORS = {
    "Normalization": ["Processor", "Tensors", "Passes", "Engines", "Statistics", "Layers"],
}

# What a module of Sources may import, beside the system's modules below.
IMPORTS = {
    "BLAS": {"COpenBLAS"},
    "Normalization": {"BLAS"},
    "NormalizationFiles": {"Normalization", "BLAS"},
    "NormalizationMPI": {"Normalization"},
    "SeededRandom": {"Foundation"},
    "TrainingStudy": {"Normalization", "NormalizationFiles", "BLAS", "SeededRandom", "Foundation"},
    "norm": {
        "TrainingStudy", "NormalizationFiles", "Normalization", "BLAS", "SeededRandom",
        "ArgumentParser", "Foundation",
    },
}

# Imports that only some rooms of a module may have: folder or file -> modules.
ROOM_IMPORTS = {
    "Sources/Normalization/Engines/Fused": {"CKernels"},
    "Sources/Normalization/Processor": {"CKernels", "CProcessors"},
    "Sources/NormalizationMPI": {"CMPI"},
}

SYSTEM = {"Dispatch", "Synchronization", "Glibc", "Musl", "Darwin"}

# Modules of C, without Swift.
C_MODULES = {"CKernels", "CMPI", "CProcessors"}

# Packages that stand outside use the products, as a stranger would.
OUTSIDE = ("Examples", "Benchmarks")
NOT_FOR_OUTSIDE = {"COpenBLAS", "SeededRandom", "TrainingStudy", "norm"} | C_MODULES

# Where the sizes of files and functions are looked at, and those of folders; what nobody wrote has any.
SIZED = ("Sources", "Tests", "Examples", "Benchmarks")
GENERATED = {"Examples/Pages/Sources/Pages/Blocks.swift"}
MOST_FILES, MOST_LINES, MOST_FUNCTION_LINES = 14, 300, 60

SWIFT, C = (".swift",), (".c", ".h", ".inc", ".cpp")

# Names of extension members that the standard library has too: a use says nothing of who declared it.
COMMON_MEMBERS = {
    "allCases", "count", "description", "encode", "first", "hash", "index", "isEmpty", "last", "map",
    "max", "min", "name", "next", "order", "product", "rawValue", "reduce", "shape", "start", "sum",
    "value", "values", "write",
}

// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let tested: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "swift-normalization",
    products: [
        .library(name: "Normalization", targets: ["Normalization"]),
        .library(name: "BLAS", targets: ["BLAS"]),
        .library(name: "NormalizationFiles", targets: ["NormalizationFiles"]),
        .library(name: "NormalizationMPI", targets: ["NormalizationMPI"]),
        .executable(name: "norm", targets: ["norm"]),
    ],
    traits: [
        .trait(
            name: "MPI", description: "Ranks over MPI, in NormalizationMPI; needs libopenmpi-dev.")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // Public API
        .target(name: "BLAS", dependencies: ["COpenBLAS"], swiftSettings: strict),
        .target(
            name: "Normalization", dependencies: ["BLAS", "CKernels", "CProcessors"],
            swiftSettings: strict),
        .target(name: "NormalizationFiles", dependencies: ["Normalization"], swiftSettings: strict),

        // Empty without the trait MPI. No system library: SwiftPM asks pkg-config for those of every target.
        .target(
            name: "NormalizationMPI", dependencies: ["CMPI", "Normalization"],
            swiftSettings: strict),

        // Implementation details
        .systemLibrary(
            name: "COpenBLAS",
            path: "Modules/COpenBLAS",
            pkgConfig: "openblas",
            providers: [
                .apt(["libopenblas-dev", "liblapacke-dev"]),
                .brew(["openblas"]),
            ]),
        .target(name: "CKernels"),
        // dlopen is in a library of its own before glibc 2.34.
        .target(
            name: "CProcessors",
            linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        .target(
            name: "CMPI",
            cSettings: [.define("CMPI_ENABLED", .when(traits: ["MPI"]))],
            linkerSettings: [.linkedLibrary("mpi", .when(traits: ["MPI"]))]),
        .target(name: "SeededRandom", swiftSettings: strict),
        .target(
            name: "TrainingStudy", dependencies: ["BLAS", "Normalization", "SeededRandom"],
            swiftSettings: strict),
        .executableTarget(
            name: "norm",
            dependencies: [
                "BLAS", "Normalization", "NormalizationFiles", "SeededRandom", "TrainingStudy",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            resources: [.copy("Data")],
            swiftSettings: strict),

        // Tests
        .target(name: "CHostProcess", path: "Tests/CHostProcess"),
        // Run by mpirun: `make test-mpi`.
        .executableTarget(
            name: "mpi-tests", dependencies: ["Normalization", "NormalizationMPI", "SeededRandom"],
            path: "Tests/MPI", exclude: ["hosts", "run"], swiftSettings: tested),
        .testTarget(
            name: "BLASTests", dependencies: ["BLAS", "SeededRandom"], swiftSettings: tested),
        .testTarget(
            name: "CKernelsTests", dependencies: ["CKernels", "Normalization", "SeededRandom"],
            swiftSettings: tested),
        .testTarget(
            name: "FuzzingTests", dependencies: ["Normalization", "NormalizationFiles"],
            path: "Tests/Fuzzing", exclude: ["Corpus", "Driver", "Package.swift", "run"],
            sources: ["Entries", "Replay"], swiftSettings: tested),
        .testTarget(
            name: "NormalizationTests",
            dependencies: [
                "BLAS", "CHostProcess", "Normalization", "NormalizationFiles", "SeededRandom",
            ],
            swiftSettings: tested),
        .testTarget(
            name: "NormalizationFilesTests", dependencies: ["NormalizationFiles", "SeededRandom"],
            swiftSettings: tested),
        .testTarget(
            name: "TrainingStudyTests",
            dependencies: ["TrainingStudy", "Normalization", "SeededRandom"],
            swiftSettings: tested),
        .testTarget(
            name: "NormTests",
            dependencies: ["norm", "NormalizationFiles", "SeededRandom", "TrainingStudy"],
            swiftSettings: tested),
    ]
)

// swift-tools-version: 6.2
import PackageDescription

// The coverage-guided fuzzer, a package of its own because it links only with -sanitize=fuzzer
// (libFuzzer): see `make fuzz`.
let package = Package(
    name: "Fuzzing",
    dependencies: [.package(name: "swift-normalization", path: "../..")],
    targets: [
        .executableTarget(
            name: "fuzz",
            dependencies: [
                .product(name: "Normalization", package: "swift-normalization"),
                .product(name: "NormalizationFiles", package: "swift-normalization"),
            ],
            path: ".",
            exclude: ["Corpus", "Replay", "run"],
            sources: ["Entries", "Driver"],
            swiftSettings: [.swiftLanguageMode(.v6)])
    ]
)

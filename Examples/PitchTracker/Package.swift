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
    name: "PitchTracker",
    products: [
        .library(name: "PitchTracker", targets: ["PitchTracker"]),
        .executable(name: "pitch", targets: ["pitch"]),
        .executable(name: "pitch-bench", targets: ["pitch-bench"]),
    ],
    dependencies: [
        .package(name: "swift-normalization", path: "../.."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        .target(
            name: "PitchTracker",
            dependencies: [
                "CSndfile", "CSamplerate",
                .product(name: "Normalization", package: "swift-normalization"),
                .product(name: "BLAS", package: "swift-normalization"),
                .product(name: "NormalizationFiles", package: "swift-normalization"),
            ],
            resources: [.copy("Resources")],
            swiftSettings: strict),
        .executableTarget(
            name: "pitch",
            dependencies: [
                "PitchTracker", "COpenBLASThreads",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "pitch-bench",
            dependencies: [
                "PitchTracker", "COpenBLASThreads",
                .product(name: "BLAS", package: "swift-normalization"),
                .product(name: "NormalizationFiles", package: "swift-normalization"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        // System libraries
        .systemLibrary(
            name: "CSndfile", path: "Modules/CSndfile", pkgConfig: "sndfile",
            providers: [.apt(["libsndfile1-dev"]), .brew(["libsndfile"])]),
        .systemLibrary(
            name: "CSamplerate", path: "Modules/CSamplerate", pkgConfig: "samplerate",
            providers: [.apt(["libsamplerate0-dev"]), .brew(["libsamplerate"])]),
        .systemLibrary(
            name: "COpenBLASThreads", path: "Modules/COpenBLASThreads", pkgConfig: "openblas",
            providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),

        .testTarget(
            name: "PitchTrackerTests",
            dependencies: [
                "PitchTracker", "pitch",
                .product(name: "NormalizationFiles", package: "swift-normalization"),
            ],
            exclude: ["Fixtures"],
            swiftSettings: tested),
    ]
)

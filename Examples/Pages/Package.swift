// swift-tools-version: 6.2
import PackageDescription

// Every block of Swift of the pages, as `run` finds them there.
let package = Package(
    name: "Pages",
    dependencies: [.package(name: "swift-normalization", path: "../..")],
    targets: [
        .executableTarget(
            name: "Pages",
            dependencies: [
                .product(name: "BLAS", package: "swift-normalization"),
                .product(name: "Normalization", package: "swift-normalization"),
                .product(name: "NormalizationFiles", package: "swift-normalization"),
            ],
            // Blocks show; they do not use all that they make.
            swiftSettings: [.unsafeFlags(["-suppress-warnings"])])
    ])

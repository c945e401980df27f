// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "GettingStarted",
    dependencies: [.package(name: "swift-normalization", path: "../..")],
    targets: [
        .executableTarget(
            name: "GettingStarted",
            dependencies: [
                .product(name: "Normalization", package: "swift-normalization"),
                .product(name: "NormalizationFiles", package: "swift-normalization"),
            ])
    ])

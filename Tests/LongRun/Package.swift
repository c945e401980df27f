// swift-tools-version: 6.2
import PackageDescription

// A million steps, in a package of its own so that nobody builds it who does not ask: `make long-run`.
let package = Package(
    name: "LongRun",
    dependencies: [.package(name: "swift-normalization", path: "../..")],
    targets: [
        .executableTarget(
            name: "long-run",
            dependencies: [.product(name: "Normalization", package: "swift-normalization")],
            path: ".", sources: ["LongRun.swift"],
            swiftSettings: [.swiftLanguageMode(.v6)])
    ]
)

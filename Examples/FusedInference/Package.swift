// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "FusedInference",
    products: [.executable(name: "fused-inference", targets: ["FusedInference"])],
    dependencies: [.package(name: "swift-normalization", path: "../..")],
    targets: [
        .executableTarget(
            name: "FusedInference",
            dependencies: [.product(name: "Normalization", package: "swift-normalization")],
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .treatAllWarnings(as: .error),
                .enableUpcomingFeature("ExistentialAny"),
            ])
    ]
)

// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "WhiteningLimit",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "swift-normalization", path: "../..")],
    targets: [
        .executableTarget(
            name: "whitening-limit",
            dependencies: [
                .product(name: "BLAS", package: "swift-normalization"),
                .product(name: "Normalization", package: "swift-normalization"),
            ],
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .treatAllWarnings(as: .error),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
            ])
    ]
)

// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "PeerWorker",
    dependencies: [.package(name: "swift-normalization", path: "../../..")],
    targets: [
        .executableTarget(
            name: "PeerWorker",
            dependencies: [
                "CMemoryLimit",
                .product(name: "BLAS", package: "swift-normalization"),
                .product(name: "Normalization", package: "swift-normalization"),
            ],
            swiftSettings: settings),
        .target(name: "CMemoryLimit"),
    ]
)

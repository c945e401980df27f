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

// Swift's automatic differentiation is a module of the toolchain for Linux: nothing more is needed.
let package = Package(
    name: "Differentiation",
    dependencies: [.package(name: "swift-normalization", path: "../..")],
    targets: [
        .target(
            name: "Differentiation",
            dependencies: [.product(name: "Normalization", package: "swift-normalization")],
            swiftSettings: strict),
        .testTarget(
            name: "DifferentiationTests",
            dependencies: [
                "Differentiation", .product(name: "Normalization", package: "swift-normalization"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]),
    ]
)

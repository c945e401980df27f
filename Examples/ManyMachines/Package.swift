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

// The trait MPI is what a user of NormalizationMPI turns on; it needs libopenmpi-dev.
let package = Package(
    name: "ManyMachines",
    products: [.executable(name: "many-machines", targets: ["many-machines"])],
    dependencies: [.package(name: "swift-normalization", path: "../..", traits: ["MPI"])],
    targets: [
        .target(
            name: "ManyMachines",
            dependencies: [
                .product(name: "BLAS", package: "swift-normalization"),
                .product(name: "Normalization", package: "swift-normalization"),
                .product(name: "NormalizationFiles", package: "swift-normalization"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "many-machines",
            dependencies: [
                "ManyMachines",
                .product(name: "Normalization", package: "swift-normalization"),
                .product(name: "NormalizationMPI", package: "swift-normalization"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "exchange-cost",
            dependencies: [
                .product(name: "Normalization", package: "swift-normalization"),
                .product(name: "NormalizationMPI", package: "swift-normalization"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ManyMachinesTests",
            dependencies: [
                "ManyMachines", .product(name: "Normalization", package: "swift-normalization"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]),
    ]
)

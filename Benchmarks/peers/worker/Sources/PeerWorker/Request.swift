import Normalization

/// One line of the conductor; README.md of the folder above describes the protocol.
struct Request: Decodable {
    let operation: String
    let shape: [Int]?
    let layout: String?
    let threads: Int?
    let repetitions: Int?
    let engine: String?
    let element: String?
    /// A layer of the family; where there is none, batch norm.
    let layer: String?

    /// The operation that is checked, or whose traffic the limit has.
    let of: String?
    let x: [Float]?
    let gradient: [Float]?
    let gamma: [Float]?
    let beta: [Float]?
    let mean: [Double]?
    let variance: [Double]?
}

/// One line to the conductor; members that are `nil` are left out.
struct Reply: Encodable {
    var version: String?
    var engines: [String]?
    var defaultEngine: String?
    var milliseconds: [Double]?
    var implementation: String?
    var output: [Float]?
    var first: [Double]?
    var second: [Double]?
    var unsupported: String?
    var error: String?
}

/// What is not measured, said to the conductor in these words.
struct Unsupported: Error {
    let reason: String
}

/// The order in memory of a tensor whose shape is given as (N, C, …).
enum Layout: String {
    case features
    case nchw
    case nhwc

    init(_ name: String?, rank: Int) throws {
        guard let layout = name.flatMap(Layout.init), rank == (layout == .features ? 2 : 4) else {
            throw Unsupported(reason: "layout \(name ?? "missing") of rank \(rank)")
        }
        self = layout
    }

    func geometry(_ shape: [Int]) throws -> Geometry {
        switch self {
        case .features, .nchw: try Geometry(shape)
        case .nhwc: try Geometry([shape[0], shape[2], shape[3], shape[1]], channelAxis: -1)
        }
    }

    /// The elements, given in the order of (N, C, …), in the order of this layout.
    func reordered(_ values: [Float], _ shape: [Int]) -> [Float] {
        guard self == .nhwc else { return values }
        return transposed(values, outer: shape[0], rows: shape[1], columns: shape[2] * shape[3])
    }

    /// The way back.
    func restored(_ values: [Float], _ shape: [Int]) -> [Float] {
        guard self == .nhwc else { return values }
        return transposed(values, outer: shape[0], rows: shape[2] * shape[3], columns: shape[1])
    }

    private func transposed(_ values: [Float], outer: Int, rows: Int, columns: Int) -> [Float] {
        var result: [Float] = []
        result.reserveCapacity(values.count)
        for sample in 0..<outer {
            for column in 0..<columns {
                for row in 0..<rows {
                    result.append(values[(sample * rows + row) * columns + column])
                }
            }
        }
        return result
    }
}

import Foundation
import Normalization
import NormalizationFiles
import SeededRandom

/// A tensor that `norm compare` runs on; it is read or made when its turn comes.
enum Subject {
    case shipped(String)
    case file(String, channelAxis: Int)
    case random([Int], channelAxis: Int)

    /// A comparison holds x, the gradient of y, an output and the reference's.
    private static let tensors = 4

    /// What the arguments of `norm compare` name.
    ///
    /// - Parameter layers: what is to be compared on them.
    /// - Throws: ``Failure`` where they contradict each other, or a shape cannot be compared on.
    static func chosen(
        file: String?, shapes: [String], batch: Int?, channelAxis: Int?, layers: [ComparedLayer]
    ) throws -> [Subject] {
        if let file {
            guard shapes.isEmpty, batch == nil else {
                throw Failure.call("\(shapes.isEmpty ? "--batch" : "--shapes"): not with a file")
            }
            return [.file(file, channelAxis: channelAxis ?? 1)]
        }
        guard !shapes.isEmpty else {
            if batch != nil { throw Failure.call("--batch: only with --shapes") }
            if channelAxis != nil {
                throw Failure.call("--channel-axis: only with a file or --shapes")
            }
            return ShippedData.tensors.map { .shipped($0) }
        }
        return try random(
            shapes, batch: batch, channelAxis: channelAxis ?? 1,
            least: layers.contains(where: \.hasBatch) ? 2 : 1)
    }

    /// - Parameter least: how many values a channel has at least.
    private static func random(
        _ names: [String], batch: Int?, channelAxis: Int, least: Int
    ) throws -> [Subject] {
        if let batch, batch < 1 {
            throw Failure.call("--batch: expected at least 1, got \(batch)")
        }
        var subjects: [Subject] = []
        var hasList = false
        for name in names.flatMap({ $0.split(separator: ",") }).map(String.init) {
            let shapes: [[Int]]
            if let list = ShapeList(rawValue: name) {
                hasList = true
                let axis = channelAxis < 0 ? channelAxis + 4 : channelAxis
                guard (0..<4).contains(axis) else {
                    throw Failure.call(
                        "--channel-axis: expected -4 to 3 for the shapes of \(name), "
                            + "got \(channelAxis)")
                }
                shapes = list.shapes(batch: batch ?? 32, channelAxis: axis)
            } else {
                shapes = [try shape(name)]
            }
            for shape in shapes {
                try check(shape, channelAxis, least)
                subjects.append(.random(shape, channelAxis: channelAxis))
            }
        }
        if batch != nil, !hasList {
            throw Failure.call(
                "--batch: only with resnet50 or densenet121; other shapes have theirs in them")
        }
        return subjects
    }

    private static func shape(_ text: String) throws -> [Int] {
        let dimensions = text.split(separator: "x", omittingEmptySubsequences: false).map {
            Int($0)
        }
        guard dimensions.count > 1, !dimensions.contains(nil) else {
            let lists = ShapeList.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure.call(
                "--shapes: expected \(lists) or a shape such as 32x64x56x56, got '\(text)'")
        }
        return dimensions.compactMap(\.self)
    }

    /// What is wrong with a shape is wrong with the call, and known before anything runs.
    private static func check(_ shape: [Int], _ channelAxis: Int, _ least: Int) throws {
        do {
            let geometry = try Geometry(shape, channelAxis: channelAxis)
            guard geometry.valuesPerChannel >= least else {
                throw NormalizationError.tooFewValuesPerChannel(shape: shape)
            }
            let shortage = Memory.shortage(
                tensors: tensors, count: geometry.count, elementSize: MemoryLayout<Float>.stride)
            if let shortage {
                throw Failure.call("--shapes: \(shape.crossed): \(shortage)")
            }
        } catch let error as NormalizationError { throw Failure.call("--shapes: \(error)") }
    }

    var name: String {
        switch self {
        case .shipped(let name): name
        case .file(let path, _): path
        case .random(let shape, _): shape.crossed
        }
    }

    /// Name, shape, element type and size, for the head of a table.
    func title(_ header: NpyHeader) -> String {
        let shape = header.shape.crossed
        let megabytes = Double(header.count * header.elementType.size) / 1e6
        return (name == shape ? "" : "\(name), ")
            + "\(shape), \(header.elementType.rawValue), "
            + String(format: "%.2f MB", megabytes)
    }

    /// The name of the tensor in errors.
    var tensorName: TensorName { TensorName(name) }

    var channelAxis: Int {
        switch self {
        case .shipped: 1
        case .file(_, let axis), .random(_, let axis): axis
        }
    }

    /// The values, read or made now.
    func array() throws -> NpyFile {
        switch self {
        case .shipped(let name): return try ShippedData.array(name)
        case .file(let path, _):
            return try FileArgument(path).read(.floatingPoint, tensors: Self.tensors)
        case .random(let shape, let axis):
            let geometry = try Geometry(shape, channelAxis: axis)
            var generator = SplitMix64(seed: 4)
            return .float32(
                try NpyArray(shape: shape, values: generator.normal(count: geometry.count)))
        }
    }
}

import Normalization
import NormalizationFiles

/// The call of a layer or RMS normalization that `norm apply` was asked for. Training is inference.
struct RowCall<Scalar: NormalizationScalar & NpyElement> {
    private let input: CallInput<Scalar>
    private let geometry: RowGeometry
    private let affine: AffineParameters<Scalar>
    private let layer: any RowNormalization<Scalar>
    private let residual: [Scalar]?

    /// Reads the files beside the input.
    init(_ input: CallInput<Scalar>) throws {
        let options = input.options
        let shape = input.x.shape
        let ofFile = try WeightsFile(options)?.rowNorm(Scalar.self, options)
        geometry = try RowGeometry(
            shape,
            lastAxes: options.axes ?? ofFile.map { Self.lastAxes(of: shape, width: $0.width) } ?? 1)
        let normalized = Array(shape[geometry.axes])
        if let ofFile {
            layer = ofFile
            affine = AffineParameters(gamma: layer.gamma, beta: layer.beta, shape: normalized)
        } else {
            affine = try AffineParameters(options, .row(normalized))
            layer = try Self.layer(options, affine, width: geometry.width)
        }
        if let offset = options.scaleOffset, affine.gamma == .absent {
            throw Failure.call(
                "--scale-offset: expected a --gamma beside it, got \(offset) alone")
        }
        residual = try input.residual()
        self.input = input
    }

    /// How many last axes have so many values together; 1 where no number of them has.
    private static func lastAxes(of shape: [Int], width: Int) -> Int {
        var (product, count) = (1, 0)
        for dimension in shape.reversed() {
            let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
            count += 1
            if overflow { break }
            if next == width { return count }
            product = next
        }
        return 1
    }

    private static func layer(
        _ options: LayerOptions, _ affine: AffineParameters<Scalar>, width: Int
    ) throws(NormalizationError) -> any RowNormalization<Scalar> {
        let preset = options.preset?.rowPreset ?? .pyTorch
        let offset = options.scaleOffset ?? preset.scaleOffset
        guard options.layer == .rms else {
            return try LayerNorm(
                width: width, gamma: affine.gamma, beta: affine.beta,
                epsilon: options.epsilon ?? preset.layerNormEpsilon, scaleOffset: offset,
                engine: options.engine, threadLimit: options.threads)
        }
        return try RMSNorm(
            width: width, gamma: affine.gamma, beta: affine.beta,
            epsilon: options.epsilon ?? preset.rmsNormEpsilon ?? Double(Scalar.ulpOfOne),
            scaleOffset: offset, engine: options.engine, threadLimit: options.threads)
    }

    /// Makes the call: every array that is to be written, by the name of its file.
    func outputs() throws -> CallOutputs<Scalar> {
        let (shape, lastAxes) = (input.x.shape, geometry.axes.count)
        var outputs = CallOutputs<Scalar>()
        var normalized = input.x.values
        if let residual {
            let (sum, y) = try layer.inference(
                sumOf: normalized, and: residual, shape: shape, lastAxes: lastAxes)
            try outputs.add("y", shape, y)
            try outputs.add("sum", shape, sum)
            normalized = sum
        } else {
            try outputs.add(
                "y", shape, layer.inference(normalized, shape: shape, lastAxes: lastAxes))
        }
        guard let dy = input.dy else { return outputs }
        try outputs.add(
            layer.backward(dy, input: normalized, shape: shape, lastAxes: lastAxes), input: shape,
            affine)
        return outputs
    }
}

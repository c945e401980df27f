public import Normalization
public import NormalizationFiles

/// What can go wrong between a sound and its pitch. Each is described in one line.
public enum PitchError: Error, Equatable, Sendable {
    /// libsndfile could not open or read `file`, for `reason`, in its words.
    case unreadableAudio(file: String, reason: String)
    /// `file` is audio, but there is not one sample in it.
    case noSamples(file: String)
    /// Sample `index` (of the mono mix, at the file's rate) is NaN or infinite.
    case sampleNotFinite(file: String, index: Int)
    /// The sample rate cannot be converted to 16 kHz: only a factor of 256 up or down can.
    case sampleRate(hertz: Int)
    /// libsamplerate stopped, for `reason`, in its words.
    case resampling(reason: String)
    /// A frame buffer's length is not a multiple of the 1024 samples of a frame.
    case frameLength(count: Int)
    /// The tensor of the weights has another shape than the network needs.
    case weightShape(tensor: String, expected: [Int], found: [Int])
    /// The package's resources lack the weights.
    case missingWeights
    /// gnuplot is not on the PATH.
    case gnuplotMissing
    /// gnuplot failed, with what it said.
    case gnuplotFailed(message: String)
    /// There is nothing to draw.
    case emptyPlot
    /// A file of weights, a table or a drawing could not be read or written.
    case file(FileError)
    /// Batch normalization refused its layer or its input.
    case normalization(NormalizationError)
    /// Batch normalization could not be folded into the layer after it.
    case folding(FoldingError)
}

extension PitchError: CustomStringConvertible {
    /// One line: what was expected and what came.
    public var description: String {
        switch self {
        case .unreadableAudio(let file, let reason):
            "\(oneLine(file)): not readable as audio: \(oneLine(reason))"
        case .noSamples(let file): "\(oneLine(file)): expected sound, found no samples"
        case .sampleNotFinite(let file, let index):
            "\(oneLine(file)): expected finite samples, sample \(index) is not"
        case .sampleRate(let hertz):
            "expected a sample rate of 63 Hz to 4096 kHz, found \(hertz) Hz"
        case .resampling(let reason): "resampling to 16 kHz: \(oneLine(reason))"
        case .frameLength(let count):
            "expected frames of \(FrameSequence.length) samples, found \(count) samples in all"
        case .weightShape(let tensor, let expected, let found):
            "weights: expected \(tensor) of shape \(expected), found \(found)"
        case .missingWeights: "crepe-tiny.safetensors is not among the package's resources"
        case .gnuplotMissing:
            "gnuplot not found on the PATH; on Debian, it is in the package gnuplot-nox"
        case .gnuplotFailed(let message): "gnuplot: \(oneLine(message))"
        case .emptyPlot: "expected at least one frame to draw, found none"
        case .file(let error): error.description
        case .normalization(let error): "batch normalization: \(error)"
        case .folding(let error): "batch normalization: \(error)"
        }
    }
}

/// Text from elsewhere with its control characters, line ends among them, as spaces.
private func oneLine(_ text: String) -> String {
    let characters = text.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : $0 }
    return String(String.UnicodeScalarView(characters)).trimmingPrefix { $0 == " " }
        .split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
}

/// Runs `body`, and wraps what the file formats throw.
func wrappingFileErrors<Result>(_ body: () throws(FileError) -> Result) throws(PitchError) -> Result
{
    do { return try body() } catch { throw .file(error) }
}

/// Runs `body`, and wraps what batch normalization throws.
func wrappingNormalizationErrors<Result>(
    _ body: () throws(NormalizationError) -> Result
) throws(PitchError) -> Result {
    do { return try body() } catch { throw .normalization(error) }
}

/// Runs `body`, and wraps what folding throws.
func wrappingFoldingErrors<Result>(
    _ body: () throws(FoldingError) -> Result
) throws(PitchError) -> Result {
    do { return try body() } catch { throw .folding(error) }
}

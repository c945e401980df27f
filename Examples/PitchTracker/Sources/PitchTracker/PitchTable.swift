internal import Foundation
internal import NormalizationFiles

/// Estimates as comma-separated text, one line each under the names of the columns.
public struct PitchTable: Sendable {
    /// `time_s,frequency_hz,confidence` and the lines; each line ends with a newline.
    public let text: String

    /// The table of `estimates`: seconds and hertz to a thousandth, confidence to 1e-4.
    public init(_ estimates: [PitchEstimate]) {
        text = estimates.reduce(into: "time_s,frequency_hz,confidence\n") { text, estimate in
            text += String(
                format: "%.3f,%.3f,%.4f\n", estimate.time, estimate.frequency, estimate.confidence)
        }
    }

    /// Writes the table to the file at `path`, which appears whole or not at all.
    ///
    /// - Throws: ``PitchError/file(_:)``.
    public func write(to path: String) throws(PitchError) {
        try writeWhole(Array(text.utf8), to: path)
    }
}

/// Writes a file that appears whole or not at all.
func writeWhole(_ bytes: [UInt8], to path: String) throws(PitchError) {
    try wrappingFileErrors { () throws(FileError) in
        var file = try AtomicFile(path)
        try file.write(bytes)
        try file.commit()
    }
}

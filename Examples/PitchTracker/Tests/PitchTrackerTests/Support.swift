import Foundation
import NormalizationFiles
import PitchTracker

/// A fixture that convert_weights.py has made.
func fixture<Element: NpyElement>(
    _ name: String, as type: Element.Type = Element.self
) throws -> NpyArray<Element> {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    return try NpyArray(contentsOf: folder.appending(path: "Fixtures/\(name).npy").path)
}

/// The sound that Sounds/make_glide.py has made.
let glidePath = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sounds/glide.wav").path

/// A new folder that goes away with its owner.
final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory
            .appending(path: "PitchTrackerTests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a file `name` of these bytes.
    func file(_ name: String, _ bytes: [UInt8] = []) throws -> String {
        let url = URL(filePath: path).appending(path: name)
        try Data(bytes).write(to: url)
        return url.path
    }
}

/// The bytes of a WAV file.
enum Wave {
    enum Format {
        case int16
        case float32
    }

    /// Interleaved samples of `channels` channels.
    static func file(
        _ samples: [Float], rate: UInt32, channels: UInt16 = 1, format: Format = .float32
    ) -> [UInt8] {
        let (size, code): (UInt16, UInt16) = format == .int16 ? (2, 1) : (4, 3)
        var data: [UInt8] = []
        for sample in samples {
            switch format {
            case .int16: data += bytes(UInt16(bitPattern: Int16((32767 * sample).rounded())))
            case .float32: data += bytes(sample.bitPattern)
            }
        }
        var header = Array("RIFF".utf8) + bytes(UInt32(36 + data.count)) + Array("WAVEfmt ".utf8)
        header += bytes(UInt32(16)) + bytes(code) + bytes(channels) + bytes(rate)
        header += bytes(rate &* UInt32(channels * size)) + bytes(channels * size)
        return header + bytes(8 * size) + Array("data".utf8) + bytes(UInt32(data.count)) + data
    }

    /// A sine of amplitude 0.5.
    static func sine(_ frequency: Double, rate: Double, count: Int) -> [Float] {
        (0..<count).map { Float(0.5 * sin(2 * .pi * frequency * Double($0) / rate)) }
    }

    private static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
}

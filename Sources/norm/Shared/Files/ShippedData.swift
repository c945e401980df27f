import Foundation
import NormalizationFiles

/// The data sets that ship with the command, in the folder of resources beside the executable.
///
/// `Bundle.module` would do, but for a copy of the executable without that folder, where it ends the
/// process.
enum ShippedData {
    /// The tensors that `norm compare` runs on, channels at axis 1.
    static let tensors = ["digits", "breast_cancer", "japanese_vowels_train", "photograph"]

    /// Reads the array `name`.
    static func array(_ name: String) throws -> NpyFile {
        let path = try folder().appendingPathComponent(name + ".npy").path
        return try NpyFile(contentsOf: path)
    }

    private static func folder() throws(Failure) -> URL {
        #if canImport(Darwin)
            let resources = "swift-normalization_norm.bundle"
        #else
            let resources = "swift-normalization_norm.resources"
        #endif
        guard let executable = Bundle.main.executableURL?.resolvingSymlinksInPath() else {
            throw .data("shipped data: expected to know where the executable is")
        }
        let folder = executable.deletingLastPathComponent().appendingPathComponent(resources)
        guard FileManager.default.fileExists(atPath: folder.path) else {
            throw .data(
                "shipped data: expected the folder \(resources) beside \(executable.path), "
                    + "found none; copy it along, or name a FILE.npy")
        }
        return folder.appendingPathComponent("Data")
    }
}

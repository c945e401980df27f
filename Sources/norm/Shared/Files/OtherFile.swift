import Foundation

/// An output that must not take the place of what is read.
enum OtherFile {
    /// Throws where the output is one of the inputs, by whatever name.
    static func expect(
        _ option: String, _ output: String?, than inputs: [String]
    ) throws(Failure) {
        guard let output, output != "-", let place = place(output) else { return }
        for input in inputs where self.place(input) == place {
            throw .call("\(option) \(output): expected another file than \(input), which is read")
        }
    }

    private struct Place: Equatable {
        let device: UInt64
        let number: UInt64
    }

    /// Where a file lies; `nil` where there is none.
    private static func place(_ path: String) -> Place? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return Place(
            device: UInt64(truncatingIfNeeded: status.st_dev),
            number: UInt64(truncatingIfNeeded: status.st_ino))
    }
}

/// Formats that weights come in and that are not read, by their first bytes.
enum OtherFormat {
    private static let formats: [(first: [UInt8], name: String)] = [
        (
            [0x50, 0x4B, 0x03, 0x04],
            "a zip archive such as PyTorch's .pth and Keras's .keras are; "
                + "docs/convert_to_safetensors.py converts both"
        ),
        (
            [0x80],
            "a pickle such as old .pth files are; docs/convert_to_safetensors.py converts it"
        ),
        ([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59], "an .npy file"),
        (
            [0x89, 0x48, 0x44, 0x46],
            "an HDF5 file such as Keras's .h5; docs/convert_to_safetensors.py converts it"
        ),
    ]

    /// What a file that begins with these bytes is; `nil` where that is unknown.
    static func named(by bytes: [UInt8]) -> String? {
        formats.first { bytes.starts(with: $0.first) }?.name
    }
}
